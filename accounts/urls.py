from allauth.account import views as allauth
from allauth.mfa.base import views as allauth_mfa
from django.urls import include, path

from accounts.first_run import views as first_run_views
from accounts.passwords import views as passwords_views
from accounts.second_factor import sign_in_views
from accounts.second_factor import views as second_factor_views
from accounts.security import views as security_views
from accounts.sign_in.views import sign_in

urlpatterns = [
    path("sign-in/", first_run_views.once_set_up(sign_in), name="account_login"),
    path("sign-in/again/", allauth.reauthenticate, name="account_reauthenticate"),
    path("sign-in/again/code/", allauth_mfa.reauthenticate, name="mfa_reauthenticate"),
    path("sign-in/again/passkey/", sign_in_views.passkey_again, name="mfa_reauthenticate_webauthn"),
    path("sign-in/passkey/", sign_in_views.by_passkey, name="mfa_login_webauthn"),
    path("sign-in/second-factor/", sign_in_views.second_factor, name="mfa_authenticate"),
    path("sign-in/trust/", allauth_mfa.trust, name="mfa_trust"),
    path("sign-out/", allauth.logout, name="account_logout"),
    path("setup/<str:token>/", first_run_views.setup, name="setup"),
    path("password/", passwords_views.forgotten, name="forgotten"),
    path("password/reset/<str:uidb64>/<str:token>/", passwords_views.choose_again, name="password_reset"),
    path("password/welcome/<str:uidb64>/<str:token>/", passwords_views.choose_first, name="password_welcome"),
    path("account/security/", security_views.security, name="account_security"),
    path("account/security/stay/", security_views.stay, name="stay_signed_in"),
    path("account/security/end/", security_views.end_session, name="end_session"),
    path("account/security/end-others/", security_views.end_others, name="end_others"),
    path("account/password/", security_views.password, name="own_password"),
    path("account/security/second-factor/", second_factor_views.set_up, name="factor_set_up"),
    path("account/security/app/", second_factor_views.app, name="factor_app"),
    path("account/security/passkeys/add/", second_factor_views.add_passkey, name="factor_passkey"),
    path("account/security/passkeys/rename/", second_factor_views.rename_passkey, name="factor_rename"),
    path("account/security/second-factor/remove/", second_factor_views.remove, name="factor_remove"),
    path("account/security/codes/", second_factor_views.codes, name="factor_codes"),
    path("account/security/codes/new/", second_factor_views.new_codes, name="factor_new_codes"),
    path("roles/", include("accounts.roles.urls")),
]
