"""The browsers that people have signed in with: each holds a random key, of which the hash is kept with the person.

Several people may share a browser, and so its key.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import User
from accounts.sessions import user_agents
from accounts.sessions.models import Device
from core.http import client_address
from core.mail import outbox

SALT = "accounts.sessions.known_devices"
MADE = "accounts.device"  # in this request
AGE = timedelta(days=180)  # since its person signed in there last


def agent(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")[:255]


def circumstances(request: HttpRequest) -> dict[str, Any]:
    """From where somebody does something, for the e-mail that tells of it."""
    return {"agent": user_agents.words(agent(request)), "address": client_address(request)}


def find(request: HttpRequest, email: str) -> Device | None:
    """The person's, if the browser is one of them."""
    key = _key(request)
    if not key:
        return None
    return Device.objects.filter(user__email=email, key_hash=_digest(key), last_seen__gt=oldest()).first()


def know(request: HttpRequest, user: User, *, tell: bool = False) -> None:
    """The browser, from now on. `tell` the person, if it was not known."""
    key = request.META.setdefault(MADE, _key(request) or secrets.token_urlsafe(32))
    with transaction.atomic():
        _, new = Device.objects.update_or_create(
            user=user, key_hash=_digest(key), defaults={"agent": agent(request), "last_seen": timezone.now()}
        )
        if new and tell:
            outbox.notify("new_device", user, **circumstances(request))


def remember(request: HttpRequest, response: HttpResponseBase, user: User, *, tell: bool = False) -> None:
    know(request, user, tell=tell)
    response.set_signed_cookie(
        settings.DEVICE_COOKIE_NAME,
        request.META[MADE],
        salt=SALT,
        max_age=AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def clear() -> int:
    return Device.objects.filter(last_seen__lt=oldest()).delete()[0]


def oldest() -> datetime:
    return timezone.now() - AGE


def _key(request: HttpRequest) -> str:
    return str(request.get_signed_cookie(settings.DEVICE_COOKIE_NAME, default="", salt=SALT, max_age=AGE))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
