from django.urls import path

from extensions import account, email_pages

urlpatterns = [
    path("", account.profile, name="account"),
    path("notifications/", account.notifications, name="account_notifications"),
    path("email/", email_pages.ask, name="account_email"),
    path("email/cancel/", email_pages.cancel, name="account_email_cancel"),
    path("email/<str:token>/", email_pages.confirm, name="account_email_confirm"),
    path("picture/", account.picture, name="account_picture"),
    path("picture/<str:version>/", account.own_picture, name="account_own_picture"),
]
