from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core import reach


class Command(BaseCommand):
    help = "Shows or sets who can reach the portal and its PBX: this machine only, or the network."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reach", nargs="?", choices=[*reach.HOSTS])

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["reach"]:
            reach.choose(settings.VAR, options["reach"])
            self.stdout.write(f"Saved: {options['reach']}. It takes effect the next time pbxportal starts.")
        else:
            self.stdout.write(reach.chosen(settings.VAR))
        if names := reach.set_by_environment():
            self.stdout.write(f"Environment variables take precedence: {', '.join(names)}.")
