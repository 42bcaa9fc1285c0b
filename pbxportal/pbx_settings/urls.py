from django.urls import path

from pbxportal.pbx_settings import (
    alert_views,
    attack_views,
    hold_music_views,
    https_views,
    mail_views,
    network_views,
    views,
    voicemail_views,
)

urlpatterns = [
    path("", views.preferences, name="preferences"),
    path("https/", https_views.https, name="https_preferences"),
    path("https/root-certificate/", https_views.root_certificate, name="root_certificate"),
    path("mail/", mail_views.mail, name="mail_preferences"),
    path("mail/test/", mail_views.test_mail, name="test_mail"),
    path("attacks/", attack_views.attacks, name="attack_preferences"),
    path("alerts/", alert_views.alerts, name="alert_preferences"),
    path("alerts/secret/", alert_views.new_secret, name="new_webhook_secret"),
    path("alerts/token/", alert_views.new_token, name="new_monitor_token"),
    path("voicemail/", voicemail_views.voicemail, name="voicemail_preferences"),
    path("music/", hold_music_views.hold_music, name="hold_music"),
    path("music/sound/", hold_music_views.hold_music_sound, name="hold_music_sound"),
    path("network/", network_views.network, name="network_preferences"),
    path("network/reach/", network_views.reach, name="network_reach"),
    path("apply/", views.apply_preferences, name="apply_preferences"),
    path("discard/", views.discard_preferences, name="discard_preferences"),
]
