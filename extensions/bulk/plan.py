"""Which numbers Bulk Add makes, and whose they are: worked out before anything is saved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.preferences.models import Preferences
from extensions import validators
from extensions.models import TAKEN, SipExtension

MOST = 1000
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
KNOWN = {"number", "n"}
NOT_FREE = {
    "taken": _("taken by an extension"),
    "emergency": _("emergency number or helpline"),
    "registration_name": _("registration name of another extension"),
    "ring_group": _("ring group"),
    "number_range": _("outside the range in Preferences"),
}


class Taken(TextChoices):
    """What becomes of numbers that cannot be given."""

    REFUSE = "refuse", _("Add none, and say which are taken")
    SKIP = "skip", _("Skip them, and use the next free numbers")


@dataclass(frozen=True)
class Planned:
    """An extension to be made. `place`: the first is 1."""

    number: str
    place: int

    def fill(self, pattern: str) -> str:
        return PLACEHOLDER.sub(lambda found: self.number if found[1] == "number" else str(self.place), pattern)


@dataclass(frozen=True)
class NotFree:
    number: str
    code: str

    @property
    def why(self) -> str:
        return str(NOT_FREE.get(self.code, NOT_FREE["taken"]))


@dataclass(frozen=True)
class Plan:
    planned: list[Planned]
    not_free: list[NotFree]

    @property
    def digest(self) -> str:
        """By which a later plan is told from the one that was seen."""
        return sha256(" ".join(each.number for each in self.planned).encode()).hexdigest()[:16]


def unknown_placeholders(pattern: str) -> list[str]:
    return [found for found in PLACEHOLDER.findall(pattern) if found not in KNOWN]


def plan(first: int, count: int, preferences: Preferences, *, skip: bool) -> Plan:
    """`count` numbers from `first` on; with `skip` as many free ones, as far as the range goes."""
    refusal = refusals(first, first + count - 1 if not skip else preferences.last_number, preferences)
    planned: list[Planned] = []
    not_free: list[NotFree] = []
    last = preferences.last_number if skip else first + count - 1
    for number in range(first, last + 1):
        if len(planned) == count:
            break
        if code := refusal(number):
            not_free.append(NotFree(str(number), code))
        else:
            planned.append(Planned(str(number), len(planned) + 1))
    return Plan(planned, not_free)


def refusals(first: int, last: int, preferences: Preferences) -> Callable[[int], str]:
    """Of a number between these: the code of what forbids to give it, "" where nothing does."""
    there = SipExtension.objects.filter(position__range=(first, last))
    taken = set(there.values_list("position", flat=True))
    names = set(
        SipExtension.objects.filter(registration_name__regex=rf"^{validators.NUMBER}$")
        .values_list("registration_name", flat=True)
    )  # fmt: skip
    others = {code: numbers() for code, numbers in TAKEN.items()}

    def refusal(number: int) -> str:
        if number in taken:
            return "taken"
        if not preferences.first_number <= number <= preferences.last_number:
            return "number_range"
        if validators.is_emergency_number(str(number), preferences.country):
            return "emergency"
        if str(number) in names:
            return "registration_name"
        return next((code for code, numbers in others.items() if str(number) in numbers), "")

    return refusal


def free_run(count: int, preferences: Preferences) -> int | None:
    """The first of so many free numbers in a row; None where there are none."""
    for first in _starts_of_gaps(count, preferences):
        if not plan(first, count, preferences, skip=False).not_free:
            return first
    return None


def _starts_of_gaps(count: int, preferences: Preferences) -> Iterator[int]:
    """After each extension behind which so many numbers have none; a few of those."""
    found = SipExtension.objects.filter(position__range=(preferences.first_number, preferences.last_number))
    before = preferences.first_number - 1
    given = 0
    for position in [*found.order_by("position").values_list("position", flat=True), preferences.last_number + 1]:
        if position - before > count:
            yield before + 1
            given += 1
        if given == MOST_STARTS:
            return
        before = position


MOST_STARTS = 5
