"""Whether the person has proved just now that it is them: at the sign-in, or since, by password or second factor."""

from collections.abc import Callable
from typing import Any

from allauth.account import decorators
from allauth.account.adapter import get_adapter
from allauth.account.signals import authentication_step_completed
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse

from accounts.allauth_internals import record_authentication, suspend_request
from accounts.models import User
from accounts.sessions.expiry import page
from core.access.decorators import View

# Put it beneath `needs`. A page that answers a POST has the address of the proof: its forms name their action.
reauthentication_required: Callable[[View], View] = decorators.reauthentication_required


def require_reauthentication(request: HttpRequest) -> None:
    """Raise ReauthenticationRequired where the last proof is older than ACCOUNT_REAUTHENTICATION_TIMEOUT.

    For views that find out themselves whether one may at all: call it after that.
    """
    decorators.reauthentication_required(lambda _: None)(request)


class ReauthenticationMiddleware:
    """Answers ReauthenticationRequired before allauth's own middleware, which knows neither htmx nor the way back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return ask(request) if isinstance(exception, ReauthenticationRequired) else None


def ask(request: HttpRequest) -> HttpResponse:
    """What was posted waits in the sealed session."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    asked: HttpResponse = suspend_request(request, methods[0]["url"])
    request.session["back"] = page(request)
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": asked["Location"]})
    return asked


def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    record_authentication(request, user, "sign_in", reauthenticated=True)
    request.session.set_expiry(0)  # with the browser; what a stranger's session was given to live ends here


def proved(request: HttpRequest, *, reauthenticated: bool = False, **_: Any) -> None:
    """What somebody may do after the proof, nobody does who knew the session's id before it."""
    if reauthenticated:
        request.session.cycle_key()


def watch() -> None:
    authentication_step_completed.connect(proved, dispatch_uid="accounts.reauthentication.proved")
    user_logged_in.connect(signed_in, dispatch_uid="accounts.reauthentication")
