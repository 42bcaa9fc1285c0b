"""All lines as one wish: kept whole by each save, so that one apply carries it, and an undo puts it back."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core import encryption
from core.audit import log
from core.preferences.models import Preferences, SystemChange
from extensions.changes.state import CannotPutBack
from extensions.models import SipExtension
from trunks import call_destinations
from trunks.call_destinations import OF_EXTENSIONS, CallDestination, Kind
from trunks.models import (
    Announcement,
    AnnouncementSound,
    BusinessHours,
    CallDestinationField,
    Emergency,
    Holiday,
    InboundRoute,
    LinesVersion,
    OutboundRoute,
    Record,
    RingGroup,
    Trunk,
)

KINDS: dict[str, type[models.Model]] = {
    "trunks": Trunk,
    "outbound": OutboundRoute,
    "inbound": InboundRoute,
    "groups": RingGroup,
    "announcements": Announcement,
    "emergency": Emergency,
    "hours": BusinessHours,
    "holidays": Holiday,
}
# Kind -> the field that is sealed, and to what purpose.
SECRETS = {"trunks": ("sealed_password", "trunk password"), "outbound": ("sealed_pin", "route PIN")}
KEPT = 200  # so many can be gone back to


def now() -> Record:
    """As the database has them; secrets sealed."""
    return {kind: [values_of(each) for each in model._default_manager.order_by("pk")] for kind, model in KINDS.items()}  # noqa: SLF001


def values_of(row: models.Model) -> dict[str, Any]:
    """Its columns."""
    return {field.attname: _stored(getattr(row, field.attname)) for field in row._meta.concrete_fields}  # noqa: SLF001


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def version_of(record: Record) -> str:
    """By what it says, however its secrets are sealed; "" where there is nothing."""
    if not any(record.values()):
        return ""
    marked = {
        kind: [each | {name: _secret_mark(purpose, each, name)} for each in record[kind]]
        for kind, (name, purpose) in SECRETS.items()
    }
    return hashlib.sha256(json.dumps({**record, **marked}, sort_keys=True).encode()).hexdigest()[:16]


def secrets(record: Record, kind: str) -> dict[int, str]:
    """In clear, by the keys of the lines that have one. Raises encryption.SealError where the key is another."""
    name, purpose = SECRETS[kind]
    return {each["id"]: encryption.unseal(purpose, each["id"], each[name]) for each in record[kind] if each.get(name)}


def _secret_mark(purpose: str, line: dict[str, Any], name: str) -> str:
    """The same for the same secret, of which it tells nothing once it is a part of a short hash."""
    sealed = line.get(name, "")
    if not sealed:
        return ""
    try:
        return hashlib.sha256(encryption.unseal(purpose, line["id"], sealed).encode()).hexdigest()
    except encryption.SealError:  # of a key that is lost
        return str(sealed)


def of(version: str) -> Record:
    """As rows are today, also where an earlier version stored it."""
    found = LinesVersion.objects.filter(pk=version).values_list("record", flat=True).first() or {}
    return {kind: [_as_today(kind, row) for row in found.get(kind, ())] for kind in KINDS}


def _as_today(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    fields = KINDS[kind]._meta.concrete_fields  # noqa: SLF001
    usual = {field.attname: field.get_default() for field in fields}
    if kind == "inbound" and "to" in row:  # before there were call destinations
        key = "" if row["to"] == Kind.LAST_DIGITS else row["extension_number"]
        usual["goes_to"] = str(CallDestination(row["to"], key))
    return {name: row.get(name, value) for name, value in usual.items()}


def is_stored(version: str) -> bool:
    return not version or LinesVersion.objects.filter(pk=version).exists()


@contextmanager
def edited(by: User | None) -> Iterator[None]:
    """All that the block saves of lines is one change that waits for the PBX. All or nothing; one at a time."""
    with log.together():
        preferences = Preferences.objects.select_for_update().get(pk=1)
        yield
        keep(preferences, by)


def keep(preferences: Preferences, by: User | None) -> None:
    """Inside a transaction, with the preferences locked."""
    before, record = preferences.lines, now()
    version = version_of(record)
    if version in (before, version_of(of(before))):  # the second: as stored by an earlier version
        return
    if version:
        LinesVersion.objects.get_or_create(pk=version, defaults={"record": record})
    preferences.lines = version
    preferences.version += 1
    preferences.save(update_fields=["lines", "version"])
    SystemChange.note(by, SystemChange.Field.LINES, before, version)
    _forget_unused()


def _forget_unused() -> None:
    needed = {Preferences.now("lines")}
    for change in SystemChange.objects.unproved().filter(field=SystemChange.Field.LINES):
        needed |= {change.old, change.new}
    latest = LinesVersion.objects.order_by("-added_at").values_list("pk", flat=True)[:KEPT]
    LinesVersion.objects.exclude(pk__in=needed | set(latest)).delete()
    unused = AnnouncementSound.objects.exclude(pk__in=Announcement.objects.values("sound"))
    if unused.exists():
        records = LinesVersion.objects.values_list("record", flat=True).iterator()
        kept = {each["sound"] for record in records for each in record.get("announcements", ())}
        unused.exclude(pk__in=kept).delete()


def restore(version: str) -> str:
    """Inside a transaction: the lines as they were then, with the version that they are. Raises CannotPutBack.

    That is the version itself, also where an earlier release stored it in other words, by which it would not be found.
    """
    if not is_stored(version):
        raise CannotPutBack(_("Those outside lines are no longer stored."))
    record = of(version)
    for model in KINDS.values():
        model._default_manager.all().delete()  # noqa: SLF001 (all: names and numbers may have changed places)
    for kind, model in KINDS.items():
        for values in record[kind]:
            _put_back(model, values)
    return version


def _put_back(model: type[models.Model], values: dict[str, Any]) -> None:
    row = model(**values)
    if isinstance(row, RingGroup):
        _refuse_group(row)
    if isinstance(row, Emergency):
        _refuse_emergency(row)
    if isinstance(row, Announcement) and not AnnouncementSound.objects.filter(pk=row.sound).exists():
        words = _("The audio file of announcement %(name)s is no longer stored. Upload it again.")
        raise CannotPutBack(words % {"name": row.name})
    for text in destinations_of(row):
        to = call_destinations.parse(text)
        if to.kind in OF_EXTENSIONS and not SipExtension.objects.filter(number=to.key).exists():
            raise CannotPutBack(_("Calls went to extension %(number)s, which no longer exists.") % {"number": to.key})
    row.save(force_insert=True)


def _refuse_group(group: RingGroup) -> None:
    """Raises CannotPutBack."""
    known = {"name": group.name, "number": group.number}
    if SipExtension.objects.filter(number=group.number).exists():
        words = _("Ring group %(name)s: %(number)s is an extension now. Delete that extension first.")
        raise CannotPutBack(words % known)
    there = set(SipExtension.objects.filter(number__in=group.members).values_list("number", flat=True))
    if gone := [number for number in group.members if number not in there]:
        words = _("Ring group %(name)s: its member %(number)s is gone.")
        raise CannotPutBack(words % {"name": group.name, "number": gone[0]})


def _refuse_emergency(emergency: Emergency) -> None:
    """Raises CannotPutBack."""
    numbers = emergency.more_numbers.split()
    if taken := SipExtension.objects.filter(number__in=numbers).first():
        words = _("Emergency number %(number)s is an extension now. Delete that extension first.")
        raise CannotPutBack(words % {"number": taken.number})
    phones = list(filter(None, emergency.phones.split(",")))
    there = set(SipExtension.objects.filter(number__in=phones).values_list("number", flat=True))
    if gone := [number for number in phones if number not in there]:
        words = _("An emergency call rang extension %(number)s, which no longer exists.")
        raise CannotPutBack(words % {"number": gone[0]})


def destination_fields(model: type[models.Model]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if isinstance(field, CallDestinationField)]  # noqa: SLF001


def destinations_of(row: models.Model) -> list[str]:
    """The texts of those that it has."""
    return list(filter(None, (getattr(row, name) for name in destination_fields(type(row)))))


def summary(version: str) -> str:
    """In words, as lists of changes show it."""
    record = of(version)
    trunks, out, incoming = (len(record[kind]) for kind in ("trunks", "outbound", "inbound"))
    words = [
        ngettext("%(count)s trunk", "%(count)s trunks", trunks) % {"count": trunks},
        ngettext("%(count)s outbound route", "%(count)s outbound routes", out) % {"count": out},
        ngettext("%(count)s inbound route", "%(count)s inbound routes", incoming) % {"count": incoming},
    ]
    if groups := len(record["groups"]):
        words.append(ngettext("%(count)s ring group", "%(count)s ring groups", groups) % {"count": groups})
    if heard := len(record["announcements"]):
        words.append(ngettext("%(count)s announcement", "%(count)s announcements", heard) % {"count": heard})
    if record["hours"]:
        words.append(_("business hours"))
    return ", ".join(words)
