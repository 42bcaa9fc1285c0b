import sys
from argparse import ArgumentParser
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from asterisk import check, nodes
from asterisk.engine.store import EngineError
from asterisk.models import CheckRun
from core import coded_text
from core.audit import context
from core.localization import ENGLISH
from extensions.pbx import PbxError


def shown(value: Any) -> str:
    return "not compared" if value is None else coded_text.show(value) or "none"


class Command(BaseCommand):
    help = "Compares the applied settings of every extension with the PBX's tables and with what Asterisk reports."
    requires_system_checks = ()  # `run` begins with them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="write the applied settings again where they differ")

    @context.override_origin(context.COMMAND)
    def handle(self, *_args: Any, **options: Any) -> None:
        node = nodes.from_settings()
        try:
            run = check.check(node)
            if run.drifts and options["repair"]:
                self._tell(run)
                run = check.repair(node, run, None)
        except (check.Running, EngineError, PbxError) as error:
            raise CommandError(str(error)) from error
        self._tell(run)
        if run.drifts:
            sys.exit(1)

    @translation.override(ENGLISH)
    def _tell(self, run: CheckRun) -> None:
        for number, drifts in groupby(run.drifts, lambda drift: drift["number"]):
            self.stdout.write(number or "Outside lines")
            for drift in drifts:
                wished, held, said = (shown(drift[side]) for side in ("wished", "engine", "said"))
                field = coded_text.show(drift["field"])
                self.stdout.write(f"  {field}: applied {wished}; PBX table {held}; Asterisk {said}")
        asked = "" if run.asterisk_asked else " Asterisk could not be checked."
        self.stdout.write(f"{run.total} extensions in {run.seconds or 0:.1f} s: {run.differing} differ.{asked}")
