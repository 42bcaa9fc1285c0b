"""The whole wish about one extension, as it is kept with each change and put back: an undo is nothing else.

Secrets stand in it as they stand in the database: hashed or sealed.
"""

from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts.models import Organization, Role, User
from extensions.models import SipExtension

Record = dict[str, Any]

PERSON = ("first_name", "last_name", "email", "mobile", "password", "job_title", "is_active")
EXTENSION = ("caller_id", "registration_name", "sealed_password", "max_phones", "allowed_networks", "enabled")
DAYS = ("left_on", "delete_on")
# What the PBX has of a person. A role, an address or an own password is not for an undo of an apply to change.
PERSON_ON_THE_PBX = ("first_name", "last_name")


class CannotPutBack(Exception):
    """What stands in the way, and what to do about it."""


def record_of(extension: SipExtension) -> Record:
    user = extension.user
    return {
        "id": str(extension.pk),
        "person": {name: getattr(user, name) for name in PERSON},
        "role": user.role.key if user.role else None,
        "organizations": sorted(user.organizations.values_list("pk", flat=True)),
        "extension": {name: getattr(extension, name) for name in EXTENSION}
        | {name: str(day) if (day := getattr(extension, name)) else None for name in DAYS}
        | {"handed_to": extension.handed_to.number if extension.handed_to else None},
    }


def _columns(record: Record) -> dict[str, Any]:
    """Those of the extension itself. A record of an earlier version lacks what has come since."""
    kept = record["extension"]
    days = {name: date.fromisoformat(kept[name]) if kept.get(name) else None for name in DAYS}
    return {name: kept.get(name, "") for name in EXTENSION} | days


def _columns_now(record: Record) -> dict[str, Any]:
    """The day to be deleted is not over, and calls are handed to somebody who is here."""
    columns = _columns(record)
    if columns["delete_on"] and columns["delete_on"] <= localdate():
        columns["delete_on"] = None
    to = record["extension"].get("handed_to")
    return columns | {"handed_to": SipExtension.objects.filter(number=to, left_on=None).first() if to else None}


def extension_of(number: str, record: Record) -> SipExtension:
    """The extension that the record was made of, not saved."""
    person = User(**{name: record["person"][name] for name in PERSON_ON_THE_PBX})
    to = record["extension"].get("handed_to")
    colleague = SipExtension(number=to) if to else None
    return SipExtension(id=UUID(record["id"]), user=person, number=number, handed_to=colleague, **_columns(record))


def refuse_mightier(by: User | None, now: SipExtension | None, record: Record | None) -> None:
    """Raises PermissionDenied where `by` may not change such a person."""
    roles = [now.user.role if now else None, Role.objects.filter(key=record["role"]).first() if record else None]
    if by and not all(map(by.reaches_up_to, roles)):
        raise PermissionDenied


def refuse_taken(number: str, record: Record, now: SipExtension | None) -> None:
    """Raises CannotPutBack where another has by now what must be unique."""
    others = SipExtension.objects.exclude(number=number)
    name = record["extension"]["registration_name"]
    if others.filter(registration_name=name).exists() or others.filter(number=name).exists():
        words = _("Extension %(number)s: its former registration name belongs to another extension now.")
        raise CannotPutBack(words % {"number": number})
    email = record["person"]["email"]
    if now is None and email and User.objects.filter(email=email).exists():
        words = _("Extension %(number)s: %(email)s is another person's address now. Change that one first.")
        raise CannotPutBack(words % {"number": number, "email": email})


def set_back(extension: SipExtension, record: Record) -> None:
    """Set what the record says on the extension and its person, who are saved by whoever calls this.

    Who leaves again is signed out with it. One who comes back by an undo signs in again when somebody allows it.
    """
    columns = _columns_now(record)
    if columns["left_on"] and not extension.left_on:
        extension.user.is_active = False
    for name in PERSON_ON_THE_PBX:
        setattr(extension.user, name, record["person"][name])
    for name, value in columns.items():
        setattr(extension, name, value)


def made_again(number: str, record: Record) -> SipExtension:
    user = User.objects.create(**record["person"], role=Role.objects.filter(key=record["role"]).first())
    user.organizations.set(Organization.objects.filter(pk__in=record["organizations"]))
    user.join_the_company()
    return SipExtension.objects.create(id=record["id"], user=user, number=number, **_columns_now(record))
