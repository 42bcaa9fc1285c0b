"""Whoever signs in with a password that an administrator typed chooses another one before anything else."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.sessions.expiry import lead_to

CHANGE = "own_password"
OPEN = {CHANGE, "forgotten", "password_reset", "password_welcome", "account_logout", "theme", "health"}


class PasswordRule:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        user, match = request.user, request.resolver_match
        if not isinstance(user, User) or (match and match.view_name in OPEN) or not user.must_change_password:
            return None
        return lead_to(CHANGE, request)
