from django.urls import path, register_converter
from django.urls.converters import StringConverter

from extensions import applying, factor, leaving, phone_pages, views, welcoming


class NumberConverter(StringConverter):
    regex = "[1-9][0-9]{1,7}"


register_converter(NumberConverter, "number")

app_name = "extensions"
urlpatterns = [
    path("", views.index, name="list"),
    path("add/", views.add, name="add"),
    path("status/", views.statuses, name="status"),
    path("strength/", views.strength, name="strength"),
    path("welcome/", welcoming.choose, name="welcome"),
    path("welcome/<uuid:batch>/", welcoming.batch, name="welcome_batch"),
    path("<number:number>/", views.detail, name="detail"),
    path("<number:number>/discard/", applying.discard, name="discard"),
    path("<number:number>/edit/", views.edit, name="edit"),
    path("<number:number>/delete/", views.delete, name="delete"),
    path("<number:number>/leave/", leaving.leave, name="leave"),
    path("<number:number>/leave/colleagues/", leaving.colleagues, name="colleagues"),
    path("<number:number>/come-back/", leaving.come_back, name="come_back"),
    path("<number:number>/sign-in/", leaving.sign_in, name="sign_in"),
    path("<number:number>/sign-out/", leaving.sign_out, name="sign_out"),
    path("<number:number>/second-factor/", factor.remove, name="second_factor"),
    path("<number:number>/toggle/", views.toggle, name="toggle"),
    path("<number:number>/welcome/", welcoming.one, name="welcome_one"),
    path("<number:number>/attempts/forget/", views.forget_attempts, name="forget_attempts"),
    path("<number:number>/phones/remove/", views.remove_phone, name="remove_phone"),
    path("<number:number>/registration-password/", views.reveal, name="reveal"),
    path("<number:number>/registration-password/new/", phone_pages.new_password, name="new_password"),
    path("<number:number>/phone-code/", phone_pages.code, name="phone_code"),
    path("<number:number>/picture/<str:version>/", phone_pages.picture, name="picture"),
]
