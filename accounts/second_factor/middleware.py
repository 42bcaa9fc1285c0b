"""Where Preferences make a second factor compulsory, who has none sets one up and reaches nothing else until then."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.second_factor import factors
from accounts.sessions.expiry import lead_to

SET_UP = "factor_set_up"
OPEN = {SET_UP, "factor_app", "factor_passkey", "account_reauthenticate", "account_logout", "theme", "health"}


class SecondFactorRule:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        user, match = request.user, request.resolver_match
        if not isinstance(user, User) or (match and match.view_name in OPEN) or not factors.is_missing(user):
            return None
        if user.must_change_password:  # first; PasswordRule opens nothing else
            return None
        return lead_to(SET_UP, request)
