"""Tries whose failures are counted: asked before each try, and again after it, as others may have been faster."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.throttling import failure_counts
from accounts.throttling.failure_counts import Bucket

TOO_MANY = "too_many_tries"


class TooManyError(ValidationError):
    """So many tries failed that the next one has to wait for `seconds`."""

    def __init__(self, words: str, seconds: float) -> None:
        self.seconds = math.ceil(seconds)
        super().__init__(words, code=TOO_MANY)


class Throttle(ABC):
    """One try, counted in the buckets. Each of its methods raises TooManyError."""

    def __init__(self, buckets: Sequence[Bucket]) -> None:
        self.buckets = buckets

    def begin(self) -> None:
        self._refuse(failure_counts.wait(self.buckets))

    def succeed(self) -> None:
        self.begin()

    def fail(self) -> None:
        with transaction.atomic():
            left, blocked = failure_counts.failed(self.buckets)
            self._record(blocked)
        self._refuse(left)

    def _refuse(self, seconds: float) -> None:
        if seconds:
            raise TooManyError(self._words(math.ceil(seconds / 60)), seconds)

    @abstractmethod
    def _words(self, minutes: int) -> str:
        """What the person is told."""

    def _record(self, blocked: list[Bucket]) -> None:  # noqa: B027 (nothing, where a use does not say what)
        """In the transaction of a failure; `blocked`: the buckets that it was one too many for."""
