from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from asterisk import dialplan, nodes
from asterisk.engine.store import EngineError


class Command(BaseCommand):
    help = "Shows what happens when someone calls a number, based on the rows that the PBX reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number")

    def handle(self, *_args: Any, **options: Any) -> None:
        number = options["number"]
        try:
            found = dialplan.of(nodes.from_settings().engine_file, number)
            sentences = dialplan.in_words(number, found, dialplan.names(found))
        except EngineError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(sentences))
