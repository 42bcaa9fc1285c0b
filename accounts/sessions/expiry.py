"""How long somebody stays signed in: so long after the last action, if the role manages anything, and never longer."""

import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlencode, urlsplit

from django.contrib.auth import logout
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from core.http import client_address
from core.preferences.models import Preferences

NOTED_EVERY = 60  # seconds: a session is written at most so often, and an idle one may live so much longer
SIGNED_OUT = {"X-Signed-Out": "yes"}  # to a poll: the session stays to tell the page why
ENDS = "X-Session-Ends"  # to what a page asks while it is open: by which limit, and in how many seconds
IDLE, LONGEST = "idle", "longest"  # what the sign-in page says why of


class SessionRules:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User):
            background = "X-Background" in request.headers
            if why := ended(request, user):
                return HttpResponse(status=204, headers=SIGNED_OUT) if background else sign_in_again(request, why)
            if not background:
                note(request)
            seconds, why = min((left, why) for why, left in seconds_left(request, user).items())
            response = self.get_response(request)
            if "HX-Request" in request.headers:
                response.headers[ENDS] = f"{why} {seconds:.0f}"
            return response
        return self.get_response(request)


def ended(request: HttpRequest, user: User) -> str:
    """By which limit; "" while the session lasts."""
    return next((why for why, left in seconds_left(request, user).items() if left < 0), "")


def seconds_left(request: HttpRequest, user: User) -> dict[str, float]:
    """Until each limit ends the session."""
    now, preferences = time.time(), Preferences.current()
    left = {LONGEST: request.session.get("began", now) + preferences.session_hours * 3600 - now}
    if manages_anything(user):
        left[IDLE] = request.session.get("seen", now) + NOTED_EVERY + preferences.idle_minutes * 60 - now
    return left


def manages_anything(user: User) -> bool:
    return user.is_active and user.role is not None and user.role.manages_anything


def note(request: HttpRequest) -> None:
    """Where it cannot be written, as on a full disk, the page is shown all the same."""
    now, session = time.time(), request.session
    if 0 <= now - session.get("seen", 0) < NOTED_EVERY:
        return
    session["seen"] = now
    session.update(place(request))
    session.setdefault("began", now)
    with suppress(DatabaseError, UpdateError):
        session.save()
    session.modified = False


def place(request: HttpRequest) -> dict[str, str]:
    """From where somebody uses a session, for the list of them."""
    return {"address": client_address(request), "agent": request.headers.get("User-Agent", "")[:255]}


def sign_in_again(request: HttpRequest, why: str) -> HttpResponse:
    logout(request)
    url = f"{reverse('account_login')}?{urlencode({'next': page(request), 'ended': why})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)


def lead_to(view: str, request: HttpRequest) -> HttpResponse:
    """To the one page that is open to whoever is signed in, whatever was asked for."""
    if "X-Background" in request.headers:
        return HttpResponse(status=204, headers=SIGNED_OUT)
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": reverse(view)})
    return redirect(view)


def page(request: HttpRequest) -> str:
    """What was on the screen: where something was sent from, or what was asked for."""
    sender = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if request.method == "GET" and not request.headers.get("HX-Request"):
        return request.get_full_path()
    if not url_has_allowed_host_and_scheme(sender, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(sender)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
