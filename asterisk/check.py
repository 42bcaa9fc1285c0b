"""Whether the engine holds the wish, and Asterisk reads it so: every extension, a chunk at a time.

Of every number Asterisk is asked for the rows that it reads, and of those that differ anywhere, and of one in each
chunk, for what it makes of them, value by value.
What waits to be applied is no drift: of such a number only the engine is compared with Asterisk. Nothing is adopted:
a repair writes the wish again, as any other apply.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from asterisk.ami.client import AmiError, connected
from asterisk.apply import by_phone, lines
from asterisk.apply import run as apply_run
from asterisk.apply.errors import ApplyError
from asterisk.engine import render, snapshot
from asterisk.engine.render import Rows
from asterisk.engine.store import locked, opened, prepare, read
from asterisk.models import CheckRun
from asterisk.nodes import Node
from asterisk.readback import bulk, proof
from core import commands, file_lock
from core.audit import log
from core.coded_text import CodedText, to_json
from extensions.models import Change

KEPT_FOR = timedelta(days=90)

Told = Callable[[int], object]


class Running(Exception):
    """Another check is under way."""


@dataclass(frozen=True)
class Drift:
    """One value of a number, as it is wished, as the engine holds it and as Asterisk says it; None: not compared.

    As they are stored: codes, or the PBX's own words.
    """

    number: str
    field: Any
    wished: Any
    engine: Any
    said: Any


def only_one(engine_file: Path) -> AbstractContextManager[object]:
    try:
        return file_lock.try_acquire(engine_file.with_suffix(".check"))
    except file_lock.LockedError as error:
        raise Running(_("A check is already running.")) from error


def is_running(engine_file: Path) -> bool:
    try:
        with only_one(engine_file):
            return False
    except Running:
        return True


def start() -> None:
    commands.start("check_engine")


def check(node: Node) -> CheckRun:
    """All of it. Raises Running, and EngineError."""
    with only_one(node.engine_file):
        with locked(node.engine_file), opened(node.engine_file) as db:
            by_phone.take(node, db)
            if not lines.are_current(db):
                lines.put_into(db, node.directory)
        numbers = apply_run.all_numbers(node.engine_file)
        run = CheckRun.objects.create(total=len(numbers))
        CheckRun.objects.filter(started_at__lt=run.started_at - KEPT_FOR).delete()

        def tell(compared: int) -> None:
            CheckRun.objects.filter(pk=run.pk).update(compared=compared)

        asked, found = compare(node, numbers, tell)
        suspects = sorted({drift.number for drift in found})
        if suspects:  # an apply may have been under way
            with locked(node.engine_file):
                asked, found = compare(node, suspects)
        with locked(node.engine_file):
            found += _of_lines(node)
        run.close(asked, [asdict(drift) for drift in found])
    return run


def repair(node: Node, run: CheckRun, by: User | None) -> CheckRun:
    """Write the wish again where it differs, and compare that again. Raises PbxError, EngineError, and Running."""
    with only_one(node.engine_file):
        prepare(node.engine_file)
        numbers = run.numbers
        if run.lines_differ:
            _repair_lines(node, by)
        if numbers:
            _repair_numbers(node, numbers, by)
        asked, found = compare(node, numbers)
        asked = asked and run.asterisk_asked  # of all others nothing more is known than before
        run.close(asked, [asdict(drift) for drift in [*found, *_of_lines(node)]])
    return run


def _of_lines(node: Node) -> list[Drift]:
    """Trunks and routes, of no number: which of their tables is not as it was given."""
    found = []
    for table, (lacks, more) in lines.differing(node).items():
        field, rows = CodedText("lines.table", table=table), CodedText("lines.rows", lacks=lacks, more=more)
        found.append(Drift("", to_json(field), "", to_json(rows), None))
    return found


def _repair_numbers(node: Node, numbers: list[str], by: User | None) -> None:
    waiting = set(Change.objects.waiting().of(numbers).numbers())
    about = CodedText("extension.many", number=len(numbers))
    log.record(by, "engine.repaired", about, numbers=numbers[:100])
    try:
        if wished := [number for number in numbers if number not in waiting]:
            apply_run.apply(node, wished, by, settings.LOCK_SECONDS)
    except ApplyError as error:
        log.record(by, "engine.repaired", about, result=log.Result.FAILED, error=error)
        raise


def _repair_lines(node: Node, by: User | None) -> None:
    log.record(by, "engine.repaired", CodedText("module.trunk"))
    with locked(node.engine_file, settings.LOCK_SECONDS):
        lines.put(node)
    with suppress(AmiError), connected(node) as ami:  # else it reads them when it starts
        lines.reload(node, ami)


def compare(
    node: Node,
    numbers: list[str],
    tell: Told = lambda compared: None,  # noqa: ARG005
) -> tuple[bool, list[Drift]]:
    """Whether Asterisk could be asked, and what differs, by number."""
    found: list[Drift] = []
    asked, compared = True, 0
    with ThreadPoolExecutor(1) as asking:
        for some in snapshot.chunks(numbers):
            answer = asking.submit(_unlike_what_asterisk_reads, node, some) if asked else None
            suspects = set(_unlike_the_wish(node.engine_file, some))
            if answer:
                unlike = answer.result()
                asked = unlike is not None
                suspects |= {*(unlike or ()), some[0]}
            found += _of(node, sorted(suspects), asked)
            compared += len(some)
            tell(compared)
    return asked, found


def _unlike_the_wish(engine_file: Path, numbers: list[str]) -> list[str]:
    wished, held = _wished(numbers), _held(engine_file, numbers)
    return [number for number, rows in wished.items() if rows != held[number]]


def _unlike_what_asterisk_reads(node: Node, numbers: list[str]) -> list[str] | None:
    """By the rows that it reads: what it makes of them is asked of the few that come of this. None: not reachable.

    One that ends answers, and reads nothing any more.
    """
    try:
        with connected(node) as ami:
            unlike, _compared = bulk.unlike(ami, node.engine_file, numbers)
            return unlike if proof.table(ami) else None
    except AmiError:
        return None


def _of(node: Node, numbers: list[str], asked: bool) -> list[Drift]:
    """Value by value, with what Asterisk makes of it."""
    wished, held, said = _wished(numbers), _held(node.engine_file, numbers), _said(node, numbers) if asked else {}
    drifts = (_of_one(number, wished.get(number), held[number], said.get(number)) for number in numbers)
    return list(chain.from_iterable(drifts))


def _said(node: Node, numbers: list[str]) -> dict[str, proof.Said]:
    try:
        with connected(node) as ami:
            said = {each.number: each for each in proof.ask(ami, numbers, hints=False)}
            return said if proof.table(ami) else {}
    except AmiError:
        return {}


def _held(engine_file: Path, numbers: list[str]) -> dict[str, Rows]:
    with opened(engine_file) as db:
        return read(db, numbers)


def _wished(numbers: list[str]) -> dict[str, Rows]:
    """Of those that do not wait."""
    waiting = set(Change.objects.waiting().of(numbers).numbers())
    settled = [number for number in numbers if number not in waiting]
    try:
        return render.render(snapshot.take(settled))
    except render.RenderError as error:  # an apply refuses it and says why: here it is not compared
        return _wished([number for number in settled if number != error.number])


def _of_one(number: str, wished: Rows | None, held: Rows, said: proof.Said | None) -> Iterable[Drift]:
    holds = proof.values(held)
    wants = proof.values(wished) if wished is not None else holds
    asked = {key: text for key, text in holds.items() if key != proof.HINT}
    hears = proof.told(said, asked) if said else asked
    for key in dict.fromkeys([*proof.differing(wants, holds), *proof.differing(asked, hears)]):
        values = [
            wants.get(key, "") if wished is not None else None,
            holds.get(key, ""),
            hears.get(key, "") if said else None,
        ]
        stored = [value and to_json(proof.value_text(key, value)) for value in values]
        yield Drift(number, to_json(proof.field_text(key)), *stored)
