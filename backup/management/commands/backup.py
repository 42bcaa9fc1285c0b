from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from backup import making, places
from backup.copies import sending
from backup.errors import BackupError
from backup.management.commands import _passphrase
from backup.models import BackupSettings
from core.audit import context
from core.localization import in_english


class Command(BaseCommand):
    help = "Makes an encrypted backup and opens it once to verify it. `run` makes one every night."
    requires_system_checks = ()  # `run` begins with them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, help="where to write it; otherwise to the folder on Maintenance > Backup"
        )
        parser.add_argument("--nightly", action="store_true", help="only if there is none of today yet")
        parser.add_argument("--copy", action="store_true", help="makes none: copies what has not been copied yet")
        parser.add_argument("--by", type=int, metavar="PERSON", help="the key of the person who asked for it")
        _passphrase.add_argument(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        by = User.objects.filter(pk=options["by"]).first()
        origin = context.SYSTEM if options["nightly"] or by else context.COMMAND
        try:
            with context.override_origin(origin):
                if options["file"]:
                    self._say(self._to(options))
                    return
                if not options["copy"] and (not options["nightly"] or making.is_due()):
                    self._say(making.make(places.from_settings(), by, nightly=options["nightly"]).file)
                sending.copy_owed(places.from_settings(), by)
        except BackupError as error:
            raise CommandError(in_english(error)) from error

    def _say(self, made: object) -> None:
        self.stdout.write(f"Backed up and verified: {made}")

    def _to(self, options: dict[str, Any]) -> Path:
        path: Path = options["file"].absolute()
        chosen = BackupSettings.load()
        if chosen.sealed_passphrase and not options["passphrase_file"]:
            passphrase = making.passphrase()
        else:
            passphrase = _passphrase.given(options["passphrase_file"])
        if len(passphrase) < making.SHORTEST_PASSPHRASE:
            raise CommandError(f"The passphrase needs at least {making.SHORTEST_PASSPHRASE} characters.")
        making.write_to(path, passphrase, places.from_settings(), voicemail=chosen.voicemail)
        return path
