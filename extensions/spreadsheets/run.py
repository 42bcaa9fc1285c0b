"""Checking a table, importing it, and undoing that: each in a process of its own, which goes on when people leave."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import NoSuperAdministrator, Organization, User
from core import coded_text, commands, file_lock
from core.audit import context, log
from core.coded_text import CodedText
from core.preferences.models import Preferences, in_force
from extensions import pbx, validators
from extensions.bulk.record import former_and_later
from extensions.bulk.undo import overtaken, put_back, remove
from extensions.changes import many
from extensions.changes import record as changes
from extensions.changes.state import CannotPutBack
from extensions.models import BulkItem, Change, SipExtension
from extensions.spreadsheets.models import Import
from extensions.spreadsheets.rows import Checked, Checker, Kind, Mode
from extensions.spreadsheets.table import Found, Table

TOLD_SECONDS = 0.5
ENDS_SECONDS = 3.0  # a process ends so long after what it did is told as over
RENEWED_WITHIN = timedelta(days=90)  # a secret that was kept although it is easy to guess
State = Import.State


class CanceledError(Exception):
    """Somebody wants it no more, and nothing was saved."""


class OvertakenError(Exception):
    """Somebody saved meanwhile what this import was to save."""


# --- processes ---


def lock_of(pk: object) -> Path:
    return Path(settings.VAR) / "imports" / f"{pk}.lock"


def start(given: Import, begin: Callable[[], object] = lambda: None) -> int:
    """Gives the process's id; 0 where `begin`, which says in the database that it is at work, gives 0: it may not.

    The lock is held from before that until the process ends: who finds it free knows that nobody is at work. Raises
    LockedError where another has it, and is not just ending.
    """
    lock = file_lock.acquire(lock_of(given.pk), ENDS_SECONDS)
    with lock:
        if begin() == 0:
            return 0
        return commands.start("import_extensions", str(given.pk), pass_fds=[lock.fileno()])


@contextmanager
def held(given: Import) -> Iterator[None]:
    """While a page is at work on it itself. Raises LockedError."""
    with file_lock.acquire(lock_of(given.pk), ENDS_SECONDS):
        yield


def forget_old() -> None:
    """With the files of their locks. Those that were cut short and that nobody has looked at since are among them."""
    at_work = [each.pk for each in Import.objects.filter(state__in=Import.AT_WORK) if has_lock(each)]
    for pk in Import.forget_old(at_work):
        lock_of(pk).unlink(missing_ok=True)


def has_lock(given: Import) -> bool:
    """Whether a process is at work on it."""
    return file_lock.is_held(lock_of(given.pk))


def is_cut_short(given: Import) -> bool:
    """Whether somebody should be at work on it, and nobody is."""
    if not given.is_at_work or has_lock(given):
        return False
    given.refresh_from_db()
    return given.is_at_work


def settle(given: Import) -> None:
    """Of one that was killed: what it was about was not saved, as that is one transaction. It can be begun again.

    A check begins again by itself, once. One that was killed when it was saved is applied by whoever applies next.
    """
    if is_cut_short(given):
        _settle_cut_short(given)
    elif given.is_unapplied and not has_lock(given):
        given.refresh_from_db()
        if given.is_unapplied:
            _settle_unapplied(given)


def _settle_cut_short(given: Import) -> None:
    same = Import.objects.filter(pk=given.pk, state=given.state)
    why = coded_text.to_json(CodedText("import.cut_short"))
    if given.state == State.CHECKING:
        if same.filter(why__isnull=True).update(why=why):
            with suppress(file_lock.LockedError):
                start(given)
    else:
        back = State.READY if given.state == State.RUNNING else in_place(given)
        same.update(state=back, why=why, canceled=False)
    given.refresh_from_db()


def _settle_unapplied(given: Import) -> None:
    same = Import.objects.filter(pk=given.pk, state=given.state)
    if not own_waiting(given):
        kept = given.why if (given.why or {}).get("code") == "import.kept" else None
        same.update(**_applied_state(given), why=kept)
    elif given.why is None:
        same.update(why=coded_text.to_json(CodedText("import.apply_cut_short")))
    given.refresh_from_db()


def own_waiting(given: Import) -> bool:
    """Whether the PBX has not been shown yet what it saved, or what its undo did."""
    waiting = Change.objects.waiting().filter(by=given.by, at__lte=given.ended_at)
    if not waiting.exists():
        return False
    if given.state == State.UNDONE:
        numbers = {*given.unseal("sealed_table")}
    else:
        numbers = {number for number, _, _ in given.unseal("sealed_formers")}
    return not numbers.isdisjoint(waiting.values_list("number", flat=True))


def in_place(given: Import) -> Import.State:
    return State.SAVED if own_waiting(given) else State.DONE


def _applied_state(given: Import) -> dict[str, Any]:
    return {"state": State.UNDONE, "sealed_table": ""} if given.state == State.UNDONE else {"state": State.DONE}


def work(pk: UUID | str) -> None:
    given = Import.objects.select_related("by__role").get(pk=pk)
    deeds: dict[str, Callable[[Import], None]] = {
        State.CHECKING: check,
        State.RUNNING: run,
        State.UNDOING: undo,
    }
    with in_force(), context.override_origin(given.origin):
        deeds[given.state](given)


# --- checking ---


def checker(given: Import) -> Checker:
    return Checker(given.by, Preferences.current(), Mode(given.mode), given.targets, given.of_format)


def check(given: Import) -> None:
    """All rows, for the preview."""
    table = Table.of_json(given.unseal("sealed_table"))
    try:
        table.found = [Found.of(each) for each in _told(given, checker(given).check(table.typed(given.targets)))]
    except CanceledError:
        return  # and deleted
    ready(given, table)


def ready(given: Import, table: Table, why: CodedText | None = None) -> None:
    """To be looked at, corrected and imported."""
    given.seal("sealed_table", table.to_json())
    given.state, given.ended_at = State.READY, timezone.now()
    given.wrong = table.counts()[Kind.WRONG]
    given.total, given.done, given.canceled, given.why = (
        len(table.rows),
        len(table.rows),
        False,
        coded_text.to_json(why),
    )
    given.save(force_update=True)


def check_again(given: Import, table: Table, places: Sequence[int]) -> None:
    """Of rows that were corrected."""
    of_them = checker(given).check(table.typed(given.targets, places))
    for place, checked in zip(places, of_them, strict=True):
        table.found[place] = Found.of(checked)
    ready(given, table)


def _told(given: Import, rows: Iterator[Checked]) -> Iterator[Checked]:
    """The same rows, while the page is told how far they are. Raises CanceledError."""
    told = time.monotonic()
    for done, each in enumerate(rows):
        if time.monotonic() - told > TOLD_SECONDS:
            told = time.monotonic()
            _tell(given, done)
        yield each


def _tell(given: Import, done: int) -> None:
    if not Import.objects.filter(pk=given.pk, canceled=False).update(done=done):
        raise CanceledError


# --- importing ---


def run(given: Import) -> None:
    table = Table.of_json(given.unseal("sealed_table"))
    before = table.found
    rows = []
    try:
        judged = [frozenset(each.weak) for each in before]
        rows = list(_told(given, checker(given).check(table.typed(given.targets), judged)))
        table.found = [Found.of(each) for each in rows]
        _refuse_what_has_changed(before, table)
        _hash_passwords(given, rows)
        numbers = _save(given, rows)
    except CanceledError:
        table.found = before
        ready(given, table, CodedText("import.canceled"))
    except (OvertakenError, IntegrityError):
        table.found = [Found.of(each) for each in checker(given).check(table.typed(given.targets))]
        ready(given, table, CodedText("import.overtaken"))
    except NoSuperAdministrator:
        table.found = before
        ready(given, table, CodedText("import.last_super_administrator"))
    else:
        apply(given, numbers)


def _refuse_what_has_changed(before: Sequence[Found], table: Table) -> None:
    """Nobody imports what they have not seen: as the preview was, so it must be still."""
    seen = [(each.kind, each.version, each.meant) for each in before]
    if table.counts()[Kind.WRONG] or seen != [(each.kind, each.version, each.meant) for each in table.found]:
        raise OvertakenError


def _hash_passwords(given: Import, rows: Sequence[Checked]) -> None:
    for each in rows:
        if each.kind in (Kind.NEW, Kind.CHANGED):
            each.person.hash_password()
            if each.person.cleaned_data["password"]:
                _tell(given, given.total)


def _save(given: Import, rows: Sequence[Checked]) -> list[str]:
    """All or nothing. Gives the numbers of which the PBX is to be told."""
    new = [each for each in rows if each.kind == Kind.NEW]
    other = {each.number: each for each in rows if each.kind == Kind.CHANGED}
    with_weak = [each for each in rows if each.weak and each.kind != Kind.SAME]
    weak = [[each.number, sorted(each.weak)] for each in sorted(with_weak, key=lambda each: int(each.number))]
    groups = _by_departments(new)  # before others have to wait
    with log.together():
        given.state, given.added, given.changed, given.weak = State.SAVED, len(new), len(other), weak
        given.done, given.why = given.total, None
        if not Import.objects.filter(pk=given.pk, canceled=False, state=State.RUNNING).update(done=given.total):
            raise CanceledError
        recorded = [*_add(groups, given.by), *_change(other, given.by)]
        given.sealed_table, given.ended_at = "", timezone.now()
        given.seal("sealed_formers", [_former(each) for each in recorded])
        given.save()
        on = CodedText("extension.many", number=len(recorded))
        log.record(
            given.by, "extensions.imported", on, file=given.file_name, count_added=len(new), count_changed=len(other)
        )
    waiting = [each.number for each in recorded if changes.seen_by_the_pbx(_difference(each))]
    return sorted(waiting, key=int)


def _difference(each: many.Recorded) -> dict[str, list[str]]:
    return changes.difference(each.before.values, each.after.values)


def _former(each: many.Recorded) -> list[Any]:
    """What an undo needs: number, and what differs, before and after."""
    former, later = former_and_later(each)
    return [each.number, former, later if former or not later else {"id": later["id"]}]


def _by_departments(rows: Sequence[Checked]) -> list[tuple[list[Organization], list[SipExtension]]]:
    """New extensions, those of the same departments together."""
    groups: dict[tuple[int, ...], list[SipExtension]] = defaultdict(list)
    company = Organization.company()
    departments = {company.pk: company}
    for each in rows:
        chosen = each.person.cleaned_data.get("organizations") or [company]
        departments |= {one.pk: one for one in chosen}
        groups[tuple(sorted({one.pk for one in chosen}))].append(_new(each))
    return [([departments[pk] for pk in pks], extensions) for pks, extensions in groups.items()]


def _add(groups: list[tuple[list[Organization], list[SipExtension]]], by: User) -> Iterator[many.Recorded]:
    for departments, extensions in groups:
        yield from many.add(extensions, departments, by)


def _new(row: Checked) -> SipExtension:
    extension: SipExtension = row.sip.instance
    extension.user = row.person.instance
    row.sip.change(extension)
    if not extension.sealed_voicemail_pin:
        extension.voicemail_pin = validators.random_pin(extension.number)
    _mark_weak(extension, row)
    return extension


def _mark_weak(extension: SipExtension, row: Checked) -> None:
    if "registration_password" in row.weak:
        extension.renew_password_by = timezone.localdate() + RENEWED_WITHIN


def _change(rows: dict[str, Checked], by: User) -> list[many.Recorded]:
    with many.edit(rows, by) as made:
        if len(made.extensions) != len(rows):
            raise OvertakenError
        for extension in made.extensions:
            row = rows[extension.number]
            if extension.version != row.version:
                raise OvertakenError
            _set(extension, row, made)
    return made.recorded


def _set(extension: SipExtension, row: Checked, made: many.Edits) -> None:
    row.person.set_columns(extension.user)
    row.sip.change(extension)
    _mark_weak(extension, row)
    if "organizations" in row.changes:
        made.organizations[extension.user.pk] = row.person.cleaned_data["organizations"]
    if {"email", "password"} & {*row.changes}:
        row.person.end_what_was(extension.user, row.changes)


def apply(given: Import, numbers: Sequence[str], said: CodedText | None = None) -> None:
    """And prove it. What others have saved of the same extensions, nobody sends along unseen."""
    why: object = said
    more = _applied_state(given)
    try:
        if numbers:
            live = _applied(given, numbers).live
            more = more if live else {}
            why = said or CodedText("import.applied" if live else "import.applied_later")
    except pbx.PbxError as error:
        more, why = {}, error
    Import.objects.filter(pk=given.pk).update(why=coded_text.to_json(why), **more)


def _applied(given: Import, numbers: Sequence[str]) -> pbx.Applied:
    """Raises PbxError."""
    if Change.objects.waiting().of(numbers).exclude(by=given.by).exists():
        raise pbx.PbxError(CodedText("import.others_wait"))
    return pbx.get().apply(numbers, given.by)


# --- undoing ---


def undo(given: Import) -> None:
    """All of it or nothing. What was changed since stays as it is."""
    items = [BulkItem(number=number, former=old, later=new) for number, old, new in given.unseal("sealed_formers")]
    try:
        with log.together():
            numbers = remove([item for item in items if item.former is None], given.by)
            changed = {item.number: item for item in items if item.former}
            with many.edit(changed, given.by) as edits:
                kept = put_back(edits, changed, given.by)
            numbers += [each.number for each in edits.recorded]
            given.state, given.ended_at, given.sealed_formers = State.UNDONE, timezone.now(), ""
            given.seal("sealed_table", numbers)
            given.save(update_fields=["state", "ended_at", "sealed_table", "sealed_formers"], force_update=True)
            on = CodedText("extension.many", number=len(items))
            log.record(given.by, "extensions.import_undone", on, file=given.file_name)
    except (CannotPutBack, NoSuperAdministrator, IntegrityError) as error:
        said = overtaken() if isinstance(error, IntegrityError) else str(error)
        why = CodedText("import.not_undone", why=said or CodedText("import.last_super_administrator"))
        given.refresh_from_db()
        Import.objects.filter(pk=given.pk).update(state=in_place(given), why=coded_text.to_json(why))
        return
    apply(given, sorted(numbers, key=int), CodedText("import.kept", count=kept) if kept else None)
