"""Where a person is signed in, and the end of it."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.sessions.expiry import NOTED_EVERY, manages_anything
from accounts.sessions.models import Session, digest
from core.preferences.models import Preferences


def of(user: User) -> models.QuerySet[Session]:
    return Session.objects.filter(user=user, expire_date__gt=timezone.now())


def living(user: User) -> models.QuerySet[Session]:
    """Those that no limit has ended. The newest first."""
    preferences, now = Preferences.current(), timezone.now()
    found = of(user).exclude(began__lt=now - timedelta(hours=preferences.session_hours))
    if manages_anything(user):
        found = found.exclude(seen__lt=now - timedelta(minutes=preferences.idle_minutes, seconds=NOTED_EVERY))
    return found.order_by("-seen", "session_key")


def key(request: HttpRequest) -> str:
    """Of the request's own session, as it stands in the table."""
    return digest(request.session.session_key or "")


def end(user: User, *, but: str = "") -> int:
    """Sign the person out everywhere; `but` in the session of this key. Gives how many sessions that were."""
    return of(user).exclude(pk=but).delete()[0]


def end_all(users: Iterable[int]) -> None:
    """Sign all of them out everywhere, by their primary keys."""
    keys = list(users)
    if keys:
        Session.objects.filter(user__in=keys).delete()


def clear() -> int:
    """Those that are over."""
    now = timezone.now()
    longest = timedelta(hours=Preferences.current().session_hours)
    return Session.objects.filter(models.Q(expire_date__lt=now) | models.Q(began__lt=now - longest)).delete()[0]
