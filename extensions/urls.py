from django.urls import path, register_converter
from django.urls.converters import StringConverter

from extensions import sign_in_admin, status_views, validators, views
from extensions.calls.voicemail import greeting_views as greetings
from extensions.calls.voicemail import views as voicemail
from extensions.detail import views as detail
from extensions.leaving import views as leaving
from extensions.listing import views as listing
from extensions.my_account import voicemail as own_voicemail
from extensions.review import views as review
from extensions.welcome import views as welcome


class NumberConverter(StringConverter):
    regex = validators.NUMBER


register_converter(NumberConverter, "number")

app_name = "extensions"
urlpatterns = [
    path("", listing.index, name="list"),
    path("add/", views.add, name="add"),
    path("status/", status_views.statuses, name="status"),
    path("strength/", views.strength, name="strength"),
    path("welcome/", welcome.choose, name="welcome"),
    path("welcome/<uuid:batch>/", welcome.batch, name="welcome_batch"),
    path("<number:number>/", detail.detail, name="detail"),
    path("<number:number>/discard/", review.discard, name="discard"),
    path("<number:number>/edit/", views.edit, name="edit"),
    path("<number:number>/delete/", views.delete, name="delete"),
    path("<number:number>/leave/", leaving.leave, name="leave"),
    path("<number:number>/leave/colleagues/", leaving.colleagues, name="colleagues"),
    path("<number:number>/come-back/", leaving.come_back, name="come_back"),
    path("<number:number>/sign-in/", sign_in_admin.sign_in, name="sign_in"),
    path("<number:number>/sign-out/", sign_in_admin.sign_out, name="sign_out"),
    path("<number:number>/second-factor/", sign_in_admin.remove_second_factor, name="second_factor"),
    path("<number:number>/toggle/", views.toggle, name="toggle"),
    path("<number:number>/welcome/", welcome.one, name="welcome_one"),
    path("<number:number>/attempts/forget/", detail.forget_attempts, name="forget_attempts"),
    path("<number:number>/phones/remove/", detail.remove_phone, name="remove_phone"),
    path("<number:number>/registration-password/", detail.reveal, name="reveal"),
    path("<number:number>/registration-password/new/", detail.new_password, name="new_password"),
    path("<number:number>/phone-code/", detail.code, name="phone_code"),
    path("<number:number>/voicemail/", voicemail.mailbox, name="mailbox"),
    path("<number:number>/voicemail/greeting/", greetings.greeting, name="greeting"),
    path("<number:number>/voicemail/greeting/sound/", greetings.greeting_sound, name="greeting_sound"),
    path("<number:number>/voicemail/settings/", own_voicemail.settings, name="voicemail_settings"),
    path("<number:number>/voicemail/<int:message>/sound/", voicemail.sound, name="voicemail_sound"),
    path("<number:number>/voicemail/<int:message>/<slug:how>/", voicemail.move, name="voicemail_move"),
    path("<number:number>/picture/<str:version>/", detail.picture, name="picture"),
]
