"""What saves change of lines: as the operation log keeps it, and as the review shows it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from accounts.models import Organization, Role, User
from core.audit import fields, log
from core.audit.fields import MASK
from core.coded_text import CodedText, to_json
from extensions.review.preferences import Detail
from extensions.review.review import CHANGED, DELETED, NEW
from trunks import call_destinations, record
from trunks.call_destinations import CallDestination, Kind
from trunks.models import AnnouncementSound, Record

Row = Mapping[str, Any]
# Kind of a record -> what begins the names of its fields, and of its actions, in the log; and what it is called.
NAMES: dict[str, tuple[str, str, StrOrPromise]] = {
    "trunks": ("trunk", "trunk.", gettext_lazy("Trunk")),
    "outbound": ("outbound", "route.outbound_", gettext_lazy("Outbound route")),
    "inbound": ("inbound", "route.inbound_", gettext_lazy("Inbound route")),
    "groups": ("group", "group.", gettext_lazy("Ring group")),
    "announcements": ("announcement", "announcement.", gettext_lazy("Announcement")),
    "emergency": ("emergency", "emergency.", gettext_lazy("Emergency")),
    "hours": ("hours", "hours.", gettext_lazy("Business hours")),
    "holidays": ("holiday", "hours.holiday_", gettext_lazy("Holiday")),
}
NAMELESS = ("emergency", "hours")  # of which there is one
SECRETS = {"sealed_password": "password", "sealed_pin": "pin"}  # the name of a field -> as the log knows it
ORDER = "position"
NO_FIELDS = ("id", ORDER)
DESTINATIONS = {name for model in record.KINDS.values() for name in record.destination_fields(model)}


@contextmanager
def edited(by: User | None) -> Iterator[None]:
    """As record.edited(), with each line that the block changes in the operation log."""
    with record.edited(by):
        before = record.now()
        yield
        _log(by, before, record.now())


def _log(by: User | None, before: Record, after: Record) -> None:
    for kind, (_prefix, action, _label) in NAMES.items():
        for old, new in _pairs(before[kind], after[kind]):
            if found := difference(kind, old, new, before, after):
                what = "changed" if (old and new) or kind in NAMELESS else "added" if new else "deleted"
                log.record(by, f"{action}{what}", name_of(kind, new or old), fields=found)


def name_of(kind: str, row: Row | None) -> CodedText | str:
    return CodedText(f"module.{kind}") if kind in NAMELESS or row is None else str(row["name"])


def _pairs(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[tuple[Row | None, Row | None]]:
    """Of the same line, in its order now."""
    olds, news = ({row["id"]: row for row in rows} for rows in (before, after))
    order = sorted(olds.keys() | news.keys(), key=lambda pk: ((news.get(pk) or olds[pk]).get(ORDER, 0), pk))
    return [(olds.get(pk), news.get(pk)) for pk in order]


def difference(kind: str, old: Row | None, new: Row | None, before: Record, after: Record) -> dict[str, list[Any]]:
    """Name of a field -> both values as the log keeps them."""
    found = {}
    for name in new or old or ():
        if name in NO_FIELDS or (old and new and old.get(name) == new.get(name)):
            continue
        pair = [recorded(name, row.get(name), lines) if row else "" for row, lines in ((old, before), (new, after))]
        if any(pair):
            found[key(kind, name)] = pair
    return found


def key(kind: str, name: str) -> str:
    """By which the log knows the field."""
    return f"{NAMES[kind][0]}_{SECRETS.get(name, name)}"


def label_of(kind: str, name: str) -> str:
    return str(fields.field(key(kind, name)).label)


def recorded(name: str, value: Any, lines: Record) -> Any:
    """The value as the log keeps it: of a secret a mask. `lines`: those among which the trunks of a route are."""
    if name in DESTINATIONS:
        return destination(value, names_in(lines)) if value else ""
    match name:
        case "sealed_password" | "sealed_pin":
            return MASK if value else ""
        case "roles":
            return [str(each) for each in Role.objects.filter(pk__in=value)]
        case "organizations":
            return [str(each) for each in Organization.objects.filter(pk__in=value)]
        case "extensions" | "phones":
            return value.replace(",", ", ") if value else ""
        case "trunks":
            names = {each["id"]: each["name"] for each in lines["trunks"]}
            return [names[pk] for pk in value if pk in names]
        case "patterns" | "more_numbers":
            return value.split("\n") if value else ""
        case "sound":
            return AnnouncementSound.objects.filter(pk=value).values_list("name", flat=True).first() or value
        case "people":
            people = dict(User.objects.filter(pk__in=value).values_list("pk", "email"))
            return [people[pk] for pk in value if pk in people]
    return value


def names_in(lines: Record) -> dict[str, str]:
    """Text of a call destination -> name of the line that it is."""
    kinds = {Kind.GROUP: "groups", Kind.ANNOUNCEMENT: "announcements"}
    rows = [(to, row) for to, kind in kinds.items() for row in lines[kind]]
    return {str(CallDestination(to, str(row["id"]))): row["name"] for to, row in rows}


def destination(text: str, names: Mapping[str, str]) -> dict[str, str]:
    """A call destination as the log keeps it. `names`: as names_in() gives them."""
    to = call_destinations.parse(text)
    stored: dict[str, str] = to_json(CodedText(f"destination.{to.kind}", key=names.get(text, to.key)))
    return stored


def shown(kind: str, name: str, value: Any, lines: Record) -> str:
    """As people read it."""
    return fields.show(key(kind, name), recorded(name, value, lines))


def details(old_version: str, new_version: str) -> list[Detail]:
    """What tells two versions of all lines apart; none where one of them is no longer stored."""
    if not all(map(record.is_stored, (old_version, new_version))):
        return []
    before, after = record.of(old_version), record.of(new_version)
    found = []
    for kind, (_prefix, _action, label) in NAMES.items():
        for old, new in _pairs(before[kind], after[kind]):
            its = [_shown(name, pair, old, new) for name, pair in difference(kind, old, new, before, after).items()]
            if old and new and old.get(ORDER) != new.get(ORDER):
                its.append((_("Order"), str(old[ORDER]), str(new[ORDER])))
            if its:
                change = CHANGED if (old and new) or kind in NAMELESS else NEW if new else DELETED
                name = "" if kind in NAMELESS else str((new or old or {})["name"])
                found.append(Detail(name, str(label), change, its))
    return found


def _shown(name: str, pair: list[Any], old: Row | None, new: Row | None) -> tuple[str, str, str]:
    field = fields.field(name)
    left, right = (fields.show(name, value) for value in pair)
    if field.is_secret:
        secret = _("(secret)")
        left, right = left and secret, right if old and new else right and secret
    return str(field.label), left, right
