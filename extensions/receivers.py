"""What an extension knows of its person, kept true where the person alone is saved."""

from typing import Any

from django.db.models import F

from accounts.models import User
from accounts.passwords import rules as password_rules
from extensions.models import SipExtension, first_of_role

KNOWN = {"role", "password"}


def note_person(instance: User, created: bool, update_fields: frozenset[str] | None, **_: Any) -> None:
    if created or (update_fields is not None and KNOWN.isdisjoint(update_fields)):
        return
    SipExtension.objects.filter(user=instance).update(
        sort_role=first_of_role(instance.role_id) + F("position"), has_password=password_rules.is_one(instance.password)
    )
