from allauth.account import views as allauth
from django.urls import path

from accounts import views

urlpatterns = [
    path("sign-in/", allauth.login, name="account_login"),
    path("sign-out/", allauth.logout, name="account_logout"),
    path("setup/<str:token>/", views.setup, name="setup"),
    path("theme/", views.theme, name="theme"),
]
