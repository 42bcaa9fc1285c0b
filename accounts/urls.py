from allauth.account import views as allauth
from django.urls import include, path

from accounts import roles, views

role_urls = [
    path("", roles.index, name="list"),
    path("add/", roles.add, name="add"),
    path("choices/", roles.choices, name="choices"),
    path("<int:pk>/", roles.detail, name="detail"),
    path("<int:pk>/copy/", roles.copy, name="copy"),
    path("<int:pk>/edit/", roles.edit, name="edit"),
    path("<int:pk>/delete/", roles.delete, name="delete"),
]

urlpatterns = [
    path("sign-in/", allauth.login, name="account_login"),
    path("sign-in/again/", allauth.reauthenticate, name="account_reauthenticate"),
    path("sign-out/", allauth.logout, name="account_logout"),
    path("setup/<str:token>/", views.setup, name="setup"),
    path("theme/", views.theme, name="theme"),
    path("roles/", include((role_urls, "roles"))),
]
