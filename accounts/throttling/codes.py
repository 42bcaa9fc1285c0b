"""How often the second factor, or the proof of who has signed in, may be wrong.

Whoever tries at the sign-in knows the password. From a browser that the person has signed in with before they are
counted alone, so that nobody else locks them out; a passkey, in which there is nothing to guess, is not counted.
"""

import math

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import ngettext

from accounts import rate_limits
from accounts.models import User
from accounts.rate_limits import Bucket, Limit
from accounts.sessions import known_devices
from core.audit import log

CODE = Limit("code", 5, 300)
CODE_OF_DEVICE = Limit("code-of-device", 5, 300)
AGAIN = Limit("again", 5, 300)  # by somebody who has signed in


class TooMany(ValidationError):
    def __init__(self, seconds: float) -> None:
        minutes = max(1, math.ceil(seconds / 60))
        words = ngettext(
            "Too many wrong codes or passwords. Try again in %(minutes)s minute.",
            "Too many wrong codes or passwords. Try again in %(minutes)s minutes.",
            minutes,
        )
        super().__init__(words % {"minutes": minutes}, code="too_many")


class Tries:
    """Raises TooMany: at the beginning, or where others were faster."""

    def __init__(self, bucket: Bucket) -> None:
        self.buckets = [bucket]

    @classmethod
    def at_the_sign_in(cls, request: HttpRequest, user: User) -> "Tries":
        device = known_devices.find(request, user.email or "")
        return cls(Bucket(CODE_OF_DEVICE, str(device.pk)) if device else Bucket(CODE, str(user.pk)))

    @classmethod
    def again(cls, user: User) -> "Tries":
        return cls(Bucket(AGAIN, str(user.pk)))

    def begin(self) -> None:
        if left := rate_limits.wait(self.buckets):
            raise TooMany(left)

    def wrong(self, user: User, action: str) -> None:
        """Recorded; raises TooMany where it was the last."""
        with transaction.atomic():
            rate_limits.failed(self.buckets)
            log.record(user, action, user, result=log.Result.FAILED)
        self.begin()

    def right(self) -> None:
        self.begin()
        rate_limits.forgive(*self.buckets)
