from allauth.account import views as allauth
from django.urls import include, path

from accounts import password_pages, roles, security_pages, views
from accounts.sign_in_page import sign_in

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
    path("sign-in/again/", allauth.reauthenticate, name="account_reauthenticate"),
    path("sign-in/", sign_in, name="account_login"),
    path("sign-out/", allauth.logout, name="account_logout"),
    path("setup/<str:token>/", views.setup, name="setup"),
    path("password/", password_pages.forgotten, name="forgotten"),
    path("password/<str:token>/", password_pages.choose, name="choose"),
    path("account/security/", security_pages.security, name="account_security"),
    path("account/security/end/", security_pages.end_session, name="end_session"),
    path("account/security/end-others/", security_pages.end_others, name="end_others"),
    path("account/password/", security_pages.password, name="own_password"),
    path("theme/", views.theme, name="theme"),
    path("roles/", include((role_urls, "roles"))),
]
