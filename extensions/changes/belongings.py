"""What goes with a deleted person and their extension: kept with the deletion, and given back when that is undone."""

import json
from typing import Any

from allauth.mfa.models import Authenticator
from django.core import serializers
from django.db.models import Model

from accounts.models import User
from accounts.profile.models import Avatar
from accounts.sessions.models import Device
from extensions.models import Change, KnownNetwork, SipExtension

# Not the sessions, which must not come to life again, nor what was on its way: mails, and a change of address.
KEPT: dict[type[Model], str] = {Authenticator: "user", Avatar: "user", Device: "user", KnownNetwork: "extension"}
OWN_COLUMNS = (
    "date_joined",
    "language",
    "last_login",
    "link_version",
    "muted",
    "password_seen",
)  # of the person, that no undo knows

Belongings = dict[str, Any]
NOTHING: Belongings = {"person": [], "rows": []}


def of(extension: SipExtension, *, person_stays: bool) -> Belongings:
    owners = {"extension": extension} if person_stays else {"user": extension.user, "extension": extension}
    rows = [
        each
        for model, name in KEPT.items()
        if name in owners
        for each in model._default_manager.filter(**{name: owners[name]})  # noqa: SLF001
    ]
    return {"person": [] if person_stays else _as_json([extension.user], OWN_COLUMNS), "rows": _as_json(rows)}


def _as_json(rows: list[Model], columns: tuple[str, ...] | None = None) -> Any:
    return json.loads(serializers.serialize("json", rows, fields=columns))


def of_deleted(number: str, extension_id: str) -> Belongings:
    """As they were when that extension was deleted last; NOTHING where it was not, or nobody knows any more."""
    deletions = Change.objects.filter(number=number, kind=Change.Kind.DELETED, former__id=extension_id)
    former = deletions.order_by("-pk").values_list("former", flat=True).first()
    return former.get("belongings", NOTHING) if former else NOTHING


def give_to(user: User, belongings: Belongings) -> None:
    """Before the person is saved: the same row as before, to which what it had belongs."""
    for each in serializers.deserialize("json", json.dumps(belongings["person"])):
        user.pk = each.object.pk
        for column in OWN_COLUMNS:
            setattr(user, column, getattr(each.object, column))


def save(belongings: Belongings) -> None:
    """When the person and the extension are there again."""
    for each in serializers.deserialize("json", json.dumps(belongings["rows"])):
        each.save()
