"""What one save changed, said so that it can be shown: who, when, which field, before and after."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Model

from accounts.models import User
from core.audit import log
from core.audit.fields import MASK
from core.mail import outbox
from extensions.changes import belongings
from extensions.changes.state import Record, record_of
from extensions.fields import BY_NAME, FIELDS, MASKED, ON_THE_PBX, SECRET, Field, Owner
from extensions.models import Change, SipExtension

Values = dict[str, str]


@dataclass(frozen=True)
class Picture:
    """An extension at one moment: as it is shown, and whole, as it can be put back."""

    values: Values
    record: Record | None


NOTHING = Picture({}, None)


@dataclass
class Edit:
    """An extension that is being changed; `after` once the block has ended."""

    extension: SipExtension
    before: Picture
    after: Picture = NOTHING


def picture(extension: SipExtension) -> Picture:
    return Picture(values(extension), record_of(extension))


def picture_of_deleted(extension: SipExtension, *, person_stays: bool = False) -> Picture:
    """Before it is deleted, with what goes with it."""
    goes = belongings.of(extension, person_stays=person_stays)
    return Picture(values(extension), record_of(extension) | {"belongings": goes})


def values(extension: SipExtension) -> Values:
    """Every field as text. A secret stands as its hash or seal: enough to tell that it changed."""
    return {field.name: field.text_of(_owner(extension, field)) for field in FIELDS}


def values_of_person(user: User) -> Values:
    return {field.name: field.text_of(user) for field in FIELDS if field.owner is Owner.PERSON}


def _owner(extension: SipExtension, field: Field) -> SipExtension | User:
    return extension.user if field.owner is Owner.PERSON else extension


def difference(before: Values, after: Values) -> dict[str, list[str]]:
    """name -> [before, after] of the fields that differ, a secret's values masked."""
    return {
        name: ["", MASK] if name in SECRET else [before.get(name, ""), after.get(name, "")]
        for name in BY_NAME
        if before.get(name, "") != after.get(name, "")
    }


def record(by: User | None, kind: Change.Kind, number: str, before: Picture, after: Picture, action: str = "") -> bool:
    """Inside the transaction of the save. True when the PBX must be told. `action`: one that `kind` does not name."""
    fields = difference(before.values, after.values)
    waits = add_change(by, kind, number, before, after)
    if kind == Change.Kind.CHANGED:
        tell(by, number, fields)
    log.record(by, f"extension.{action or kind}", number, fields=fields)
    return waits


def record_given(by: User, extension: SipExtension, before: Values) -> None:
    """A new extension of a person who was there, with the values `before`. Inside the transaction of the save."""
    after = picture(extension)
    add_change(by, Change.Kind.ADDED, extension.number, NOTHING, after)
    tell(by, extension.number, difference(before, values_of_person(extension.user)))
    names = difference({}, {name: after.values[name] for name in ("first_name", "last_name")})
    log.record(by, "extension.added", extension.number, fields=names | difference(before, after.values))


def add_change(by: User | None, kind: Change.Kind, number: str, before: Picture, after: Picture) -> bool:
    """What the PBX is to be told waits for an apply. False where there is nothing of that."""
    seen = seen_by_the_pbx(difference(before.values, after.values))
    if seen:
        Change.objects.create(number=number, kind=kind, by=by, fields=seen, former=before.record)
    return bool(seen)


def seen_by_the_pbx(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: pair for name, pair in fields.items() if name in ON_THE_PBX}


def mail_of(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    """As a mail has them: without what is secret."""
    return {name: ["", MASK] if name in MASKED else pair for name, pair in fields.items()}


def addresses(person: User, fields: dict[str, list[str]]) -> list[str]:
    """Where somebody is told of these: where the address is another one, at the former one, too."""
    former = fields["email"][0] if "email" in fields else ""
    return sorted({person.email or "", former} - {""})


def tell(by: User | None, number: str, fields: dict[str, list[str]]) -> None:
    """Write to the person whom the extension is of, where somebody else changed it."""
    extension = SipExtension.objects.select_related("user").filter(number=number).first()
    if by is None or extension is None or extension.user == by or not extension.user.is_active:
        return
    told = mail_of(fields)
    has_password = bool(told.pop("password", None))
    for to in addresses(extension.user, fields):
        if has_password:
            outbox.notify("password_changed", extension.user, by=by, to=to)
        if told:
            outbox.notify_of_changes("extension_changed", extension.user, told, by=by, to=to, number=number)


def locked(numbers: Iterable[str]) -> dict[str, SipExtension]:
    """The extensions of these numbers with their people, held until the transaction ends.

    Always in one order, so that two who lock the same do not wait for each other.
    """
    rows = SipExtension.objects.select_for_update(of=("self", "user")).select_related("user__role", "handed_to")
    return {each.number: each for each in rows.filter(number__in=numbers).order_by("pk")}


@contextmanager
def saved(number: str) -> Iterator[Edit]:
    """One extension, locked: what the block leaves in it and in its person is saved, and nothing else of them.

    Raises SipExtension.DoesNotExist, and NoSuperAdministrator where none would be left. All or nothing.
    """
    with log.together():
        extension = locked([number]).get(number)
        if extension is None:
            raise SipExtension.DoesNotExist
        was_super = extension.user.is_super_administrator
        at_first = columns(extension), columns(extension.user)
        made = Edit(extension, picture(extension))
        yield made
        made.after = picture(extension)
        _save(extension.user, at_first[1])
        _save_extension(extension, at_first[0], differs=made.before != made.after)
        if was_super and not extension.user.is_super_administrator:
            User.objects.keep_a_super_administrator()


@contextmanager
def edit(number: str, by: User | None, action: str = "changed") -> Iterator[SipExtension]:
    """The one way to change an extension or its person: change `extension` and `extension.user` in the block.

    Where that makes a difference, the version rises, and the change, the row of the operation log and the notice to
    the person are written with it. Raises what `saved` raises.
    """
    with log.together():
        with saved(number) as made:
            yield made.extension
        if made.before != made.after:
            record(by, Change.Kind.CHANGED, number, made.before, made.after, action)


def columns(row: Model) -> dict[str, Any]:
    fields = row._meta.concrete_fields  # noqa: SLF001 (Django's documented API)
    return {field.attname: getattr(row, field.attname) for field in fields if not field.generated}


def _save(row: Model, at_first: dict[str, Any], *more: str) -> None:
    changed = [name for name, value in columns(row).items() if value != at_first[name]]
    if changed or more:
        row.save(update_fields={*changed, *more})


def _save_extension(extension: SipExtension, at_first: dict[str, Any], *, differs: bool) -> None:
    if not differs:
        return
    version = extension.version
    extension.version = F("version") + 1
    _save(extension, at_first, "version", *SipExtension.FOUND_BY)
    extension.version = version + 1
