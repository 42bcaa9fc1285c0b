"""What was done, what was answered, and which faults there were; and what may be true after it."""

import itertools
import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock

NAME, ENABLED = "name", "enabled"
LOST = "acknowledged changes lost"
MISSING = "proved applies missing"
REFUSED = "refusals without a fault of a value"
LIED = "pages that lied"
UNCALLABLE = "phones that could not be called"
UNEXPECTED = "unexpected statuses"
UNWELL = "not well in the end"
FAILURES = (LOST, MISSING, REFUSED, LIED, UNCALLABLE, UNEXPECTED, UNWELL)
BEFORE_SECONDS = 10


@dataclass(eq=False)
class Attempt:
    """Somebody wished a value. `ended`: when the server was done with it; never known where it gave no answer."""

    number: str
    field: str
    value: str | None
    by: str
    started: float
    ended: float = math.inf
    acknowledged: bool = False
    proved: bool = False
    told: str = ""

    def __str__(self) -> str:
        return f"{self.by}: {self.number} {self.field} = {self.value} at {self.started:.1f} s ({self.told})"


def may_be_last(attempts: Iterable[Attempt], *, proved: bool = False) -> list[Attempt]:
    """All but those after whose end another was begun that is certain: acknowledged, or proved."""
    every = list(attempts)
    certain = [each for each in every if (each.proved if proved else each.acknowledged)]
    return [one for one in every if not any(other.started > one.ended for other in certain)]


@dataclass(eq=False)
class Fault:
    at: float
    words: str
    ended: float


@dataclass
class Failure:
    kind: str
    at: float
    done: str
    answered: str


@dataclass
class Journal:
    began: float = field(default_factory=time.monotonic)
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    attempts: list[Attempt] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    refused_pages: list[Failure] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _lock: RLock = field(default_factory=RLock)

    @property
    def now(self) -> float:
        return time.monotonic() - self.began

    def begin(self, number: str, field: str, value: str | None, by: str) -> Attempt:
        with self._lock:
            self.attempts.append(Attempt(number, field, value, by, self.now))
            return self.attempts[-1]

    def known(self, number: str, field: str, value: str | None) -> None:
        """As it is at the start."""
        self.attempts.append(Attempt(number, field, value, "at the start", 0, 0, acknowledged=True, proved=True))

    def forget(self, attempt: Attempt) -> None:
        """The answer says that it was not taken."""
        with self._lock:
            self.attempts.remove(attempt)

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def fault(self, words: str, seconds: float = 0) -> Fault:
        with self._lock:
            self.faults.append(Fault(self.now, words, self.now + seconds))
            return self.faults[-1]

    def fail(self, kind: str, done: str, answered: str, at: float | None = None) -> None:
        with self._lock:
            self.failures.append(Failure(kind, self.now if at is None else at, done, answered))

    def of(self, number: str, field: str) -> list[Attempt]:
        with self._lock:
            return [each for each in self.attempts if (each.number, each.field) == (number, field)]

    def prove_seen(self, numbers: Iterable[str], until: float) -> None:
        """An apply was proved of all that had been saved of these numbers until then."""
        wanted = set(numbers)
        with self._lock:
            for each in self.attempts:
                if each.number in wanted and each.acknowledged and each.ended < until:
                    each.proved = True

    def since_fault(self, *beginnings: str, at: float | None = None) -> float:
        """Seconds since the end of the last fault that is called so; of any without a name."""
        moment = self.now if at is None else at
        with self._lock:
            ends = [
                each.ended for each in self.faults if each.at <= moment and each.words.startswith(beginnings or ("",))
            ]
        return max(0.0, moment - max(ends)) if ends else math.inf

    def faults_before(self, moment: float) -> list[Fault]:
        near = [each for each in self.faults if each.at <= moment and each.ended > moment - BEFORE_SECONDS]
        return sorted(near, key=lambda each: each.at)

    def by_kind(self) -> dict[str, int]:
        kinds = sorted(each.words.partition(",")[0] for each in self.faults)
        return {kind: len(list(some)) for kind, some in itertools.groupby(kinds)}
