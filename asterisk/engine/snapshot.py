"""A frozen picture of part of the wish."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import islice
from operator import attrgetter
from typing import TypeVar

from asterisk.engine.columns import Disabled, Extension, HandOver
from asterisk.engine.render import Snapshot
from core.preferences.models import NameFormat
from extensions.changes.state import Record, extension_of
from extensions.models import SipExtension
from extensions.review import preferences as preference_changes

CHUNK = 500
OWN = [each.name for each in fields(Extension) if each.name != "caller_name"]  # attributes of SipExtension too
own_values = attrgetter(*OWN)
OF_DISABLED = [each.name for each in fields(Disabled) if each.name != "caller_name"]
values_of_disabled = attrgetter(*OF_DISABLED)
Item = TypeVar("Item")


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while some := list(islice(rest, CHUNK)):
        yield some


def take(numbers: Iterable[str], instead: Mapping[str, Record | None] | None = None) -> Snapshot:
    """Names as the PBX has been told to show them.

    `instead`: number -> the wish that counts for it in place of the present one; None: no extension.
    """
    wanted = tuple(sorted(set(numbers)))
    found = [
        each
        for some in chunks(wanted)
        for each in SipExtension.objects.filter(number__in=some).select_related("user")
        if each.number not in (instead or {})
    ]
    elsewhere = SipExtension.objects.handed_over().values_list("number", "handed_to__number")
    former = [extension_of(number, record) for number, record in (instead or {}).items() if record]
    handed = [
        HandOver(number, to)
        for some in chunks(wanted)
        for number, to in elsewhere.filter(number__in=some)
        if number not in (instead or {})
    ]
    handed += [HandOver(each.number, each.handed_to.number) for each in former if each.handed_to]
    found += former
    names = NameFormat(preference_changes.given(preference_changes.Field.NAME_FORMAT))
    return Snapshot(
        wanted,
        tuple(_extension(each, names) for each in found if each.enabled),
        tuple(handed),
        tuple(_disabled(each, names) for each in found if not each.enabled),
    )


def _extension(each: SipExtension, names: NameFormat) -> Extension:
    return Extension(caller_name=each.user.name_in(names), **dict(zip(OWN, own_values(each), strict=True)))


def _disabled(each: SipExtension, names: NameFormat) -> Disabled:
    values = dict(zip(OF_DISABLED, values_of_disabled(each), strict=True))
    return Disabled(caller_name=each.user.name_in(names), **values)
