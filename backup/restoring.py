"""Restoring a backup into an empty place, all or nothing, and trying one without touching what runs.

The file is opened whole before anything is written. What it holds is then laid ready beside its places, migrated and
checked there, and put in place in one step (core.restored).
"""

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings

from backup import archive, contents, database
from backup.archive import SEALING_KEY, SECRET_KEY, Manifest
from backup.errors import ArchiveError, RestoreError, reason
from backup.places import Place
from core import commands, file_lock, restored, running
from core.coded_text import CodedText

READY = ".restored."  # what lies ready is called so, beside its place
KEEP_FREE = 100_000_000  # bytes
DATABASE = "database.sqlite3"
LIKE_OURS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Report:
    """What was restored. `log_hash`: of the last of `log_count` entries; `secrets`: so many were opened."""

    counts: dict[str, int]
    log_count: int
    log_hash: str
    secrets: int


def verified(path: Path, passphrase: str, room: Path) -> Manifest:
    """Of a backup that this portal can restore. Raises ArchiveError."""
    try:
        free = max(0, shutil.disk_usage(room).free - KEEP_FREE)
        manifest = archive.verify(path, passphrase, free)
    except OSError as error:
        raise ArchiveError(CodedText("backup.unreadable", why=reason(error))) from error
    if not set(manifest.migrations) <= database.known_migrations():
        raise ArchiveError(CodedText("backup.newer"))
    return manifest


# --- into an empty place ---


def restore(path: Path, passphrase: str, place: Place) -> Report:
    """Raises BackupError, and then nothing was changed."""
    with _alone(place):
        _refuse_full(place)
        manifest = verified(path, passphrase, place.var)
        used = "sqlite" if place.database else "postgresql"
        if manifest.database != used:
            names = {"made": LIKE_OURS[manifest.database], "used": LIKE_OURS[used]}
            raise RestoreError(CodedText("restore.other_database", **names))
        ready = {name: target.with_name(f"{READY}{target.name}") for name, target in place.folders.items()}
        try:
            _forget(ready)
            report = _lay_ready(path, passphrase, manifest, ready, place)
            pairs = [(ready[name], target) for name, target in place.folders.items() if ready[name].exists()]
            restored.place(place.var, pairs)
        except OSError as error:
            raise RestoreError(CodedText("restore.not_sound", why=reason(error))) from error
        finally:
            if not (place.var / restored.LIST).exists():
                _forget(ready)
    return report


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    """While no portal runs here."""
    with ExitStack() as held:
        try:
            held.enter_context(running.stopped(place.var))
            held.enter_context(file_lock.try_acquire(place.lock))
        except file_lock.LockedError as error:
            raise RestoreError(CodedText("restore.is_running")) from error
        except OSError as error:
            raise RestoreError(CodedText("restore.not_sound", why=reason(error))) from error
        yield


def _refuse_full(place: Place) -> None:
    """A file that nothing has written to is no database: the settings make it."""
    database_is_there = place.database.exists() and place.database.stat().st_size > 0 if place.database else False
    full = [place.database] if database_is_there else []
    full += [each for each in (place.engine_file, place.folders["voicemail"]) if each.exists()]
    if full:
        raise RestoreError(CodedText("restore.not_empty", place=str(full[0])))
    if place.database is None and not database.is_empty():
        raise RestoreError(CodedText("restore.not_empty", place=database.environment().get("PGDATABASE", "")))


BESIDE_SQLITE = ("-wal", "-shm", "-journal")  # of one that was killed: SQLite would take them for the next file's


def _forget(ready: dict[str, Path]) -> None:
    files = [*ready.values(), *(Path(f"{each}{end}") for each in ready.values() for end in BESIDE_SQLITE)]
    for each in files:
        if each.is_dir():
            shutil.rmtree(each)
        else:
            each.unlink(missing_ok=True)


def _lay_ready(path: Path, passphrase: str, manifest: Manifest, ready: dict[str, Path], place: Place) -> Report:
    dump = place.var / f"{READY}dump"
    try:
        archive.extract(path, passphrase, manifest, {**ready, "database.dump": dump})
        keys = (ready["secrets"] / Path(SEALING_KEY).name).read_text().split()
        if settings.SEALING_KEYS and not set(keys) <= set(settings.SEALING_KEYS):
            raise RestoreError(CodedText("restore.other_keys"))
        if place.database:
            return sound(ready[DATABASE], ready["secrets"], manifest)
        return _into_postgresql(dump, manifest)
    finally:
        dump.unlink(missing_ok=True)


def _into_postgresql(dump: Path, manifest: Manifest) -> Report:
    """In one transaction. `run` migrates it at the next start."""
    command = ["pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    environment = database.environment()
    command += ["--dbname", environment.get("PGDATABASE", ""), str(dump)]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise RestoreError(CodedText("backup.no_program", program=command[0])) from error
    if done.returncode:
        raise RestoreError(CodedText("restore.not_sound", why=done.stderr.strip()[-500:]))
    return Report(manifest.counts, manifest.log_count, manifest.log_hash, 0)


# --- a look at what was restored ---


def sound(file: Path, secrets: Path, manifest: Manifest) -> Report:
    """Count it, migrate it, walk its log, open its secrets: all that, or ArchiveError. In a process of its own, which
    has the database and the keys of the backup and nothing of ours.
    """
    _refuse_other_counts(file, manifest)
    work = file.with_name(f"{READY}work")
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "pbxportal.settings",
        "PBXPORTAL_VAR": str(work),
        "PORTAL_ALLOW_ROOT": "True",
        "DATABASE_URL": f"sqlite:///{quote(str(file))}",
        "SEALING_KEYS": ",".join((secrets / Path(SEALING_KEY).name).read_text().split()),
        "SECRET_KEY": (secrets / Path(SECRET_KEY).name).read_text().strip(),
    }
    command = commands.of("check_restored")
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        said: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {"why": done.stderr.strip()[-500:]}
    except ValueError:
        said = {"why": done.stdout[-500:]}
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if "why" in said:
        raise ArchiveError(CodedText("restore.not_sound", why=said["why"]))
    _fold_into_one_file(file)
    return Report(manifest.counts, manifest.log_count, manifest.log_hash, said["secrets"])


OURS = {"SEALING_KEYS", "SECRET_KEY", "DATABASE_URL", "PBXPORTAL_VAR", "ASTERISK_DIR", "ENGINE_FILE"}
OURS |= {f"{each}_FILE" for each in OURS}


def _refuse_other_counts(file: Path, manifest: Manifest) -> None:
    try:
        with closing(sqlite3.connect(file)) as db:
            (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
            if said != "ok":
                raise ArchiveError(CodedText("restore.not_sound", why=said))
            found = database.facts_of(db)
    except sqlite3.Error as error:
        raise ArchiveError(CodedText("restore.not_sound", why=str(error))) from error
    for table, count in manifest.counts.items():
        if found["counts"].get(table, count) != count:
            raise ArchiveError(CodedText("restore.other_counts", table=table))
    if (found["log_count"], found["log_hash"]) != (manifest.log_count, manifest.log_hash):
        raise ArchiveError(CodedText("backup.altered"))


def _fold_into_one_file(file: Path) -> None:
    """What the portal writes beside it, while it has it open, goes into it."""
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA journal_mode=DELETE")


def try_out(path: Path, passphrase: str, place: Place, work: Path) -> CodedText:
    """Restore it into the empty folder `work`. Gives how much that was. Raises BackupError."""
    manifest = verified(path, passphrase, work)
    facts = contents.facts(manifest)
    if manifest.database != "sqlite":
        return CodedText("restore.dump_read", **facts)
    there = {name: work / name for name in (*place.folders, DATABASE)}
    try:
        archive.extract(path, passphrase, manifest, there)
        report = sound(there[DATABASE], there["secrets"], manifest)
    except OSError as error:
        raise RestoreError(CodedText("restore.not_sound", why=reason(error))) from error
    return CodedText("restore.tried", **facts, secrets=report.secrets)
