from allauth.account import views as allauth
from allauth.mfa.base import views as allauth_mfa
from django.urls import include, path

from accounts import factor_pages, factor_sign_in, password_pages, roles, security_pages, views
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
    path("sign-in/", sign_in, name="account_login"),
    path("sign-in/again/", allauth.reauthenticate, name="account_reauthenticate"),
    path("sign-in/again/code/", allauth_mfa.reauthenticate, name="mfa_reauthenticate"),
    path("sign-in/again/passkey/", factor_sign_in.passkey_again, name="mfa_reauthenticate_webauthn"),
    path("sign-in/passkey/", factor_sign_in.by_passkey, name="mfa_login_webauthn"),
    path("sign-in/second-factor/", factor_sign_in.second_factor, name="mfa_authenticate"),
    path("sign-in/trust/", allauth_mfa.trust, name="mfa_trust"),
    path("sign-out/", allauth.logout, name="account_logout"),
    path("setup/<str:token>/", views.setup, name="setup"),
    path("password/", password_pages.forgotten, name="forgotten"),
    path("password/<str:token>/", password_pages.choose, name="choose"),
    path("account/security/", security_pages.security, name="account_security"),
    path("account/security/end/", security_pages.end_session, name="end_session"),
    path("account/security/end-others/", security_pages.end_others, name="end_others"),
    path("account/password/", security_pages.password, name="own_password"),
    path("account/security/second-factor/", factor_pages.set_up, name="factor_set_up"),
    path("account/security/app/", factor_pages.app, name="factor_app"),
    path("account/security/passkeys/add/", factor_pages.add_passkey, name="factor_passkey"),
    path("account/security/passkeys/rename/", factor_pages.rename_passkey, name="factor_rename"),
    path("account/security/second-factor/remove/", factor_pages.remove, name="factor_remove"),
    path("account/security/codes/", factor_pages.codes, name="factor_codes"),
    path("account/security/codes/new/", factor_pages.new_codes, name="factor_new_codes"),
    path("theme/", views.theme, name="theme"),
    path("roles/", include((role_urls, "roles"))),
]
