"""An apply that was refused is taken back: rows, preferences, and what earlier applies wrote and could not prove."""

import sqlite3
from typing import NoReturn

from django.db import transaction

from asterisk.apply import log_row
from asterisk.apply.errors import ApplyError, NotTakenBack
from asterisk.apply.preferences import put_back, release
from asterisk.engine import store as engine
from asterisk.engine.store import Step
from asterisk.models import ApplyRun
from asterisk.nodes import Node
from core.coded_text import CodedText

Outcome = ApplyRun.Outcome


def take_back(node: Node, db: sqlite3.Connection, since: list[Step], run: ApplyRun, error: ApplyError) -> NoReturn:
    """All numbers to what was last proved of them."""
    try:
        engine.put_back(db, since, run.pk)
    except sqlite3.Error as fault:
        more = engine.unusable(node.engine_file, fault)
        text = CodedText("apply.not_taken_back", why=error, more=more)
        run.close(Outcome.WAITING, text)
        raise NotTakenBack(text) from fault
    for earlier in run.unproved_before():
        if set(earlier.numbers) <= set(run.numbers):
            earlier.close(Outcome.REFUSED, CodedText("apply.refused_with", run=str(run.pk), why=error))
    refuse(node, run, error)


def refuse(node: Node, run: ApplyRun, error: ApplyError) -> NoReturn:
    with transaction.atomic():
        run.close(Outcome.REFUSED, error)
        release(run)
        log_row.record(run, "apply.refused", error.extension)
    put_back(node, run)
    raise error
