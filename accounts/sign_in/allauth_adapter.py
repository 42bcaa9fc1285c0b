import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.sessions import known_devices
from accounts.throttling.codes import CodeThrottle
from accounts.throttling.sign_in import SignInThrottle
from core.http import client_address

# Before that no failed sign-in is answered: what is looked up and recorded takes longer where there is an account.
FAILED_SECONDS = 0.2


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The e-mail address or password is incorrect. Try again."),
        "incorrect_password": _("The password is incorrect. Try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 (allauth's signature)
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """In the place of allauth's limits, which live in a cache that forgets what it has no room for."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Raises TooManyError. A sign-in that was ended is answered, and counted, as a wrong password is."""
        throttle = SignInThrottle(request, str(credentials.get("email") or ""))
        throttle.begin()
        began = time.monotonic()
        user: User | None = super().authenticate(request, **credentials)
        found = user if user and user.is_active else None
        try:
            if found is None:
                throttle.fail()
            else:
                throttle.succeed()
        finally:
            if found is None:
                time.sleep(max(0, began + FAILED_SECONDS - time.monotonic()))
        return found

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def get_login_stages(self) -> list[str]:
        return ["accounts.second_factor.stages.SecondFactorStage", "accounts.second_factor.stages.TrustStage"]

    def reauthenticate(self, user: User, password: str) -> bool:
        """allauth would look for the address in a table of its own, which is empty here. Raises TooManyError."""
        throttle = CodeThrottle.again(user, "sign_in.not_confirmed")
        throttle.begin()
        if not user.check_password(password):
            throttle.fail()
            return False
        throttle.succeed()
        return True

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Not that one has signed in: one sees it, and the words alone would cost the frame of a whole page."""
        if message_template != "account/messages/logged_in.txt":
            super().add_message(request, level, message_template, *args, **kwargs)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:  # noqa: ARG002
        messages.error(request, self.error_messages["email_password_mismatch"])
        return redirect("account_login")

    def login(self, request: HttpRequest, user: User) -> None:
        self.was_here_before = user.last_login is not None
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        known_devices.remember(request, response, user, tell=self.was_here_before)
        return response
