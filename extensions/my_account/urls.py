from django.urls import path

from extensions.my_account import email_views
from extensions.my_account import views as my_account_views

urlpatterns = [
    path("", my_account_views.profile, name="account"),
    path("notifications/", my_account_views.notifications, name="account_notifications"),
    path("email/", email_views.ask, name="account_email"),
    path("email/cancel/", email_views.cancel, name="account_email_cancel"),
    path("email/<str:side>/<str:token>/", email_views.confirm, name="account_email_confirm"),
    path("picture/", my_account_views.picture, name="account_picture"),
    path("picture/<str:version>/", my_account_views.own_picture, name="account_own_picture"),
]
