from django.urls import path

from extensions import account

urlpatterns = [
    path("", account.profile, name="account"),
    path("notifications/", account.notifications, name="account_notifications"),
    path("picture/", account.picture, name="account_picture"),
    path("picture/<str:version>/", account.own_picture, name="account_own_picture"),
]
