"""Copying backups to where copies go, and removing old ones there."""

from django.utils import timezone
from django.utils.timezone import localtime

from accounts.models import User
from backup import making, retention
from backup.copies import choice
from backup.copies.far_end import FarEnd
from backup.errors import BackupError
from backup.models import Backup, BackupSettings, Copy, CopySettings
from backup.places import Place
from core.audit import log
from core.coded_text import CodedText, to_json


def owed(chosen: CopySettings) -> list[Backup]:
    """The newest good one, and those before it that could not be copied, newest first; without those that are there."""
    if not chosen.place:
        return []
    good = Backup.objects.filter(state=Backup.State.VERIFIED).exclude(file="")
    newest = good.first()
    waiting = good.exclude(copies__place=chosen.place)
    return [row for row in waiting if row.is_there and (row == newest or row.copy_why)]


def copy_owed(place: Place, by: User | None = None) -> None:
    """Raises BackupError, and then the row of the backup says why."""
    chosen = CopySettings.load()
    rows = owed(chosen)
    if not rows:
        return
    with making.only_one(place):
        for row in rows:
            _copy(row, chosen, by)
        _remove_old(choice.far_end(chosen), chosen)


def _copy(row: Backup, chosen: CopySettings, by: User | None) -> None:
    row.copy_why = to_json(CodedText("copy.interrupted"))  # should nobody come back from it
    row.save(update_fields=["copy_why"])
    try:
        choice.far_end(chosen).send(row.path)
    except BackupError as error:
        row.copy_why = to_json(error)
        row.save(update_fields=["copy_why"])
        log.record(by, "backup.copied", row.name, result=log.Result.FAILED, why=error)
        raise
    row.copy_why = None
    row.save(update_fields=["copy_why"])
    Copy.objects.create(backup=row, place=chosen.place, name=row.name, made_at=row.started_at)
    log.record(by, "backup.copied", row.name, copied_to=chosen.place)


def _remove_old(far: FarEnd, chosen: CopySettings) -> None:
    """By the same rule as here; what was copied elsewhere, or is not known, is left alone."""
    rows = list(Copy.objects.filter(place=chosen.place, made_at__lte=timezone.now()))
    rule = BackupSettings.load()
    kept = retention.kept((localtime(row.made_at) for row in rows), rule.days, rule.weeks, rule.months)
    for row in rows:
        if localtime(row.made_at) not in kept:
            far.remove(row.name)
            row.delete()
