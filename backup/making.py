"""Making a backup: written beside its place, opened whole, put there, and the old ones removed."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.timezone import localdate, localtime, now

from accounts.models import User
from asterisk import nodes
from asterisk.apply import by_phone
from asterisk.engine import store as engine
from backup import archive, contents, retention
from backup.archive import Manifest
from backup.errors import BackupError, reason
from backup.models import Backup, BackupSettings
from backup.places import Place
from core import disk, encryption, file_lock
from core.audit import log
from core.coded_text import CodedText

NAME = re.compile(r"pbxportal-\d{8}-\d{6}\.backup")
WORK = "backup-work"
KEPT_ROWS = 200
SHORTEST_PASSPHRASE = 12


@contextmanager
def only_one(place: Place) -> Iterator[None]:
    """Raises BackupError while another backup, or the trial of one, is under way."""
    try:
        lock = file_lock.try_acquire(place.lock)
    except file_lock.LockedError as error:
        raise BackupError(CodedText("backup.running")) from error
    except OSError as error:
        raise BackupError(CodedText("backup.not_written", why=reason(error))) from error
    with lock:
        yield


def is_running(place: Place) -> bool:
    try:
        file_lock.try_acquire(place.lock).close()
    except file_lock.LockedError:
        return True
    except OSError:  # nothing can be written: then no backup is
        return False
    return False


@contextmanager
def work_folder(place: Place) -> Iterator[Path]:
    """An empty folder, for who holds the lock. What a killed one has left is removed. Raises BackupError."""
    shutil.rmtree(place.var / WORK, ignore_errors=True)
    try:
        (place.var / WORK).mkdir(mode=0o700)
    except OSError as error:
        raise BackupError(CodedText("backup.not_written", why=reason(error))) from error
    try:
        yield place.var / WORK
    finally:
        shutil.rmtree(place.var / WORK, ignore_errors=True)


def passphrase() -> str:
    """The saved one. Raises BackupError."""
    try:
        saved = BackupSettings.load().passphrase
    except encryption.SealError as error:
        raise BackupError(CodedText("backup.unreadable_passphrase")) from error
    if not saved:
        raise BackupError(CodedText("backup.no_passphrase"))
    return saved


def is_due() -> bool:
    """Whether today's is missing; never, where no passphrase was set."""
    made = Backup.objects.filter(nightly=True, state=Backup.State.VERIFIED, started_at__lte=now()).first()
    is_set = bool(BackupSettings.load().sealed_passphrase)
    return is_set and not (made and localtime(made.started_at).date() >= localdate())


def make(place: Place, by: User | None, *, nightly: bool = False) -> Backup:
    """Into the folder of the settings. Raises BackupError; then the row says why."""
    with only_one(place):
        chosen = BackupSettings.load()
        close_interrupted()
        row = Backup.objects.create(by=by, nightly=nightly)
        try:
            folder = _folder(place, chosen)
            row.file = str(folder / f"pbxportal-{localtime(row.started_at):%Y%m%d-%H%M%S}.backup")
            row.save(update_fields=["file"])
            manifest = _write(Path(row.file), passphrase(), place, voicemail=chosen.voicemail)
        except BackupError as error:
            row.file = ""
            row.close(Backup.State.FAILED, why=error)
            log.record(by, "backup.made", _on(row), result=log.Result.FAILED, why=error)
            raise
        row.size = Path(row.file).stat().st_size
        row.close(Backup.State.VERIFIED, manifest_facts=contents.facts(manifest))
        log.record(by, "backup.made", row.name)
        _remove_old(folder, chosen)
    return row


def close_interrupted() -> None:
    """By who holds the lock: then nobody else is at work. A file that has its name has been verified."""
    for each in Backup.objects.filter(state=Backup.State.RUNNING):
        if each.is_there:
            each.size = each.path.stat().st_size
            each.close(Backup.State.VERIFIED)
        else:
            each.file = ""
            each.close(Backup.State.FAILED, why=CodedText("backup.interrupted"))


def _on(row: Backup) -> str:
    return f"{localtime(row.started_at):%Y-%m-%d %H:%M}"


def write_to(path: Path, with_passphrase: str, place: Place, *, voicemail: bool) -> Manifest:
    """To a file of its own, of which no list knows. Raises BackupError."""
    with only_one(place):
        return _write(path, with_passphrase, place, voicemail=voicemail)


def _folder(place: Place, chosen: BackupSettings) -> Path:
    folder = Path(chosen.folder) if chosen.folder else place.usual_folder
    try:
        if not chosen.folder:
            folder.mkdir(mode=0o700, exist_ok=True)
        for left in folder.glob(".pbxportal-*.part*"):  # by one that was killed
            left.unlink()
    except OSError as error:
        raise BackupError(CodedText("backup.not_written", why=reason(error))) from error
    return folder


def _write(path: Path, with_passphrase: str, place: Place, *, voicemail: bool) -> Manifest:
    """There, whole and opened once, or not at all."""
    _take_what_was_changed_by_phone()
    if path.exists():
        raise BackupError(CodedText("backup.exists", file=str(path)))
    draft = path.with_name(f".{path.name}.part")
    try:
        with work_folder(place) as work:
            _look_for_room(place)
            draft.unlink(missing_ok=True)
            with open(draft, "xb", opener=_for_its_owner) as file:
                frugal = Frugal(file, path.parent)
                contents.write(frugal, with_passphrase, place, work, now().astimezone(UTC), voicemail=voicemail)
                file.flush()
                os.fsync(file.fileno())
        manifest = archive.verify(draft, with_passphrase)
        draft.rename(path)
    except OSError as error:
        raise BackupError(CodedText("backup.not_written", why=reason(error))) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return manifest


class Frugal:
    """Writes to a file there, and leaves a disk that the portal needs itself some room. Raises OSError."""

    def __init__(self, file: IO[bytes], folder: Path) -> None:
        self._file, self._folder = file, folder
        self._is_ours = disk.is_ours(folder)

    def write(self, data: bytes) -> int:
        if self._is_ours and disk.usage(self._folder)[2] < disk.LEFT:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(data)


def _look_for_room(place: Place) -> None:
    """The database is copied first. Raises OSError where that would fill the disk."""
    if place.database and disk.usage(place.var)[2] - _size(place.database) < disk.LEFT:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _size(database: Path) -> int:
    """With what is not yet in it."""
    files = (database, database.with_name(f"{database.name}-wal"))
    return sum(each.stat().st_size for each in files if each.exists())


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _take_what_was_changed_by_phone() -> None:
    """It is in the PBX's table until somebody takes it over, and that table is in no backup."""
    node = nodes.from_settings()
    if node.engine_file.exists():
        with (
            suppress(engine.EngineError),
            engine.locked(node.engine_file, settings.LOCK_SECONDS),
            engine.opened(node.engine_file) as db,
        ):
            by_phone.take(node, db)


def _remove_old(folder: Path, chosen: BackupSettings) -> None:
    """Those that this list knows, by their names and in this folder: nothing else is ours to delete.

    What a clock made that was ahead stays until its time has come, and takes nobody's place.
    """
    rows = [
        row
        for row in Backup.objects.filter(state=Backup.State.VERIFIED, started_at__lte=now()).exclude(file="")
        if NAME.fullmatch(row.name) and Path(row.file).parent == folder
    ]
    kept = retention.kept((localtime(row.started_at) for row in rows), chosen.days, chosen.weeks, chosen.months)
    for row in rows:
        if localtime(row.started_at) not in kept:
            with suppress(OSError):
                Path(row.file).unlink(missing_ok=True)
                row.delete()
    failed = Backup.objects.filter(file="").values_list("pk", flat=True)[KEPT_ROWS:]
    Backup.objects.filter(pk__in=list(failed)).delete()
