from django.urls import path

from pbxportal.pbx_settings import attack_views, mail_views, views, voicemail_views

urlpatterns = [
    path("", views.preferences, name="preferences"),
    path("mail/", mail_views.mail, name="mail_preferences"),
    path("mail/test/", mail_views.test_mail, name="test_mail"),
    path("attacks/", attack_views.attacks, name="attack_preferences"),
    path("voicemail/", voicemail_views.voicemail, name="voicemail_preferences"),
    path("apply/", views.apply_preferences, name="apply_preferences"),
    path("discard/", views.discard_preferences, name="discard_preferences"),
]
