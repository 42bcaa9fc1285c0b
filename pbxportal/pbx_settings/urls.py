from django.urls import path

from pbxportal.pbx_settings import mail_views, network_views, views, voicemail_views

urlpatterns = [
    path("", views.preferences, name="preferences"),
    path("mail/", mail_views.mail, name="mail_preferences"),
    path("mail/test/", mail_views.test_mail, name="test_mail"),
    path("voicemail/", voicemail_views.voicemail, name="voicemail_preferences"),
    path("network/", network_views.network, name="network_preferences"),
    path("network/reach/", network_views.reach, name="network_reach"),
    path("apply/", views.apply_preferences, name="apply_preferences"),
    path("discard/", views.discard_preferences, name="discard_preferences"),
]
