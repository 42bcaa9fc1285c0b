"""Whether the person has proved just now that it is them: at the sign-in, or since, by password or second factor."""

from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate, suspend_request
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from accounts.models import User
from accounts.sessions.expiry import page
from core.access.decorators import View


def require_fresh(request: HttpRequest) -> None:
    """Call it when it is certain that they may at all. What was posted waits in the sealed session."""
    if not did_recently_reauthenticate(request):
        raise ImmediateHttpResponse(ask(request))


def ask(request: HttpRequest) -> HttpResponse:
    methods = get_adapter().get_reauthentication_methods(request.user)
    asked: HttpResponse = suspend_request(request, methods[0]["url"])
    request.session["back"] = page(request)
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": asked["Location"]})
    return asked


def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    record_authentication(request, user, "sign_in", reauthenticated=True)
    request.session.set_expiry(0)  # with the browser; what a stranger's session was given to live ends here


def watch() -> None:
    user_logged_in.connect(signed_in, dispatch_uid="accounts.fresh")


def fresh(view: View) -> View:
    """The person proves again that it is them where that was longer ago than settings say. Put it beneath `needs`.

    Where the view itself finds out whether one may at all, it calls require_fresh after that. A page that answers a
    POST has the address of the proof: its forms name their action.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_fresh(request)
        return view(request, *args, **kwargs)

    return guarded
