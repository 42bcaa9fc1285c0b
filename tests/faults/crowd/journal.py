"""What twenty administrators did, what each had seen before it, and what they were told."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from statistics import median, quantiles
from threading import Lock

from tests.faults.portal import Answer

ANOTHER_APPLY = "Another apply is still running."
NOT_APPLIED = "The change was not applied"
NOTHING_LOST = "Nothing you typed is lost"
TAKEN = (200, 302, 409, 422)


@dataclass(eq=False)
class Deed:
    """Somebody saves `value`, which nobody else ever does, in a column of these numbers; "": deletes them.

    `seen`: number -> the version that was on the page, where a page says so. `told`: that it is saved; None: not yet.
    """

    kind: str
    by: int
    numbers: list[str]
    value: str = ""
    column: str = ""
    seen: dict[str, int] = field(default_factory=dict)
    told: bool | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.value} of {', '.join(self.numbers[:5])} by {self.by}, seen {self.seen}"


@dataclass
class Journal:
    deeds: list[Deed] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)  # or about to be
    _lock: Lock = field(default_factory=Lock)

    def begin(self, deed: Deed) -> Deed:
        with self._lock:
            self.deeds.append(deed)
            if not deed.column:
                self.deleted.update(deed.numbers)
        return deed

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def fail(self, why: str) -> None:
        with self._lock:
            self.failures.append(why)

    def note(self, asked: str, answer: Answer, started: float) -> None:
        """An answer, and what is to be thought of it."""
        with self._lock:
            self.seconds.append(time.monotonic() - started)
            self.statuses[str(answer.status)] += 1
            if answer.status == 409:
                self.counts["someone else changed this"] += 1
        if answer.status in TAKEN:
            return
        if answer.status == 503 and NOT_APPLIED in answer.page and ANOTHER_APPLY in answer.page:
            self.count("another apply is running")
        elif answer.status == 404 and any(f"/{number}/" in asked for number in self.deleted):
            self.count("deleted by somebody else")
        else:
            if answer.status == 503 and NOTHING_LOST in answer.page:
                self.count("the database is busy")
            self.fail(f"{asked}: {answer.status} {answer.page[:2000]}")

    def report(self) -> str:
        p95 = quantiles(self.seconds, n=20)[-1]
        lines = [
            f"{len(self.seconds)} requests: {dict(sorted(self.statuses.items()))}",
            f"median {median(self.seconds):.2f} s, p95 {p95:.2f} s, longest {max(self.seconds):.2f} s",
            *(f"{what}: {count}" for what, count in sorted(self.counts.items())),
        ]
        for told, words in ((True, "saved"), (False, "refused"), (None, "without an answer")):
            lines.append(f"{words}: {dict(Counter(deed.kind for deed in self.deeds if deed.told is told))}")
        return "\n".join(lines)
