"""A picture of the portal's database at one moment, while others go on writing."""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from backup.errors import BackupError
from core.audit.triggers import HEAD
from core.coded_text import CodedText

READ_SIZE = 1 << 20
WAIT_SECONDS = 60


@dataclass(frozen=True)
class Picture:
    name: str
    blocks: Iterator[bytes]
    facts: dict[str, Any]  # for the manifest


def blocks_of(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(READ_SIZE):
        yield block


@contextmanager
def picture(work: Path) -> Iterator[Picture]:
    """`work`: a folder for what is in the way only. Raises BackupError."""
    with _of_sqlite(work) if connection.vendor == "sqlite" else _of_postgresql() as found:
        yield found


@contextmanager
def _of_sqlite(work: Path) -> Iterator[Picture]:
    copy = work / "database.sqlite3"
    try:
        with (
            closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=WAIT_SECONDS)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            target.execute("PRAGMA synchronous=OFF")
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
            facts = facts_of(target)
    except sqlite3.Error as error:
        raise BackupError(CodedText("backup.database", why=str(error))) from error
    with copy.open("rb") as file:
        yield Picture("database.sqlite3", blocks_of(file), {"database": "sqlite", **facts})


def facts_of(db: Any) -> dict[str, Any]:
    """By a connection or a cursor of either database; what the manifest says of it."""
    there = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return _facts(lambda sql: db.execute(sql).fetchall(), there)


def _facts(asked: Any, there: set[str]) -> dict[str, Any]:
    tables = sorted(there & {*connection.introspection.django_table_names(include_views=False)})
    head = asked(f"SELECT count, last_hash FROM {HEAD}") if HEAD in there else []  # noqa: S608 (our own names)
    log_count, log_hash = head[0] if head else (0, "")
    return {
        "counts": {table: asked(f'SELECT count(*) FROM "{table}"')[0][0] for table in tables},  # noqa: S608
        "migrations": [f"{app}.{name}" for app, name in asked("SELECT app, name FROM django_migrations ORDER BY id")],
        "log_count": log_count,
        "log_hash": log_hash,
    }


@contextmanager
def _of_postgresql() -> Iterator[Picture]:
    """By pg_dump, which sees the same moment as who counts here."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone() or [""]

        def asked(sql: str) -> Any:
            cursor.execute(sql)
            return cursor.fetchall()

        facts = _facts(asked, set(connection.introspection.table_names(cursor)))
        command = ["pg_dump", "--format=custom", "--compress=0", "--no-owner", "--no-privileges"]
        command += [f"--snapshot={snapshot}"]
        with _running(command) as dumping:
            yield Picture("database.dump", _dumped(dumping), {"database": "postgresql", **facts})


def _dumped(dumping: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    if dumping.stdout and dumping.stderr:
        yield from blocks_of(dumping.stdout)
        said = dumping.stderr.read().decode(errors="replace").strip()
        if dumping.wait():
            raise BackupError(CodedText("backup.database", why=said[-500:]))


@contextmanager
def _running(command: list[str]) -> "Iterator[subprocess.Popen[bytes]]":
    """A program of PostgreSQL's on this database. Raises BackupError where it is not installed."""
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(command, env=environment(), stdout=pipe, stderr=pipe)
    except FileNotFoundError as error:
        raise BackupError(CodedText("backup.no_program", program=command[0])) from error
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def environment() -> dict[str, str]:
    """By which the programs of PostgreSQL find the database: a password is in no command line."""
    database = settings.DATABASES["default"]
    known = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    said = {name: str(connection.settings_dict.get(key) or database.get(key) or "") for name, key in known.items()}
    return {**os.environ, **{name: value for name, value in said.items() if value}}


def known_migrations() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}


def is_empty() -> bool:
    """Whether the portal has never been started on it."""
    return not MigrationRecorder(connection).has_table()
