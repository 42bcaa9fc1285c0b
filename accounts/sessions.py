"""Where a person is signed in, and the end of it."""

from collections.abc import Iterator

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User


def of(user: User) -> Iterator[str]:
    """The keys of the person's sessions. A session says whose it is only when it is opened: all are looked at."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            yield session.session_key


def end(user: User) -> int:
    """Sign the person out everywhere. Gives how many sessions that were."""
    keys = list(of(user))
    Session.objects.filter(session_key__in=keys).delete()
    return len(keys)
