from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The e-mail address or the password is not right. Type both again."),
        "incorrect_password": _("The password is not right. Type it again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 (allauth's signature)
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """A sign-in that was ended is answered, and counted, as a wrong password is."""
        user: User | None = super().authenticate(request, **credentials)
        if user is None or user.is_active:
            return user
        self.pre_authenticate(request, **credentials)
        self.authentication_failed(request, **credentials)
        return None

    def reauthenticate(self, user: User, password: str) -> bool:
        """allauth would look for the address in a table of its own, which is empty here."""
        if user.check_password(password):
            return True
        audit.record(user, "sign_in.not_confirmed", user, result=audit.Result.FAILED)
        return False

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:  # noqa: ARG002
        messages.error(request, self.error_messages["email_password_mismatch"])
        return redirect("account_login")
