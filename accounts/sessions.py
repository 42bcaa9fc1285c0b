"""Where a person is signed in, and the end of it."""

from django.db import models
from django.utils import timezone

from accounts.models import Session, User


def of(user: User) -> models.QuerySet[Session]:
    return Session.objects.filter(user=user, expire_date__gt=timezone.now())


def end(user: User) -> int:
    """Sign the person out everywhere. Gives how many sessions that were."""
    return of(user).delete()[0]
