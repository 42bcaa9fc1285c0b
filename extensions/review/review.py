"""The waiting changes, an extension at a time: what each would change and whose they are; taking back, and undoing."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from accounts.models import NoSuperAdministrator, Role, User
from accounts.sessions import active as active_sessions
from core.audit import log
from core.keyset_pagination import PageOfAll, by_place
from core.preferences.models import Preferences
from core.validators import digits
from extensions import actions, handover
from extensions.changes import record as changes
from extensions.changes import state
from extensions.changes.state import CannotPutBack, Record
from extensions.fields import BY_NAME, Field
from extensions.models import Change, ChangeQuerySet, SipExtension

PAGE_SIZE = 100
# What becomes of an extension. Templates compare these, and show them translated.
DELETED, NEW, CHANGED = gettext_noop("Deleted"), gettext_noop("New"), gettext_noop("Changed")


@dataclass(frozen=True)
class ChangedField:
    """A field of the table, with its values as they are stored."""

    field: Field
    stored_old: str
    stored_new: str

    @property
    def label(self) -> str:
        return self.field.shown_label

    @property
    def is_secret(self) -> bool:
        return self.field.is_secret

    @property
    def old(self) -> str:
        return self.field.shown(self.stored_old)

    @property
    def new(self) -> str:
        return self.field.shown(self.stored_new)


@dataclass(frozen=True)
class Waiting:
    """All that waits about one extension, as one difference."""

    number: str
    name: str
    kind: str
    fields: list[ChangedField]
    authors: list[tuple[str, datetime]]
    mine: bool
    newest: int  # key of its last change


def page(of: models.QuerySet[Change], start: str = "") -> PageOfAll[str]:
    """From the number `start` on; where none is so high, the last page."""
    numbers = sorted(of.order_by().values_list("number", flat=True).distinct(), key=int)
    first = bisect_left(numbers, digits(start) or 0, key=int)
    if first == len(numbers):
        first = max(0, first - PAGE_SIZE)
    return by_place(numbers, first + 1, total=len(numbers), size=PAGE_SIZE, name=lambda place: numbers[place - 1])


def waiting_changes(by: User) -> ChangeQuerySet:
    """All that one may know of; what is applied, discarded or counted is taken from these alone."""
    return Change.objects.waiting().visible_to(by)


def waiting(by: User, numbers: Iterable[str] | None = None) -> list[Waiting]:
    every = waiting_changes(by)
    return by_extension(every if numbers is None else every.of(numbers), by)


def of_others(by: User) -> set[str]:
    """The numbers of which a change waits that somebody else saved."""
    return set(waiting_changes(by).exclude(by=by).numbers())


def unseen(by: User, seen: int) -> set[str]:
    """Those of which somebody else saved a change after the one that was the newest when the page was made."""
    return set(waiting_changes(by).exclude(by=by).filter(pk__gt=seen).numbers())


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
    person = former["person"] if former else {}
    former_name = Preferences.current().names.of(person.get("first_name", ""), person.get("last_name", ""))
    return Waiting(
        number=number,
        name=name or former_name,
        kind=DELETED if gone else NEW if former is None else CHANGED,
        fields=[ChangedField(BY_NAME[field], *pair) for field, pair in pairs.items() if pair[0] != pair[1]],
        authors=[(change.by.full_name if change.by else gettext("system"), change.at) for change in its],
        mine=all(change.by == by for change in its),
        newest=its[-1].pk,
    )


def waits_for_others(by: User, number: str = "") -> bool:
    """Whether a change that somebody else saved waits: nobody sends it along unseen."""
    waiting_ones = waiting_changes(by)
    return not (waiting_ones.of([number]) if number else waiting_ones).only_by(by)


def roles_concerned(number: str) -> list[Role]:
    """Of the person whom a discard changes or makes again: as they are, and as they will be."""
    former = Change.objects.waiting().of([number]).values_list("former", flat=True).first()
    there = models.Q(users__sip_extension__number=number)
    return list(Role.objects.filter(there | models.Q(key=former["role"] if former else None)).distinct())


def discard(number: str, by: User, seen: int | None = None) -> None:
    """Make the wish about the number what it was when it was last applied.

    `seen`: key of its newest change when somebody looked at what is discarded. Raises CannotPutBack, and UnseenError
    where somebody else has saved another since.
    """
    with log.together():
        changes.locked([number])
        its = Change.objects.waiting().of([number])
        if seen is not None and its.exclude(by=by).filter(pk__gt=seen).exists():
            raise actions.UnseenError
        first = its.first()
        if first is None:
            return
        before, after = _put_back(number, first.former, by)
        its.update(discarded_at=timezone.now())
        fields = changes.difference(before.values, after.values)
        log.record(by, "extension.discarded", number, fields=fields)


def restore(formers: Mapping[str, Record | None], by: User | None) -> list[str]:
    """Make each number's wish its record, as new waiting changes; all or none. Gives the numbers that then differ.

    Raises CannotPutBack.
    """
    with log.together():
        in_order = sorted(formers.items(), key=lambda each: _hands_over(each[1]))  # after those that they hand over to
        return [number for number, record in in_order if _restore_one(number, record, by)]


def _hands_over(record: Record | None) -> bool:
    return record is not None and bool(record["extension"].get("handed_to"))


def _restore_one(number: str, record: Record | None, by: User | None) -> bool:
    before, after = _put_back(number, record, by)
    kind = Change.Kind.CHANGED
    if changes.NOTHING in (before, after):
        kind = Change.Kind.ADDED if before == changes.NOTHING else Change.Kind.DELETED
    return before != after and changes.record(by, kind, number, before, after)


def _put_back(number: str, record: Record | None, by: User | None) -> tuple[changes.Picture, changes.Picture]:
    """Save what the record says; None: no extension. Inside a transaction. Gives the extension before and after.

    One who goes by it takes along that others' numbers ring the phones.
    """
    now = changes.locked([number]).get(number)
    state.refuse_mightier(by, now, record)
    leaves = record is None or bool(record["extension"].get("left_on"))
    first = now is not None and leaves and (record is None or now.left_on is None)
    stays = record is None and now is not None and now.person_was_there
    if now and first and not stays and (why := actions.refusal("undo", now, by)):
        raise CannotPutBack(why)
    if now and leaves:
        handover.end(now, by)
    if record is None:
        return _removed(now)
    state.refuse_taken(number, record, now)
    if now is None:
        return changes.NOTHING, changes.picture(state.made_again(number, record))
    with changes.saved(number) as made:
        state.set_back(made.extension, record)
    if first:
        active_sessions.end(made.extension.user)
    return made.before, made.after


def _removed(extension: SipExtension | None) -> tuple[changes.Picture, changes.Picture]:
    if extension is None:
        return changes.NOTHING, changes.NOTHING
    if why := actions.in_use(extension):
        raise CannotPutBack(why)
    stays = extension.person_was_there
    before = changes.picture_of_deleted(extension, person_stays=stays)
    try:
        (extension if stays else extension.user).delete()
    except NoSuperAdministrator:
        raise CannotPutBack(actions.last_super_administrator(extension.user)) from None
    return before, changes.NOTHING
