from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from asterisk import apply
from asterisk.engine import EngineError, Step
from asterisk.render import Rows
from extensions.models import Change
from extensions.pbx import PbxError


def told(step: Step) -> list[str]:
    """The step in words, secrets left out."""
    if step.after == Rows():
        return [f"- {step.number}"]
    if step.before == Rows():
        return [f"+ {step.number}"]
    lines = []
    for old, new in ((step.before.login, step.after.login), (step.before.dial, step.after.dial)):
        was, will = (vars(each) if each else {} for each in (old, new))
        for name in sorted(was.keys() | will.keys()):
            if was.get(name) != will.get(name):
                shown = "changed" if name == "password_digest" else f"{was.get(name, '')} -> {will.get(name, '')}"
                lines.append(f"  {step.number} {name}: {shown}")
    return lines


class Command(BaseCommand):
    help = "Shows what an apply of the waiting changes would write; with --yes, applies and proves them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="apply, not only show")
        parser.add_argument(
            "--all", action="store_true", help="compare every extension, not only those with waiting changes"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            numbers = apply.all_numbers() if options["all"] else Change.objects.waiting().numbers()
            if not options["yes"]:
                self._show(apply.plan(numbers))
                return
            run = apply.apply(numbers, None)
        except (PbxError, EngineError) as error:
            raise CommandError(str(error)) from error
        took = (run.finished_at - run.started_at).total_seconds() if run.finished_at else 0
        self.stdout.write(f"{len(numbers)} extensions, {run.rows_written} written, {took:.3f} s: {run.words}")

    def _show(self, steps: list[Step]) -> None:
        for line in (line for step in steps for line in told(step)):
            self.stdout.write(line)
        self.stdout.write(
            f"{len(steps)} extensions differ. Nothing is written without --yes."
            if steps
            else "The PBX's tables hold all of it."
        )
