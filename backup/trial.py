"""Trying a restore, while the portal runs."""

from pathlib import Path

from django.utils.timezone import now

from backup import making, restoring
from backup.errors import BackupError
from backup.models import Backup
from backup.places import Place
from core.coded_text import CodedText, to_json


def of_file(path: Path, passphrase: str, place: Place) -> CodedText:
    """How much it holds. Raises BackupError."""
    with making.only_one(place), making.work_folder(place) as work:
        return restoring.try_out(path, passphrase, place, work)


def of_row(key: int, place: Place) -> None:
    """With the saved passphrase; the row says what came of it. Raises BackupError where another is under way."""
    with making.only_one(place), making.work_folder(place) as work:
        making.close_interrupted()
        row = Backup.objects.filter(pk=key).first()
        if row is None:  # it was removed as old meanwhile
            return
        try:
            row.trial = to_json(restoring.try_out(Path(row.file), making.passphrase(), place, work))
            row.trial_failed = False
        except BackupError as error:
            row.trial, row.trial_failed = to_json(error), True
            if row.trial == {"code": "backup.wrong_passphrase"}:  # it was changed since: nothing is wrong with the file
                row.trial, row.trial_failed = to_json(CodedText("backup.other_passphrase")), False
        row.tried_at = now()
        row.save(update_fields=["trial", "trial_failed", "tried_at"])
