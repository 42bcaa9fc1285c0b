"""How often the second factor, or the proof of who has signed in, may be wrong.

Whoever tries at the sign-in knows the password. From a browser that the person has signed in with before they are
counted alone, so that nobody else locks them out; a passkey, in which there is nothing to guess, is not counted.
"""

from typing import Self

from django.http import HttpRequest
from django.utils.translation import ngettext

from accounts.models import User
from accounts.sessions import known_devices
from accounts.throttling import failure_counts
from accounts.throttling.failure_counts import Bucket, Limit
from accounts.throttling.throttle import Throttle
from core.audit import log

CODE = Limit("code", 5, 300)
CODE_OF_DEVICE = Limit("code-of-device", 5, 300)
AGAIN = Limit("again", 5, 300)  # by somebody who has signed in


class CodeThrottle(Throttle):
    """`action`: under which a failure is recorded."""

    def __init__(self, bucket: Bucket, user: User, action: str) -> None:
        super().__init__([bucket])
        self.user, self.action = user, action

    @classmethod
    def at_the_sign_in(cls, request: HttpRequest, user: User, action: str) -> Self:
        device = known_devices.find(request, user.email or "")
        return cls(Bucket(CODE_OF_DEVICE, str(device.pk)) if device else Bucket(CODE, str(user.pk)), user, action)

    @classmethod
    def again(cls, user: User, action: str) -> Self:
        return cls(Bucket(AGAIN, str(user.pk)), user, action)

    def fail(self) -> None:
        """Tells also whom it was the last try of."""
        super().fail()
        self.begin()

    def succeed(self) -> None:
        super().succeed()
        failure_counts.forgive(*self.buckets)

    def _words(self, minutes: int) -> str:
        words = ngettext(
            "Too many wrong codes or passwords. Try again in %(minutes)s minute.",
            "Too many wrong codes or passwords. Try again in %(minutes)s minutes.",
            minutes,
        )
        return words % {"minutes": minutes}

    def _record(self, blocked: list[Bucket]) -> None:  # noqa: ARG002 (each failure is recorded)
        log.record(self.user, self.action, self.user, result=log.Result.FAILED)
