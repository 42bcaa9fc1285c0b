"""Apply: make the engine equal to the wish, and prove it.

The portal's database is committed before the PBX is spoken to, and no transaction of it is open while it is.
"""

import logging
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from accounts.models import User
from asterisk.ami.client import Ami, AmiError, AmiUnreachable, SignInRefused, connected
from asterisk.ami.protocol import Message
from asterisk.apply import (
    by_phone,
    limits,
    lines,
    log_row,
    mailboxes,
    message_lights,
    retention,
    rollback,
    void_registrations,
    waiting,
)
from asterisk.apply.errors import AnotherApplyError, ApplyError, Elsewhere, text_of
from asterisk.apply.preferences import prove, put, settle, take
from asterisk.engine import file_health, render, snapshot
from asterisk.engine import store as engine
from asterisk.engine.render import Rows
from asterisk.engine.store import Step
from asterisk.live import blocks, removal
from asterisk.models import UNPROVED, ApplyRun
from asterisk.nodes import Node
from asterisk.readback import bulk, proof
from core.audit import fields
from core.coded_text import CodedText
from core.localization import in_english
from core.preferences.models import SystemChange
from extensions.changes.state import Record
from extensions.models import Change, SipExtension

Outcome = ApplyRun.Outcome
FEW = 200  # numbers of which each is asked for by itself
logger = logging.getLogger(__name__)


def plan(engine_file: Path, numbers: Iterable[str]) -> list[Step]:
    """What an apply of these numbers would write. Touches nothing."""
    wanted = render.render(snapshot.take(numbers))
    with engine.opened(engine_file) as db:
        return engine.plan(db, wanted)


def all_numbers(engine_file: Path) -> list[str]:
    """Every number that the wish or the engine knows."""
    with engine.opened(engine_file) as db:
        return sorted(engine.numbers(db) | set(SipExtension.objects.values_list("number", flat=True)))


def apply(node: Node, numbers: Iterable[str], by: User | None, wait_seconds: float | None = None) -> ApplyRun:
    """Raises ApplyError when Asterisk refused or read something else; then all rows of this apply are put back.

    Waits for other applies; where `wait_seconds` are not enough, raises AnotherApplyError. What somebody saves
    meanwhile goes on waiting: nobody has looked at it.
    """
    wanted = sorted(set(numbers))
    asked = {pk for pk, _number in waiting.keys_of(wanted)}
    with _alone(node, wait_seconds), _pruned(node):
        return _apply(node, wanted, by, waiting.saved_since(wanted, asked))


def apply_preferences(
    node: Node, by: User | None, wait_seconds: float | None = None, fields: Collection[str] | None = None
) -> ApplyRun:
    """Have the PBX follow the saved preferences, or these alone. What waits of extensions waits on.

    Raises ApplyError, as `apply`.
    """
    with _alone(node, wait_seconds), _pruned(node):
        waiting = SystemChange.objects.unproved()
        return _apply_as_taken(node, [], by, list(waiting if fields is None else waiting.filter(field__in=fields)))


@contextmanager
def _pruned(node: Node) -> Iterator[None]:
    """Afterwards; not where the database itself failed, which would fail again and hide the first error."""
    try:
        yield
    except ApplyError:
        retention.prune(node)
        raise
    retention.prune(node)


@contextmanager
def _alone(node: Node, wait_seconds: float | None = None) -> Iterator[None]:
    """No other apply runs, what the last one left is known, the engine is whole, and what it has by phone is wished."""
    try:
        with engine.locked(node.engine_file, wait_seconds):
            last = ApplyRun.objects.first()
            if last and last.outcome == Outcome.RUNNING:
                last.close(Outcome.WAITING, CodedText("apply.cut_short"))
            _make_whole(node)
            with engine.opened(node.engine_file) as db:
                by_phone.take(node, db)
            yield
    except engine.EngineBusyError as error:
        raise AnotherApplyError(text_of(error)) from error
    except engine.EngineError as error:
        raise ApplyError(text_of(error)) from error


def _apply(
    node: Node,
    numbers: list[str],
    by: User | None,
    untaken: Mapping[str, Change],
    preferences: Sequence[SystemChange] = (),
) -> ApplyRun:
    """`untaken`: number -> its first change that is to go on waiting."""
    changes = {change.pk for change in waiting.changes_of(numbers) if waiting.is_taken(change, untaken)}
    with transaction.atomic():
        run = ApplyRun.objects.create(by=by, numbers=numbers)
        run.changes.set(changes)
        take(run, preferences)
    try:
        put(node, run)
        wanted = render.render(_wish(numbers, untaken, changes))
        with engine.opened(node.engine_file) as db:
            steps = engine.plan(db, wanted)
            run.rows_written = len(steps)
            _carry_out(node, db, steps, wanted, run)
        if let_in := void_registrations.let_in_now(steps):
            blocks.forgive(let_in)
    except render.RenderError as error:
        rollback.refuse(node, run, ApplyError(CodedText("apply.unfit"), error.number, fields.label_of(error.field)))
    except engine.EngineError as error:
        with suppress(engine.EngineError):
            file_health.mend(node.engine_file)  # a damaged one: the next apply fills it
        rollback.refuse(node, run, ApplyError(text_of(error)))
    return run


def _wish(numbers: list[str], untaken: Mapping[str, Change], changes: set[int]) -> render.Snapshot:
    """With these changes alone: what somebody has saved since they were listed goes on waiting."""
    wish = snapshot.take(numbers, {number: change.former for number, change in untaken.items()})
    since: dict[str, Record | None] = {}
    for change in waiting.changes_of(numbers):
        if change.pk not in changes and waiting.is_taken(change, untaken):
            since.setdefault(change.number, change.former)
    return wish.with_instead(snapshot.take(since, since)) if since else wish


def _carry_out(node: Node, db: sqlite3.Connection, steps: list[Step], wanted: dict[str, Rows], run: ApplyRun) -> None:
    try:
        since = _since_proof(db, steps, wanted, run)
        with connected(node) as ami:
            _refuse_another_table(ami, db)
            gone = void_registrations.of_gone(ami, since)
            engine.write(db, steps, run.pk)
            many = run.concerns_everybody or len(wanted) > FEW
            now = _prove_many(node, ami, wanted, run, since) if many else _prove(node, ami, wanted, run)
            if wanted and not run.values_compared:
                raise AmiUnreachable(CodedText("pbx.nothing_compared"))
            _refuse_another_table(ami, db)  # one that ends reads nothing: what is to be gone seems to be
            reloaded = prove(node, ami, run)
            _settle_mailboxes(node, ami, wanted, since, run)
            removal.remove(node, [*gone, *void_registrations.of_changed(since, now, run)])
            message_lights.follow(node, ami, since, now)
    except AmiError as error:  # it speaks of the PBX's state: only a value that differs is refused
        if steps and engine.plan(db, wanted):
            engine.write(db, steps, run.pk)
        logger.warning("Apply %s is waiting for the PBX: %s", run.pk, in_english(error))
        with transaction.atomic():
            run.close(Outcome.WAITING, CodedText(_code_of(error)))
            log_row.record(run, "apply.waiting")
        return
    except ApplyError as error:
        rollback.take_back(node, db, since, run, error)
    with transaction.atomic():
        proved_at = timezone.now()
        links = ApplyRun.changes.through.objects.filter(applyrun=run)
        for some in snapshot.chunks(links.values_list("change", flat=True)):  # as a join, PostgreSQL may take minutes
            Change.objects.filter(pk__in=some).update(applied_at=proved_at)
        settle(run)
        run.close(Outcome.PROVED, _what_was_proved(run, reloaded))
        for earlier in run.unproved_before():
            if not earlier.changes.waiting().exists() and not earlier.system_changes.unproved().exists():
                earlier.close(Outcome.PROVED, CodedText("apply.proved_by", run=str(run.pk)))
        log_row.record(run, "apply.proved")


def _settle_mailboxes(node: Node, ami: Ami, wanted: dict[str, Rows], since: list[Step], run: ApplyRun) -> None:
    try:
        ended = run.changes.filter(kind=Change.Kind.DELETED).order_by("pk")
        given = mailboxes.settle(node.directory, wanted, since, ended)
    except OSError as error:
        raise ApplyError(CodedText("apply.mailbox_not_moved", error=error)) from error
    for number in given:
        message_lights.look(ami, number)


def _code_of(error: AmiError) -> str:
    match error:
        case Elsewhere():
            return "apply.kept_for_restart"
        case SignInRefused():
            return "apply.kept_for_sign_in"
    return "apply.kept"


def _what_was_proved(run: ApplyRun, reloaded: CodedText | None) -> CodedText:
    count = run.values_compared
    if reloaded is None:
        return CodedText("apply.compared", count=count) if count else CodedText("apply.nothing_to_compare")
    if count:
        return CodedText("apply.compared_and_reloaded", count=count, what=reloaded)
    return CodedText("apply.reloaded", what=reloaded)


def _refuse_another_table(ami: Ami, db: sqlite3.Connection) -> None:
    token = proof.table(ami)
    if not token:
        raise AmiUnreachable(CodedText("pbx.starting"))
    if token != engine.token(db):
        raise Elsewhere(CodedText("pbx.another_table"))


def _since_proof(db: sqlite3.Connection, steps: list[Step], wanted: dict[str, Rows], run: ApplyRun) -> list[Step]:
    """The steps, and those that earlier runs wrote but could not prove; each from what was last proved.

    What rows alone do not do was not done then, so it is still to be done.
    """
    linked = ApplyRun.changes.through.objects.filter(
        change__runs=run, applyrun__outcome__in=UNPROVED, applyrun__lt=run.pk
    )
    first_runs = dict(linked.values_list("change__number").annotate(Min("applyrun")))
    for earlier in run.unproved_before().filter(system_changes__runs=run).order_by("pk") if run.preferences else ():
        for number in wanted.keys() & set(earlier.numbers):
            first_runs[number] = min(earlier.pk, first_runs.get(number, earlier.pk))
    before = {step.number: step.before for step in steps} | engine.restore_points(db, first_runs)
    return [Step(number, rows, wanted[number]) for number, rows in before.items()]


def _prove(node: Node, ami: Ami, wanted: dict[str, Rows], run: ApplyRun) -> dict[str, list[Message]]:
    """Compare Asterisk's own words with the rows. Gives the registrations of each number; raises ApplyError."""
    registered = {}
    for said in proof.ask(ami, wanted):
        values = proof.values(wanted[said.number])
        if proof.differences(values, said):
            values = proof.values(by_phone.as_changed_since(node.engine_file, said.number, wanted[said.number]))
        if proof.differences(values, said):
            _refuse_difference(ami, said.number, values)
        run.values_compared += len(values)
        registered[said.number] = proof.contacts(said.endpoint)
    return registered


def _refuse_difference(ami: Ami, number: str, values: Mapping[proof.Key, str]) -> NoReturn:
    """Asked once more: an Asterisk that ends says nothing of anything, and that is no difference of a value."""
    found = proof.differences(values, next(proof.ask(ami, [number])))
    if not found or not proof.table(ami):
        raise AmiUnreachable(CodedText("pbx.starting"))
    raise ApplyError(found[0].text, found[0].number, found[0].field)


def _prove_many(
    node: Node, ami: Ami, wanted: dict[str, Rows], run: ApplyRun, since: list[Step]
) -> dict[str, list[Message]]:
    """By what Asterisk reads of all, as the check does; of each kind of change, and of what differs, as ever."""
    asked = bulk.one_of_each_kind((step.number, step.after) for step in since if not step.renames_only)
    for some in snapshot.chunks(wanted):
        different, compared = bulk.unlike(ami, node.engine_file, some)
        run.values_compared += compared
        _prove(node, ami, {number: wanted[number] for number in {*different, some[0], *asked.intersection(some)}}, run)
    return proof.registered(ami)


def make_whole(node: Node) -> None:
    """Before the PBX starts: an engine that was lost is filled, so that no phone is turned away, and so are sounds."""
    with _alone(node):
        lines.put_sounds(node)


def catch_up(node: Node) -> None:
    """After the PBX has started, or an apply was cut short: prove what was applied. What nobody applied waits on."""
    with _alone(node):
        pending = list(ApplyRun.objects.filter(outcome=Outcome.WAITING).order_by("id"))
        preferences = list(SystemChange.objects.taken())
        if not pending and not preferences:
            return
        numbers = sorted({number for run in pending for number in run.numbers})
        try:
            done = _apply_as_taken(node, numbers, None, preferences)
        except ApplyError as error:
            logger.warning("Could not verify changes waiting for the PBX: %s", in_english(error))
            if len(pending) > 1:
                _catch_up_one_by_one(node, pending)
            return
        if done.outcome == Outcome.PROVED:
            for run in ApplyRun.objects.filter(outcome=Outcome.WAITING, pk__lt=done.pk):
                run.close(Outcome.PROVED, CodedText("apply.proved_later", run=str(done.pk)))


def _catch_up_one_by_one(node: Node, pending: list[ApplyRun]) -> None:
    """One that is refused keeps no other from being proved."""
    for run in pending:
        run.save(update_fields=["outcome", "explanation", "finished_at"])  # they were all refused together
    for run in pending:
        try:
            _apply_as_taken(node, run.numbers, None, list(run.system_changes.unproved()))
        except ApplyError as error:
            logger.warning("Apply %s: %s", run.pk, in_english(error))


def _apply_as_taken(
    node: Node, numbers: list[str], by: User | None = None, preferences: Sequence[SystemChange] = ()
) -> ApplyRun:
    if any(change.concerns_everybody for change in preferences):
        numbers = all_numbers(node.engine_file)
    return _apply(node, numbers, by, waiting.untaken(numbers), preferences)


def is_behind() -> bool:
    """Whether an apply is not proved yet."""
    return ApplyRun.objects.filter(outcome__in=UNPROVED).exists() or SystemChange.objects.taken().exists()


def _make_whole(node: Node) -> None:
    """An engine that is made anew is given all that had been applied."""
    file_health.mend_if_unreadable(node.engine_file)
    with engine.opened(node.engine_file) as db:
        if not lines.are_current(db):
            lines.put_into(db, node.directory)
        if engine.is_complete(db):
            return
        numbers = sorted({*SipExtension.objects.values_list("number", flat=True), *Change.objects.waiting().numbers()})
        untaken = waiting.untaken(numbers)
        if had := [number for number in numbers if number not in untaken or untaken[number].former]:
            _apply_as_taken(node, had)
        limits.put(db)
        engine.mark_complete(db)
