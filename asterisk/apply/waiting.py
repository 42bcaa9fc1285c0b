"""The changes that wait for an apply: which of them it takes, and which go on waiting."""

from collections.abc import Collection, Iterator, Mapping

from asterisk.engine import snapshot
from asterisk.models import ApplyRun
from extensions.models import Change


def changes_of(numbers: list[str]) -> Iterator[Change]:
    for some in snapshot.chunks(numbers):
        yield from Change.objects.waiting().of(some).order_by("pk")


def keys_of(numbers: list[str]) -> Iterator[tuple[int, str]]:
    """The key and the number of each, the oldest first."""
    for some in snapshot.chunks(numbers):
        yield from Change.objects.waiting().of(some).order_by("pk").values_list("pk", "number")


def saved_since(numbers: list[str], asked: Collection[int]) -> dict[str, Change]:
    """The first change of each number that waits and is none of these."""
    first: dict[str, int] = {}
    for pk, number in keys_of(numbers):
        if pk not in asked:
            first.setdefault(number, pk)
    found = Change.objects.in_bulk([*first.values()]) if first else {}
    return {number: found[pk] for number, pk in first.items()}


def is_taken(change: Change, untaken: Mapping[str, Change]) -> bool:
    return change.number not in untaken or change.pk < untaken[change.number].pk


def untaken(numbers: list[str]) -> dict[str, Change]:
    """The first change of each number that no apply has taken, or that was taken and refused."""
    taken = Change.objects.filter(runs__outcome=ApplyRun.Outcome.WAITING)
    first: dict[str, Change] = {}
    for some in snapshot.chunks(numbers):
        for change in Change.objects.waiting().of(some).exclude(pk__in=taken.of(some)).order_by("id"):
            first.setdefault(change.number, change)
    return first
