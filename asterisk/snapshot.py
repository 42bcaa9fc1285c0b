"""A frozen picture of part of the wish."""

from collections.abc import Iterable, Iterator
from itertools import islice

from asterisk.render import Extension, Snapshot
from extensions.models import SipExtension

CHUNK = 500


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
