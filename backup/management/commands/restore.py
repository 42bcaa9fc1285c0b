from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backup import places, restoring, trial
from backup.errors import BackupError
from backup.management.commands import _passphrase
from core.localization import in_english


class Command(BaseCommand):
    help = "Restores a backup into an empty place: all of it, or nothing. The portal must be stopped."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--try", action="store_true", dest="only_try", help="into a temporary folder, then deleted")
        parser.add_argument("--row", type=int, metavar="BACKUP", help="with --try: the backup of the page, by its key")
        _passphrase.add_argument(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        place = places.from_settings()
        try:
            if options["row"]:
                trial.of_row(options["row"], place)
                return
            passphrase = _passphrase.given(options["passphrase_file"])
            if options["only_try"]:
                self.stdout.write(in_english(trial.of_file(options["file"].absolute(), passphrase, place)))
                return
            report = restoring.restore(options["file"].absolute(), passphrase, place)
        except BackupError as error:
            raise CommandError(in_english(error)) from error
        people, extensions = (report.counts.get(each, 0) for each in ("accounts_user", "extensions_sipextension"))
        self.stdout.write(
            f"Restored: {extensions:,} extensions, {people:,} people, {report.log_count:,} log entries."
            f" Last entry: {report.log_count}:{report.log_hash}\nStart the portal: make run"
        )
