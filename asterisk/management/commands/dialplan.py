from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from asterisk import dialplan, nodes, outside
from asterisk.engine.store import EngineError
from core.forms.datetime_field import meant
from core.preferences.models import Preferences


def moment(text: str | None) -> datetime | None:
    """In the system's time zone; None where none is given. Raises CommandError."""
    if text is None:
        return None
    found = meant(text, end=False)
    if found is None:
        raise CommandError('Enter --at as a date and time, such as "2026-12-25 10:00".')
    return found


class Command(BaseCommand):
    help = "Shows what happens when someone calls a number, based on the rows that the PBX reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number")
        parser.add_argument("--dials", metavar="DIALED", help="what becomes of this, dialed by a phone of the number")
        parser.add_argument(
            "--at", metavar="TIME", help='with --dials: when, such as "2026-12-25 10:00"; now if not given'
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        with timezone.override(Preferences.load().zone):
            self.stdout.write("\n".join(self._sentences(**options)))

    def _sentences(self, number: str, dials: str | None, at: str | None, **_options: Any) -> list[str]:
        try:
            engine_file = nodes.from_settings().engine_file
            if dials is not None:
                return outside.in_words(number, outside.of(engine_file, number, dials, moment(at)))
            found = dialplan.of(engine_file, number)
            return dialplan.in_words(number, found, dialplan.names(found))
        except EngineError as error:
            raise CommandError(str(error)) from error
