from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backup import move, places
from backup.errors import BackupError
from core.localization import in_english


class Command(BaseCommand):
    help = "Copies everything to another, empty database, and compares both. The portal must be stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url", help="as in DATABASE_URL: postgres://portal:secret@localhost/portal or sqlite:////…")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            moved = move.move(options["url"], places.from_settings())
        except BackupError as error:
            raise CommandError(in_english(error)) from error
        self.stdout.write(
            f"Copied and compared: {moved.rows:,} rows of {moved.tables} tables."
            f" Last entry of the log: {moved.log_count}:{moved.log_hash}\n"
            "Set DATABASE_URL to the new database, and start the portal."
        )
