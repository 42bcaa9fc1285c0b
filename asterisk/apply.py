"""Apply: make the engine equal to the wish, and prove it.

The portal's database is committed before the PBX is spoken to, and no transaction of it is open while it is.
"""

import logging
import sqlite3
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from accounts import audit
from accounts.models import User
from asterisk import ari, engine, proof, render, snapshot
from asterisk.ami import RELOAD_SECONDS, Ami, AmiError, AmiUnreachable, connected
from asterisk.engine import Step
from asterisk.models import ApplyRun
from asterisk.render import Rows
from extensions.models import Change, SipExtension
from extensions.pbx import Refused

Outcome = ApplyRun.Outcome
UNPROVED = (Outcome.WAITING, Outcome.RUNNING)
logger = logging.getLogger(__name__)


class ApplyError(Refused):
    """The PBX is as it was before this apply; the wish waits."""


def plan(numbers: Iterable[str]) -> list[Step]:
    """What an apply of these numbers would write. Touches nothing."""
    wanted = render.render(snapshot.take(numbers))
    with engine.opened(settings.ENGINE_FILE) as db:
        return engine.plan(db, wanted)


def all_numbers() -> list[str]:
    """Every number that the wish or the engine knows."""
    with engine.opened(settings.ENGINE_FILE) as db:
        return sorted(engine.numbers(db) | set(SipExtension.objects.values_list("number", flat=True)))


def apply(numbers: Iterable[str], by: User | None) -> ApplyRun:
    """Raises ApplyError when Asterisk refused or read something else; then all rows of this apply are put back."""
    with engine.locked(settings.ENGINE_FILE):
        return _apply(sorted(set(numbers)), by)


def _apply(numbers: list[str], by: User | None) -> ApplyRun:
    changes = [change.pk for some in snapshot.chunks(numbers) for change in Change.objects.waiting().of(some)]
    run = ApplyRun.objects.create(by=by, numbers=numbers)
    run.changes.set(changes)
    try:
        wanted = render.render(snapshot.take(numbers))
        with engine.opened(settings.ENGINE_FILE) as db:
            steps = engine.plan(db, wanted)
            run.rows_written = len(steps)
            _carry_out(db, steps, wanted, run)
    except render.RenderError as error:
        _refuse(run, ApplyError(str(error), error.number, error.field))
    except engine.EngineError as error:
        _refuse(run, ApplyError(str(error)))
    return run


def _carry_out(db: sqlite3.Connection, steps: list[Step], wanted: dict[str, Rows], run: ApplyRun) -> None:
    try:
        with connected() as ami:
            since = _since_proof(db, steps, wanted, run)
            registered = [each for step in since if not step.after.login for each in _registered(ami, step.number)]
            engine.write(db, steps, run.pk)
            now = _prove(ami, wanted)
            registered += [each for step in since if _is_another(step, run) for each in now[step.number]]
            _settle(ami, since, registered)
    except AmiUnreachable as error:
        if steps and engine.plan(db, wanted):
            engine.write(db, steps, run.pk)
        logger.warning("Apply %s waits: %s", run.pk, error)
        run.close(Outcome.WAITING, "Kept for the PBX: it takes effect as soon as the PBX is up.")
        return
    except AmiError as error:
        engine.put_back(db, steps, run.pk)
        _refuse(run, ApplyError(str(error)))
    except ApplyError as error:
        engine.put_back(db, steps, run.pk)
        _refuse(run, error)
    with transaction.atomic():
        Change.objects.filter(runs=run).update(applied_at=timezone.now())
        run.close(Outcome.PROVED, "Asterisk was asked, and has exactly what was saved.")
        audit.record(run.by, "apply.proved", f"{len(run.numbers)} extensions", run=run.pk, numbers=run.numbers[:100])


def _refuse(run: ApplyRun, error: ApplyError) -> None:
    with transaction.atomic():
        run.close(Outcome.REFUSED, str(error))
        audit.record(run.by, "apply.refused", error.extension or "all", run=run.pk, words=str(error))
    raise error


def _since_proof(db: sqlite3.Connection, steps: list[Step], wanted: dict[str, Rows], run: ApplyRun) -> list[Step]:
    """The steps, and those that earlier runs wrote but could not prove; each from what was last proved.

    What rows alone do not do was not done then, so it is still to be done.
    """
    linked = ApplyRun.changes.through.objects.filter(
        change__runs=run, applyrun__outcome__in=UNPROVED, applyrun__lt=run.pk
    )
    first_runs = dict(linked.values_list("change__number").annotate(Min("applyrun")))
    before = {step.number: step.before for step in steps} | engine.restore_points(db, first_runs)
    return [Step(number, rows, wanted[number]) for number, rows in before.items()]


def _is_another(step: Step, run: ApplyRun) -> bool:
    """Whether registrations that were made with the login before are void for the one after."""
    old, new = step.before.login, step.after.login
    if new is None:
        return False
    if old is None:  # no row: nobody had the number, unless the engine was lost and nothing was changed
        return step.number in run.changed_numbers
    return (old.registration_name, old.password_digest) != (new.registration_name, new.password_digest)


def _registered(ami: Ami, number: str) -> list[str]:
    return [contact["ID"] for contact in proof.contacts(proof.endpoint(ami, number))]


def _settle(ami: Ami, steps: list[Step], registered: list[str]) -> None:
    """What rows alone do not do: end old registrations, and give new endpoints a device state and qualification."""
    for contact in registered:
        ari.delete_contact(contact)
    if any(step.after.login and not step.before.login for step in steps):
        ami.ask("Reload", RELOAD_SECONDS, Module="res_pjsip")


def _prove(ami: Ami, wanted: dict[str, Rows]) -> dict[str, list[str]]:
    """Compare Asterisk's own words with the rows. Gives the registrations of each number; raises ApplyError."""
    registered = {}
    for number, rows in wanted.items():
        answer = proof.endpoint(ami, number)
        if found := proof.differences(ami, number, rows, answer):
            raise ApplyError(str(found[0]), found[0].number, found[0].field)
        registered[number] = [contact["ID"] for contact in proof.contacts(answer)]
    return registered


def catch_up() -> None:
    """After the PBX has started: prove what waited for it, and fill an engine that was lost."""
    waiting = ApplyRun.objects.filter(outcome__in=UNPROVED)
    numbers = {number for run in waiting for number in run.numbers} | set(_lost())
    if not numbers:
        return
    pending = list(waiting)
    if apply(numbers, None).outcome == Outcome.PROVED:
        for run in pending:
            run.close(Outcome.PROVED, "Proved when the PBX was up again.")


def _lost() -> list[str]:
    """Numbers that the PBX once had, when the engine has none at all. Those with waiting changes go on waiting."""
    with engine.opened(settings.ENGINE_FILE) as db:
        if engine.numbers(db):
            return []
    waiting = set(Change.objects.waiting().numbers())
    return [number for number in SipExtension.objects.values_list("number", flat=True) if number not in waiting]
