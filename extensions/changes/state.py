"""The whole wish about one extension, as it is kept with each change and put back: an undo is nothing else.

Secrets stand in it as they stand in the database: hashed or sealed.
"""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from accounts.models import Organization, Role, User
from core.preferences.models import NameFormat, Preferences
from extensions.changes import belongings as belongings_of
from extensions.fields import Field, Owner, Storage, column_fields
from extensions.models import TAKEN, SipExtension

Record = dict[str, Any]
AT_ONCE = 500

PERSON, EXTENSION = column_fields(Owner.PERSON), column_fields(Owner.EXTENSION)


class CannotPutBack(Exception):
    """What stands in the way, and what to do about it."""


def record_of(extension: SipExtension) -> Record:
    user = extension.user
    return {
        "id": str(extension.pk),
        "person": {field.attribute: _stored(user, field) for field in PERSON},
        "role": user.role.key if user.role else None,
        "stays": user.pk if extension.person_was_there else None,
        "organizations": sorted(each.pk for each in user.organizations.all()),
        "extension": {field.attribute: _stored(extension, field) for field in EXTENSION}
        | {"handed_to": extension.handed_to.number if extension.handed_to else None},
    }


def _stored(owner: User | SipExtension, field: Field) -> Any:
    value = getattr(owner, field.attribute)
    return str(value) if isinstance(value, date | PhoneNumber) else value


def _restored(model: type[User] | type[SipExtension], columns: Record, field: Field) -> Any:
    """A record of an earlier version lacks what has come since."""
    if field.attribute not in columns:
        return getattr(model(), field.attribute)
    value = columns[field.attribute]
    return date.fromisoformat(value) if value and field.storage is Storage.DAY else value


def restored(record: Record, owner: str, name: str) -> Any:
    """The value of that column of the record's person or extension, as the model takes it."""
    fields, model = (PERSON, User) if owner == "person" else (EXTENSION, SipExtension)
    field = next(field for field in fields if field.attribute == name)
    return _restored(model, record[owner], field)


def _columns(record: Record) -> dict[str, Any]:
    """Those of the extension itself."""
    return {field.attribute: _restored(SipExtension, record["extension"], field) for field in EXTENSION}


def _person(record: Record) -> dict[str, Any]:
    """The columns of the person that an undo puts back."""
    return {field.attribute: _restored(User, record["person"], field) for field in PERSON if field.is_undone}


def _columns_now(record: Record) -> dict[str, Any]:
    """The day to be deleted is not over, and calls are handed to somebody who is here."""
    columns = _columns(record)
    if columns["delete_on"] and columns["delete_on"] <= localdate():
        columns["delete_on"] = None
    to = record["extension"].get("handed_to")
    return columns | {"handed_to": SipExtension.objects.filter(number=to, left_on=None).first() if to else None}


def extension_of(number: str, record: Record) -> SipExtension:
    """The extension that the record was made of, not saved."""
    person = User(**_person(record))
    to = record["extension"].get("handed_to")
    colleague = SipExtension(number=to) if to else None
    return SipExtension(id=UUID(record["id"]), user=person, number=number, handed_to=colleague, **_columns(record))


def refuse_mightier(by: User | None, now: SipExtension | None, record: Record | None) -> None:
    """Raises PermissionDenied where `by` may not change such a person."""
    roles = [now.user.role if now else None, Role.objects.filter(key=record["role"]).first() if record else None]
    if now is None and record and (person := _who_stayed(record)):
        roles.append(person.role)
    if by and not all(map(by.reaches_up_to, roles)):
        raise PermissionDenied


def _who_stayed(record: Record) -> User | None:
    """Whose extension it was, where the person was there before it and still is."""
    stays = record.get("stays")
    return User.objects.filter(pk=stays).first() if stays else None


def refuse_taken(number: str, record: Record, now: SipExtension | None) -> None:
    """Raises CannotPutBack where another has by now what must be unique."""
    if now and str(now.pk) != record["id"]:  # whose secrets and person are not those of the record
        words = _("Extension %(number)s belongs to %(name)s now. Delete it first.")
        raise CannotPutBack(words % {"number": number, "name": now.user})
    if now is None and any(number in numbers() for numbers in TAKEN.values()):
        words = _("Extension %(number)s: this is a ring group or an emergency number now. Change that first.")
        raise CannotPutBack(words % {"number": number})
    refuse_taken_names({record["extension"]["registration_name"]: number})
    stayed = _who_stayed(record) if now is None else None
    if stayed and (other := SipExtension.objects.filter(user=stayed).first()):
        words = _("Extension %(number)s: %(name)s has extension %(other)s now. Delete that one first.")
        raise CannotPutBack(words % {"number": number, "name": stayed, "other": other.number})
    email = record["person"]["email"]
    if now is None and stayed is None and email:
        refuse_taken_emails({email: number})


def refuse_taken_names(names: dict[str, str]) -> None:
    """Registration name -> the extension that gets it again. Raises CannotPutBack."""
    found = SipExtension.objects.filter(Q(registration_name__in=names) | Q(number__in=names))
    for other, name in found.values_list("number", "registration_name"):
        for number in (names.get(name, other), names.get(other, other)):
            if number != other:
                words = _(
                    "Extension %(number)s: another extension now uses its former registration name."
                    " Change that name first."
                )
                raise CannotPutBack(words % {"number": number})


def refuse_taken_emails(emails: dict[str, str]) -> None:
    """Address -> the extension whose person, who does not have it now, gets it again. Raises CannotPutBack."""
    held = set(User.objects.filter(email__in=emails).values_list("email", flat=True))
    for email, number in emails.items():
        if email in held:
            words = _("Extension %(number)s: another person now uses %(email)s. Change that address first.")
            raise CannotPutBack(words % {"number": number, "email": email})


def set_back(extension: SipExtension, record: Record) -> None:
    """Set what the record says on the extension and its person, who are saved by whoever calls this.

    Who leaves again is signed out with it. One who comes back by an undo signs in again when somebody allows it.
    """
    columns = _columns_now(record)
    if columns["left_on"] and not extension.left_on:
        extension.user.is_active = False
    for name, value in _person(record).items():
        setattr(extension.user, name, value)
    for name, value in columns.items():
        setattr(extension, name, value)


def made_again(number: str, record: Record) -> SipExtension:
    """One that was deleted, with all that went with it: the person too, unless they stayed."""
    belongings = belongings_of.of_deleted(number, record["id"])
    user = _who_stayed(record) or _person_made_again(record, belongings)
    was_there = bool(record.get("stays"))
    extension = SipExtension.objects.create(
        id=record["id"], user=user, number=number, person_was_there=was_there, **_columns_now(record)
    )
    belongings_of.save(belongings)
    return extension


def all_made_again(records: dict[str, Record]) -> list[SipExtension]:
    """As made_again() of many that were deleted with their people, with few statements; number -> record.

    Raises CannotPutBack.
    """
    for number in _perhaps_taken(records):
        refuse_taken(number, records[number], SipExtension.objects.filter(number=number).first())
    roles = {role.key: role for role in Role.objects.all()}
    made, members = [], []
    belongs = User.organizations.through
    company = Organization.company().pk
    departments = set(Organization.objects.values_list("pk", flat=True))
    names = NameFormat(Preferences.now("name_format"))
    for number, record in records.items():
        user = User(**record["person"], role=roles.get(record["role"] or ""))
        belongings_of.give_to(user, belongings_of.of_record(record))
        columns = _columns(record) | {"handed_to": None}
        made.append(SipExtension(id=UUID(record["id"]), user=user, number=number, **columns))
        made[-1].person_was_there = bool(record.get("stays"))
        made[-1].note_person(names)
        held = departments_of(record, departments, company)
        members += [belongs(user_id=user.pk, organization_id=pk) for pk in sorted(held)]
    User.objects.bulk_create((each.user for each in made), batch_size=AT_ONCE)
    belongs.objects.bulk_create(members, batch_size=AT_ONCE)
    SipExtension.objects.bulk_create(made, batch_size=AT_ONCE)
    for record in records.values():
        belongings_of.save(belongings_of.of_record(record))
    _hand_over_again(made, records)
    return made


def departments_of(record: Record, there: Collection[int], company: int) -> set[int]:
    """Those of the person that are there still; nobody is in none."""
    return {pk for pk in record["organizations"] if pk in there} or {company}


def _perhaps_taken(records: dict[str, Record]) -> list[str]:
    """The numbers of those of which another may have by now what must be unique."""
    names = {record["extension"]["registration_name"]: number for number, record in records.items()}
    emails = {record["person"]["email"]: number for number, record in records.items()}
    there = SipExtension.objects
    found = {number for numbers in TAKEN.values() for number in numbers()}.intersection(records)
    found |= set(there.filter(number__in=records).values_list("number", flat=True))
    for column in ("registration_name", "number"):
        found |= {names[name] for name in there.filter(**{f"{column}__in": names}).values_list(column, flat=True)}
    held = User.objects.filter(email__in=[email for email in emails if email])
    return sorted(found | {emails[email] for email in held.values_list("email", flat=True)})


def _hand_over_again(made: list[SipExtension], records: dict[str, Record]) -> None:
    """The calls of those who have left, and the day that they are deleted on if that is not over."""
    for extension in made:
        if extension.left_on:
            for name, value in _columns_now(records[extension.number]).items():
                setattr(extension, name, value)
            extension.save()


def _person_made_again(record: Record, belongings: belongings_of.Belongings) -> User:
    user = User(**record["person"], role=Role.objects.filter(key=record["role"]).first())
    belongings_of.give_to(user, belongings)
    user.save(force_insert=True)
    user.organizations.set(Organization.objects.filter(pk__in=record["organizations"]))
    user.join_the_company()
    return user
