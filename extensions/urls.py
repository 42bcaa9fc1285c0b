from django.urls import path, register_converter
from django.urls.converters import StringConverter

from extensions import people_views as people
from extensions import sign_in_admin, status_views, validators, views
from extensions.bulk import add_views as bulk_add
from extensions.bulk import template_views as templates
from extensions.bulk import views as bulk
from extensions.calls.voicemail import greeting_views as greetings
from extensions.calls.voicemail import views as voicemail
from extensions.detail import views as detail
from extensions.leaving import views as leaving
from extensions.listing import views as listing
from extensions.my_account import voicemail as own_voicemail
from extensions.review import views as review
from extensions.spreadsheets import export_views
from extensions.spreadsheets import import_views as imports
from extensions.welcome import views as welcome


class NumberConverter(StringConverter):
    regex = validators.NUMBER


register_converter(NumberConverter, "number")

app_name = "extensions"
urlpatterns = [
    path("", listing.index, name="list"),
    path("add/", views.add, name="add"),
    path("bulk/", bulk.index, name="bulk_actions"),
    path("bulk/add/", bulk_add.add, name="bulk_add"),
    path("bulk/edit/", bulk.edit, name="bulk_edit"),
    path("bulk/<uuid:key>/", bulk.result, name="bulk_action"),
    path("bulk/<uuid:key>/credentials/", bulk.credentials, name="bulk_credentials"),
    path("bulk/<uuid:key>/undo/", bulk.undo, name="bulk_undo"),
    path("bulk/<slug:code>/", bulk.deed, name="bulk_deed"),
    path("templates/", templates.index, name="templates"),
    path("templates/add/", templates.add, name="template_add"),
    path("templates/<int:pk>/", templates.edit, name="template_edit"),
    path("templates/<int:pk>/delete/", templates.delete, name="template_delete"),
    path("layout/", listing.layout, name="layout"),
    path("people/", people.index, name="people"),
    path("people/<int:pk>/", people.edit, name="person"),
    path("people/<int:pk>/remove/", people.remove, name="remove_person"),
    path("export/", export_views.download, name="export"),
    path("import/", imports.choose, name="import_new"),
    path("import/<uuid:pk>/", imports.show, name="import"),
    path("import/<uuid:pk>/cancel/", imports.cancel, name="import_cancel"),
    path("import/<uuid:pk>/columns/", imports.columns, name="import_columns"),
    path("import/<uuid:pk>/departments/", imports.add_departments, name="import_departments"),
    path("import/<uuid:pk>/correct/", imports.correct, name="import_correct"),
    path("import/<uuid:pk>/errors/", imports.wrong_rows, name="import_errors"),
    path("import/<uuid:pk>/start/", imports.start, name="import_start"),
    path("import/<uuid:pk>/undo/", imports.undo, name="import_undo"),
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
    path("<number:number>/outbound/release/", detail.release_outbound, name="release_outbound"),
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
