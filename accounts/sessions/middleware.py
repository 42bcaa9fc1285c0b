"""For rules that lead somebody who is signed in to one page, until they have done what it asks."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.sessions.expiry import lead_to


class OnePageRule:
    """`page`, and `open` beside it, are the names of views that stay open."""

    page: str
    open: frozenset[str]

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def concerns(self, user: User) -> bool:
        raise NotImplementedError

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        user, match = request.user, request.resolver_match
        is_open = match and match.view_name in {self.page, "account_logout", "theme", "health"} | self.open
        if not isinstance(user, User) or is_open or not self.concerns(user):
            return None
        return lead_to(self.page, request)
