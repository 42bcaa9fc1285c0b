"""Many extensions added, changed or deleted at once: recorded as record.py records one, with few statements."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Model, prefetch_related_objects

from accounts.models import Organization, User
from accounts.sessions import active as active_sessions
from core.audit import log
from core.mail import outbox
from core.preferences.models import NameFormat, Preferences
from extensions.changes import belongings
from extensions.changes.record import (
    NOTHING,
    Picture,
    addresses,
    columns,
    difference,
    locked,
    mail_of,
    picture,
    seen_by_the_pbx,
)
from extensions.models import Change, SipExtension

AT_ONCE = 500
FEW = 50  # sets of values: each is one statement, else the rows are written one by one
Columns = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """What became of one number."""

    number: str
    before: Picture
    after: Picture


@dataclass
class Edits:
    """Extensions that are being changed. `organizations`: user -> departments, of those who get others.

    `recorded`: those that differ, once the block has ended.
    """

    extensions: list[SipExtension]
    organizations: dict[int, list[Organization]] = field(default_factory=dict)
    recorded: list[Recorded] = field(default_factory=list)


@contextmanager
def uncollected() -> Iterator[None]:
    """Around what makes rows by the ten thousand: Python would look through them again and again for garbage.

    That takes two fifths of the time, and there is none among them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def with_organizations(extensions: Sequence[SipExtension]) -> None:
    """Read the departments of all their people, now, with one statement."""
    people = [each.user for each in extensions]
    for user in people:
        getattr(user, "_prefetched_objects_cache", {}).pop("organizations", None)
    prefetch_related_objects(people, "organizations")


def pictures(extensions: Sequence[SipExtension]) -> dict[str, Picture]:
    with_organizations(extensions)
    return {each.number: picture(each) for each in extensions}


@contextmanager
def edit(numbers: Iterable[str], by: User) -> Iterator[Edits]:
    """Change in the block what it gives: all that are there of the numbers, locked. As record.edit() does for one.

    Raises NoSuperAdministrator where none would be left. All or nothing.
    """
    with log.together():
        extensions = list(locked(numbers).values())
        before = pictures(extensions)
        was_super = {each.user_id for each in extensions if each.user.is_super_administrator}
        roles = {each.user_id: each.user.role_id for each in extensions}
        at_first = [(each, columns(each), each.user, columns(each.user)) for each in extensions]
        made = Edits(extensions)
        yield made
        _join(made.organizations)
        after = pictures(extensions) if made.organizations else {each.number: picture(each) for each in extensions}
        differing = {number for number, was in before.items() if was != after[number]}
        _save(User, [(user, first) for each, _, user, first in at_first if each.number in differing])
        _save_extensions([(each, first) for each, first, _, _ in at_first if each.number in differing])
        if any(each.user_id in was_super and not each.user.is_super_administrator for each in extensions):
            User.objects.keep_a_super_administrator()
        active_sessions.end_all(
            user.pk for _, _, user, first in at_first
            if user != by and (user.role_id != roles[user.pk] or (first["is_active"] and not user.is_active))
        )  # fmt: skip
        made.recorded = [Recorded(number, before[number], after[number]) for number in before if number in differing]
        _record_all(by, Change.Kind.CHANGED, made.recorded)
        _tell(by, [each for each in extensions if each.number in differing], made.recorded)


def add(extensions: Sequence[SipExtension], organizations: Sequence[Organization], by: User) -> list[Recorded]:
    """Save these, whose people are new too and get these departments. IntegrityError where something was taken."""
    with log.together():
        User.objects.bulk_create((each.user for each in extensions), batch_size=AT_ONCE)
        belongs = User.organizations.through
        belongs.objects.bulk_create(
            (belongs(user_id=each.user.pk, organization=one) for each in extensions for one in organizations),
            batch_size=AT_ONCE,
        )
        names = NameFormat(Preferences.now("name_format"))
        for each in extensions:
            each.user = each.user  # which has its key by now
            each.note_person(names)
        SipExtension.objects.bulk_create(extensions, batch_size=AT_ONCE)
        return record_added(extensions, by)


def record_added(extensions: Sequence[SipExtension], by: User) -> list[Recorded]:
    """These, which have just been saved. Inside the transaction of that."""
    recorded = [Recorded(number, NOTHING, made) for number, made in pictures(extensions).items()]
    _record_all(by, Change.Kind.ADDED, recorded)
    return recorded


def delete(extensions: Sequence[SipExtension], by: User) -> list[Recorded]:
    """Delete these, who are locked, with their people. Raises NoSuperAdministrator where none would be left."""
    with log.together():
        before = pictures(extensions)
        gone = belongings.of_many(extensions)
        recorded = []
        for each in extensions:
            was = before[each.number]
            kept = Picture(was.values, (was.record or {}) | {"belongings": gone[each.pk]})
            recorded.append(Recorded(each.number, kept, NOTHING))
        were_super = any(each.user.is_super_administrator for each in extensions)
        for some in _chunks([each.user_id for each in extensions]):
            User.objects.filter(pk__in=some).delete()
        if were_super:
            User.objects.keep_a_super_administrator()
        _record_all(by, Change.Kind.DELETED, recorded)
    return recorded


def _chunks(found: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (found[start : start + AT_ONCE] for start in range(0, len(found), AT_ONCE))


def _join(organizations: dict[int, list[Organization]]) -> None:
    belongs = User.organizations.through
    for users in _chunks(sorted(organizations)):
        belongs.objects.filter(user__in=users).delete()
    rows = (belongs(user_id=user, organization=one) for user, held in organizations.items() for one in held)
    belongs.objects.bulk_create(rows, batch_size=AT_ONCE)


def _save_extensions(rows: list[tuple[SipExtension, Columns]]) -> None:
    names = NameFormat(Preferences.now("name_format"))
    for each, _ in rows:
        each.note_person(names)
    _save(SipExtension, rows, version=F("version") + 1)
    for each, _ in rows:
        each.version += 1


def _save(model: type[Model], rows: Sequence[tuple[Model, Columns]], **more: Any) -> None:
    """Write what differs from the columns as they were at first, and `more` of each."""
    alike: dict[tuple[tuple[str, Any], ...], list[Any]] = defaultdict(list)
    single: dict[frozenset[str], list[Model]] = defaultdict(list)
    for row, first in rows:
        changed = {name: value for name, value in columns(row).items() if value != first[name]}
        if changed or more:
            alike[tuple(changed.items())].append(row)
    if len(alike) > FEW:
        for values, held in alike.items():
            single[frozenset(name for name, _ in values)] += held
        alike = {(): [row for held in alike.values() for row in held]} if more else {}
    for names, held in single.items():
        if names:
            model._default_manager.bulk_update(held, names, batch_size=AT_ONCE)  # noqa: SLF001
    for values, held in alike.items():
        for some in _chunks(held):
            found = model._default_manager.filter(pk__in=[row.pk for row in some])  # noqa: SLF001
            found.update(**dict(values), **more)


def _record_all(by: User, kind: Change.Kind, recorded: list[Recorded]) -> None:
    changes = []
    for each in recorded:
        fields = difference(each.before.values, each.after.values)
        if seen := seen_by_the_pbx(fields):
            changes.append(Change(number=each.number, kind=kind, by=by, fields=seen, former=each.before.record))
        log.record(by, f"extension.{kind}", each.number, fields=fields)
    Change.objects.bulk_create(changes, batch_size=AT_ONCE)


def _tell(by: User, extensions: list[SipExtension], recorded: list[Recorded]) -> None:
    """The people of these, which have been changed, as record.tell() does."""
    people = {each.number: each.user for each in extensions}
    passwords, mails = [], []
    for each in recorded:
        user = people[each.number]
        fields = mail_of(difference(each.before.values, each.after.values))
        if user == by or not user.is_active:
            continue
        to_each = addresses(user, fields)
        if fields.pop("password", None):
            passwords += [(user, to) for to in to_each]
        if fields:
            mails += [(user, to, fields, each.number) for to in to_each]
    outbox.notify_many("password_changed", passwords, by=by)
    outbox.notify_many_of_changes("extension_changed", mails, by=by)
