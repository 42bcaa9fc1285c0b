"""Pages of the sign-in by a second factor, and by passkey alone: allauth's, where they do not do as ours."""

from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.views import LoginWebAuthnView, ReauthenticateWebAuthnView
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.allauth_internals import clear_login
from accounts.second_factor.allauth_adapter import passkey_name
from accounts.second_factor.factors import Factors
from accounts.throttling.throttle import TooManyError

CHALLENGE_SECONDS = 600  # a stranger who asks for one is remembered no longer


class SecondFactor(AuthenticateView):  # type: ignore[misc]
    def form_invalid(self, form: Form) -> HttpResponse:
        """After too many wrong codes, the password is asked for again."""
        for error in form.errors.as_data().get("code", ()):
            if isinstance(error, TooManyError):
                clear_login(self.request)
                messages.error(self.request, str(error.message))
                return redirect("account_login")
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 422
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        factors = Factors.of(self.stage.login.user)
        return {**context, "factors": factors, "relying_party": passkey_name()}


class PasskeySignIn(LoginWebAuthnView):  # type: ignore[misc]
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().get(request, *args, **kwargs)
        request.session.set_expiry(CHALLENGE_SECONDS)
        return response


class PasskeyAgain(ReauthenticateWebAuthnView):  # type: ignore[misc]
    def form_invalid(self, form: Form) -> HttpResponse:
        messages.error(self.request, " ".join(map(str, form.errors.get("credential", ()))))
        return redirect(self.request.get_full_path())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "relying_party": passkey_name()}


second_factor = SecondFactor.as_view()
by_passkey = PasskeySignIn.as_view()
passkey_again = PasskeyAgain.as_view()
