"""What people change of themselves: in force at once, with the columns that the list is sorted by, and in the log."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.profile import pictures
from accounts.profile.models import Avatar
from core.audit import log
from core.audit.fields import MASK, REMOVED
from core.random_text import random_password
from extensions import validators
from extensions.changes import record as changes
from extensions.models import Change, SipExtension


def _shown(person: User) -> dict[str, str]:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email or "",
        "mobile": person.mobile_typed,
        "language": person.language,
    }


def change(user: User, **columns: Any) -> frozenset[str]:
    """Gives what differs now. An address that somebody else has raises IntegrityError."""
    number = SipExtension.objects.filter(user=user).values_list("number", flat=True).first()
    with log.together():
        before, after = _changed_with(number, columns) if number else _changed_alone(user, columns)
        differs = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        if differs:
            person = User.objects.get(pk=user.pk)
            record(person, differs, number=number or "")
    return frozenset(differs)


def _changed_with(number: str, columns: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The person of an extension, which follows; before and after."""
    with changes.saved(number) as made:
        person = made.extension.user
        before = _shown(person)
        for name, value in columns.items():
            setattr(person, name, value)
    changes.add_change(person, Change.Kind.CHANGED, number, made.before, made.after)
    return before, _shown(person)


def _changed_alone(user: User, columns: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    person = User.objects.select_for_update().get(pk=user.pk)
    before = _shown(person)
    for name, value in columns.items():
        setattr(person, name, value)
    person.save(update_fields=[*columns])
    return before, _shown(person)


def record(user: User, fields: log.Fields, number: str | None = None) -> None:
    if number is None:
        number = SipExtension.objects.filter(user=user).values_list("number", flat=True).first() or ""
    log.record(user, "person.changed", user.full_name, number=number, fields=fields)


def set_picture(user: User, image: bytes | None) -> None:
    """None: there is to be none."""
    with transaction.atomic():
        if image:
            pictures.keep(user, image)
        elif not Avatar.objects.filter(user=user).delete()[0]:
            return
        record(user, {"picture": ["", MASK if image else REMOVED]})


def set_muted(user: User, muted: list[str]) -> bool:
    """Whether that changed anything."""
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=user.pk)
        if sorted(person.muted) == sorted(muted):
            return False
        fields = {"muted": [person.muted, muted]}
        person.muted = muted
        person.save(update_fields=["muted"])
        record(person, fields)
    return True


def new_registration_password(number: str, by: User) -> None:
    """Saved, and waiting to be applied."""
    with changes.edit(number, by) as extension:
        extension.registration_password = _random_password([*extension.user.words(), number])


def _random_password(known: list[str]) -> str:
    while True:
        password = random_password(20)
        try:
            validators.registration_password(password, known)
        except ValidationError:  # chance has hit on a short name
            continue
        return password


def waits_for_others(user: User, number: str) -> bool:
    """Whether an apply of the person's would take somebody else's change along."""
    return Change.objects.waiting().of([number]).exclude(by=user).exists()


def why_not_now(user: User, number: str) -> str:
    """ "": what the person changes of the PBX can be applied."""
    if waits_for_others(user, number):
        return _("Your extension has an unapplied change. Ask an administrator to apply it, then try again.")
    return ""
