from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pbxportal import pbx
from pbxportal.management.commands.run import find_front_program, prepare_portal
from pbxportal.supervisor import CannotStart


class Command(BaseCommand):
    help = "Fetches Asterisk and Caddy, and updates the database, so that nothing of it is left to the start."

    def handle(self, **_: Any) -> None:
        try:
            prepare_portal()
        except CannotStart as error:
            raise CommandError(str(error)) from error
        pbx.find_program()
        if settings.FRONT != "none":
            find_front_program()
