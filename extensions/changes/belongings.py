"""What goes with a deleted person and their extension: kept with the deletion, and given back when that is undone."""

import json
from collections.abc import Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django.core import serializers
from django.db.models import Model

from accounts.models import User
from accounts.profile.models import Avatar
from accounts.sessions.models import Device
from extensions.models import Change, KnownNetwork, ListSettings, SipExtension

# Not the sessions, which must not come to life again, nor what was on its way: mails, and a change of address.
KEPT: dict[type[Model], str] = {
    Authenticator: "user",
    Avatar: "user",
    Device: "user",
    ListSettings: "user",
    KnownNetwork: "extension",
}
OWN_COLUMNS = (
    "date_joined",
    "language",
    "last_login",
    "link_version",
    "muted",
    "password_seen",
)  # of the person, that no undo knows

AT_ONCE = 500

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


def of_many(extensions: Sequence[SipExtension]) -> dict[Any, Belongings]:
    """By the key of the extension, as of() has them where the person goes too."""
    found: dict[Any, Belongings] = {
        each.pk: {"person": _as_json([each.user], OWN_COLUMNS), "rows": []} for each in extensions
    }
    owners: dict[str, dict[Any, Any]] = {
        "user": {each.user_id: each.pk for each in extensions},
        "extension": {each.pk: each.pk for each in extensions},
    }
    for model, name in KEPT.items():
        for start in range(0, len(extensions), AT_ONCE):
            keys = list(owners[name])[start : start + AT_ONCE]
            rows = model._default_manager.filter(**{f"{name}__in": keys})  # noqa: SLF001
            for row in rows:
                found[owners[name][getattr(row, f"{name}_id")]]["rows"] += _as_json([row])
    return found


def _as_json(rows: list[Model], columns: tuple[str, ...] | None = None) -> Any:
    return json.loads(serializers.serialize("json", rows, fields=columns))


def of_deleted(number: str, extension_id: str) -> Belongings:
    """As they were when that extension was deleted last; NOTHING where it was not, or nobody knows any more."""
    deletions = Change.objects.filter(number=number, kind=Change.Kind.DELETED, former__id=extension_id)
    former = deletions.order_by("-pk").values_list("former", flat=True).first()
    return former.get("belongings", NOTHING) if former else NOTHING


def of_record(record: dict[str, Any]) -> Belongings:
    """Where the record of what was deleted has them in itself."""
    found: Belongings = record.get("belongings", NOTHING)
    return found


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
