from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware

from asterisk import nodes
from asterisk.apply import run as apply_run
from asterisk.apply.undo import back_to, undo
from asterisk.engine.columns import SECRET
from asterisk.engine.render import Rows
from asterisk.engine.store import EngineError, Step
from asterisk.models import ApplyRun
from core.audit import context
from core.localization import ENGLISH
from core.preferences.models import SystemChange, in_force
from extensions.changes.state import CannotPutBack
from extensions.models import Change
from extensions.pbx import PbxError


def told(step: Step) -> list[str]:
    """The step in words, secrets left out."""
    if step.after == Rows():
        return [f"- {step.number}"]
    if step.before == Rows():
        return [f"+ {step.number}"]
    lines = []
    for old, new in zip(step.before.of_tables, step.after.of_tables, strict=True):
        was, will = (vars(each) if each else {} for each in (old, new))
        for name in sorted(was.keys() | will.keys()):
            if was.get(name) != will.get(name):
                shown = "changed" if name in SECRET else f"{was.get(name, '')} -> {will.get(name, '')}"
                lines.append(f"  {step.number} {name}: {shown}")
    return lines


def moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise ArgumentTypeError("enter a date and time such as 2026-01-31T18:00")
    return found


def counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


class Command(BaseCommand):
    help = "Shows what applying the unapplied changes would write. With --yes, applies and verifies them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="apply the changes instead of only showing them")
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--all", action="store_true", help="compare every extension, not only those with unapplied changes"
        )
        which.add_argument("--undo", type=int, metavar="APPLY", help="undo what this apply changed")
        which.add_argument(
            "--to",
            type=moment,
            metavar="TIME",
            help="undo everything applied after this time, such as 2026-01-31T18:00",
        )

    @context.override_origin(context.COMMAND)
    def handle(self, *_args: Any, **options: Any) -> None:
        self.node = nodes.from_settings()
        with in_force():
            self._handle(options)

    def _handle(self, options: dict[str, Any]) -> None:
        try:
            with transaction.atomic():
                before = set(SystemChange.objects.waiting())
                numbers = self._numbers(options)
                preferences = self._preferences(options, before)
                steps = apply_run.plan(self.node.engine_file, numbers)
                transaction.set_rollback(not options["yes"])
            if not options["yes"]:
                self._show(steps, preferences)
                return
            if preferences:
                self._tell(apply_run.apply_preferences(self.node, None))
            if preferences and not numbers:
                return
            run = apply_run.apply(self.node, numbers, None)
        except (PbxError, EngineError, CannotPutBack) as error:
            raise CommandError(str(error)) from error
        self._tell(run)

    def _tell(self, run: ApplyRun) -> None:
        with translation.override(ENGLISH):
            said = run.explanation_text
        done = f"{counted(len(run.numbers), 'extension')}, {counted(run.rows_written, 'row')} written"
        self.stdout.write(f"{done}, {run.seconds or 0:.3f} s: {said}")

    def _preferences(self, options: dict[str, Any], before: set[SystemChange]) -> list[str]:
        """What waits of Preferences; when something is taken back, only what came of that."""
        waiting = SystemChange.objects.waiting()
        taken_back = options["undo"] or options["to"]
        return [] if taken_back and before else [f"  Preferences {each}" for each in waiting]

    def _numbers(self, options: dict[str, Any]) -> list[str]:
        if options["undo"]:
            run = ApplyRun.objects.filter(pk=options["undo"]).first()
            if run is None:
                raise CommandError(f"Apply {options['undo']} is not in Apply History.")
            return undo(run, None)
        if options["to"]:
            to = options["to"]
            return back_to(make_aware(to) if is_naive(to) else to, None)
        return apply_run.all_numbers(self.node.engine_file) if options["all"] else Change.objects.waiting().numbers()

    def _show(self, steps: list[Step], preferences: list[str]) -> None:
        for line in [*preferences, *(line for step in steps for line in told(step))]:
            self.stdout.write(line)
        if preferences and not steps:
            self.stdout.write("Preferences have unapplied changes. Nothing is written without --yes.")
            return
        differ = f"{counted(len(steps), 'extension')} {'differs' if len(steps) == 1 else 'differ'}"
        self.stdout.write(
            f"{differ}. Nothing is written without --yes."
            if steps
            else "No differences: the PBX's tables are up to date."
        )
