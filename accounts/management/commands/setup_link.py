from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.first_run.link import setup_url


class Command(BaseCommand):
    help = "Prints the link that creates the first administrator."

    def handle(self, *_args: Any, **_options: Any) -> None:
        link = setup_url()
        if link is None:
            raise CommandError("The portal is set up already. Sign in, or set a password with changepassword.")
        self.stdout.write(link)
