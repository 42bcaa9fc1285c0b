"""Pages of the sign-in by a second factor, and by passkey alone: allauth's, where they do not do as ours."""

import json
import time
from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.views import LoginWebAuthnView, ReauthenticateWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.allauth_internals import STATE_SESSION_KEY, clear_login
from accounts.second_factor.allauth_adapter import passkey_name
from accounts.second_factor.factors import Factors
from accounts.throttling.throttle import TooManyError

CHALLENGE_SECONDS, SALT = 600, "accounts.second_factor.challenge"


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
    """What a stranger is to sign is kept in a cookie of theirs: nothing is stored for who only asks."""

    challenged_at = 0.0

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().get(request, *args, **kwargs)
        if state := request.session.pop(STATE_SESSION_KEY, None):
            response.set_signed_cookie(
                settings.CHALLENGE_COOKIE_NAME,
                json.dumps([state, time.time()]),
                salt=SALT,
                max_age=CHALLENGE_SECONDS,
                path=request.path,
                httponly=True,
                samesite="Strict",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = settings.CHALLENGE_COOKIE_NAME
        kept = request.get_signed_cookie(name, default="", salt=SALT, max_age=CHALLENGE_SECONDS)
        if kept:
            request.session[STATE_SESSION_KEY], self.challenged_at = json.loads(kept)
        response: HttpResponse = super().post(request, *args, **kwargs)
        request.session.pop(STATE_SESSION_KEY, None)
        response.delete_cookie(name, path=request.path, samesite="Strict")
        return response

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "challenged_at": self.challenged_at}


class PasskeyAgain(ReauthenticateWebAuthnView):  # type: ignore[misc]
    def form_invalid(self, form: Form) -> HttpResponse:
        messages.error(self.request, " ".join(map(str, form.errors.get("credential", ()))))
        return redirect(self.request.get_full_path())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "relying_party": passkey_name()}


second_factor = SecondFactor.as_view()
by_passkey = PasskeySignIn.as_view()
passkey_again = PasskeyAgain.as_view()
