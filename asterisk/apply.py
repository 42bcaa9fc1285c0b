"""Apply: make the engine equal to the wish, and prove it.

The portal's database is committed before the PBX is spoken to, and no transaction of it is open while it is.
"""

import logging
import sqlite3
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
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
        _refuse(run, ApplyError(error.number, error.field, str(error)))
    except engine.EngineError as error:
        _refuse(run, ApplyError("", "", str(error)))
    return run


def _carry_out(db: sqlite3.Connection, steps: list[Step], wanted: dict[str, Rows], run: ApplyRun) -> None:
    try:
        with connected() as ami:
            registered = _contacts_to_remove(ami, steps)
            engine.write(db, steps, run.pk)
            _settle(ami, steps, registered)
            different = _prove(ami, wanted)
            if different:
                engine.put_back(db, steps, run.pk)
                _refuse(run, ApplyError(different.number, different.field, different.said, different.wanted))
    except AmiUnreachable as error:
        if steps and engine.plan(db, wanted):
            engine.write(db, steps, run.pk)
        logger.warning("Apply %s waits: %s", run.pk, error)
        run.close(Outcome.WAITING, "Kept for the PBX: it takes effect as soon as the PBX is up.")
        return
    except AmiError as error:
        engine.put_back(db, steps, run.pk)
        _refuse(run, ApplyError("", "", str(error)))
    with transaction.atomic():
        Change.objects.filter(runs=run).update(applied_at=timezone.now())
        run.close(Outcome.PROVED, "Asterisk was asked, and has exactly what was saved.")
        audit.record(run.by, "apply.proved", f"{len(run.numbers)} extensions", run=run.pk, numbers=run.numbers[:100])


def _refuse(run: ApplyRun, error: ApplyError) -> None:
    with transaction.atomic():
        run.close(Outcome.REFUSED, str(error))
        audit.record(run.by, "apply.refused", error.extension or "all", run=run.pk, words=str(error))
    raise error


def _credentials_gone(step: Step) -> bool:
    old, new = step.before.login, step.after.login
    if old is None:
        return False
    return new is None or (old.registration_name, old.password_digest) != (new.registration_name, new.password_digest)


def _contacts_to_remove(ami: Ami, steps: list[Step]) -> list[str]:
    """The registrations of logins that are about to go or get other credentials."""
    return [
        contact["ID"]
        for step in steps
        if _credentials_gone(step)
        for contact in proof.contacts(proof.endpoint(ami, step.number))
    ]


def _settle(ami: Ami, steps: list[Step], registered: list[str]) -> None:
    """What rows alone do not do: end old registrations, and give new endpoints a device state and qualification."""
    for contact in registered:
        ari.delete_contact(contact)
    if any(step.after.login and not step.before.login for step in steps):
        ami.ask("Reload", RELOAD_SECONDS, Module="res_pjsip")


def _prove(ami: Ami, wanted: dict[str, Rows]) -> proof.Difference | None:
    return next((d for number, rows in wanted.items() for d in proof.differences(ami, number, rows)), None)


def catch_up() -> None:
    """After the PBX has started: prove what waited for it, and fill an engine that was lost."""
    waiting = ApplyRun.objects.filter(outcome__in=(Outcome.WAITING, Outcome.RUNNING))
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
