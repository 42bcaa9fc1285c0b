"""The whole wish about one extension, as it is kept with each change and put back: an undo is nothing else.

Secrets stand in it as they stand in the database: hashed or sealed.
"""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied

from accounts.models import NoSuperAdministrator, Organization, Role, User
from extensions.models import SipExtension

Record = dict[str, Any]

PERSON = ("first_name", "last_name", "email", "mobile", "password", "job_title", "is_active")
EXTENSION = ("caller_id", "registration_name", "sealed_password", "max_phones", "allowed_networks", "enabled")
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
        "extension": {name: getattr(extension, name) for name in EXTENSION},
    }


def extension_of(number: str, record: Record) -> SipExtension:
    """The extension that the record was made of, not saved."""
    person = User(**{name: record["person"][name] for name in PERSON_ON_THE_PBX})
    return SipExtension(id=UUID(record["id"]), user=person, number=number, **record["extension"])


def put_back(number: str, record: Record | None, by: User | None) -> SipExtension | None:
    """Inside a transaction: make the wish about the number what the record says; None: no extension.

    Raises CannotPutBack, and PermissionDenied where `by` may not change such a person.
    """
    now = SipExtension.objects.select_related("user__role").filter(number=number).first()
    _refuse_mightier(by, now, record)
    if record is None:
        if now:
            _take_away(now.user, by)
        return None
    _refuse_taken(number, record, now)
    return _changed(now, record) if now else _made_again(number, record)


def _refuse_mightier(by: User | None, now: SipExtension | None, record: Record | None) -> None:
    roles = [now.user.role if now else None, Role.objects.filter(key=record["role"]).first() if record else None]
    if by and not all(map(by.reaches_up_to, roles)):
        raise PermissionDenied


def _take_away(user: User, by: User | None) -> None:
    if user == by:
        raise CannotPutBack("This would take away your own extension: somebody else must do it.")
    try:
        user.delete()
    except NoSuperAdministrator:
        raise CannotPutBack(f"{user} is the last Super Administrator. Make somebody else one first.") from None


def _refuse_taken(number: str, record: Record, now: SipExtension | None) -> None:
    others = SipExtension.objects.exclude(number=number)
    name = record["extension"]["registration_name"]
    if others.filter(registration_name=name).exists() or others.filter(number=name).exists():
        raise CannotPutBack(f"Extension {number}: its former registration name belongs to another extension now.")
    email = record["person"]["email"]
    if now is None and email and User.objects.filter(email=email).exists():
        raise CannotPutBack(f"Extension {number}: {email} is another person's address now. Change that one first.")


def _changed(extension: SipExtension, record: Record) -> SipExtension:
    for name in PERSON_ON_THE_PBX:
        setattr(extension.user, name, record["person"][name])
    extension.user.save(update_fields=PERSON_ON_THE_PBX)
    for name in EXTENSION:
        setattr(extension, name, record["extension"].get(name, ""))  # "" of a column that an old record lacks
    extension.version += 1
    extension.save()
    return extension


def _made_again(number: str, record: Record) -> SipExtension:
    user = User.objects.create(**record["person"], role=Role.objects.filter(key=record["role"]).first())
    user.organizations.set(Organization.objects.filter(pk__in=record["organizations"]))
    return SipExtension.objects.create(id=record["id"], user=user, number=number, **record["extension"])
