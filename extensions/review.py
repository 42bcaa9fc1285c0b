"""The waiting changes, an extension at a time: what each would change and whose they are; taking back, and undoing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from extensions import changes, wish
from extensions.models import Change, SipExtension


@dataclass(frozen=True)
class Field:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Waiting:
    """All that waits about one extension, as one difference."""

    number: str
    name: str
    kind: str
    fields: list[Field]
    authors: list[tuple[str, datetime]]
    mine: bool


def waiting(by: User) -> list[Waiting]:
    return by_extension(Change.objects.waiting(), by)


def by_extension(of: models.QuerySet[Change], by: User) -> list[Waiting]:
    found: dict[str, list[Change]] = {}
    for change in of.select_related("by").order_by("id"):
        found.setdefault(change.number, []).append(change)
    there = {
        extension.number: extension.user.full_name
        for extension in SipExtension.objects.filter(number__in=found).select_related("user")
    }
    return [_one(number, found[number], there.get(number, ""), by) for number in sorted(found, key=int)]


def _one(number: str, its: list[Change], name: str, by: User) -> Waiting:
    former = its[0].former
    gone = its[-1].kind == Change.Kind.DELETED
    pairs: dict[str, list[str]] = {}
    for change in its:
        for field, (old, new) in change.fields.items():
            pairs[field] = [pairs[field][0] if field in pairs else old, new]
    former_name = " ".join(filter(None, (former["person"][n] for n in wish.PERSON_ON_THE_PBX))) if former else ""
    return Waiting(
        number=number,
        name=name or former_name,
        kind="Deleted" if gone else "New" if former is None else "Changed",
        fields=[Field(changes.LABELS[field], *pair) for field, pair in pairs.items() if pair[0] != pair[1]],
        authors=[(change.by.full_name if change.by else "system", change.at) for change in its],
        mine=all(change.by == by for change in its),
    )


def waits_for_others(by: User, number: str = "") -> bool:
    """Whether a change that somebody else saved waits: nobody sends it along unseen."""
    waiting_ones = Change.objects.waiting().exclude(by=by)
    return (waiting_ones.of([number]) if number else waiting_ones).exists()


def discard(number: str, by: User) -> None:
    """Make the wish about the number what it was when it was last applied. Raises wish.CannotPutBack."""
    with transaction.atomic():
        its = Change.objects.waiting().of([number])
        first = its.first()
        if first is None:
            return
        wish.put_back(number, first.former, by)
        its.update(discarded_at=timezone.now())
        audit.record(by, "extension.discarded", number)


def restore(formers: Mapping[str, wish.Record | None], by: User | None) -> list[str]:
    """Make each number's wish its record, as new waiting changes; all or none. Gives the numbers that then differ.

    Raises wish.CannotPutBack.
    """
    with transaction.atomic():
        return [number for number, record in formers.items() if _restore_one(number, record, by)]


def _restore_one(number: str, record: wish.Record | None, by: User | None) -> bool:
    now = SipExtension.objects.select_related("user__role").filter(number=number).first()
    before = changes.picture(now) if now else changes.NOTHING
    extension = wish.put_back(number, record, by)
    after = changes.picture(extension) if extension else changes.NOTHING
    kind = Change.Kind.CHANGED if now and extension else Change.Kind.DELETED if now else Change.Kind.ADDED
    return before != after and changes.record(by, kind, number, before, after)
