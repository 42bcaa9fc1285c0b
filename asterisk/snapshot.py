"""A frozen picture of part of the wish."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from extensions.models import SipExtension

CHUNK = 500


@dataclass(frozen=True)
class Extension:
    number: str
    caller_name: str
    caller_id: str
    registration_name: str
    registration_password: str = field(repr=False)
    max_phones: int = 1


@dataclass(frozen=True)
class Snapshot:
    """`extensions`: those of `numbers` that are to work; the other numbers are to be gone from the PBX."""

    numbers: tuple[str, ...]
    extensions: tuple[Extension, ...]


def chunks(numbers: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(numbers)
    while some := list(islice(rest, CHUNK)):
        yield some


def take(numbers: Iterable[str]) -> Snapshot:
    wanted = tuple(sorted(set(numbers)))
    found = [
        Extension(
            number=each.number,
            caller_name=each.user.full_name,
            caller_id=each.caller_id,
            registration_name=each.registration_name,
            registration_password=each.registration_password,
            max_phones=each.max_phones,
        )
        for some in chunks(wanted)
        for each in SipExtension.objects.enabled().filter(number__in=some).select_related("user")
    ]
    return Snapshot(wanted, tuple(found))
