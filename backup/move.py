"""Moving to another database: every row of every table, compared on both sides; in one transaction of the other."""

import hashlib
import json
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import environ
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connections, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from backup.errors import BackupError
from backup.places import Place
from core import file_lock, running
from core.audit import hash_chain, triggers
from core.audit.models import AuditHead, AuditRecord
from core.coded_text import CodedText

OTHER = "other"
AT_ONCE = 1000


@dataclass(frozen=True)
class Moved:
    tables: int
    rows: int
    log_count: int
    log_hash: str


def move(url: str, place: Place) -> Moved:
    """From the database of the settings to an empty one. Raises BackupError, and then that one has no rows of ours."""
    with _stopped(place):
        connect(url)
        if MigrationRecorder(connections[OTHER]).has_table():
            raise BackupError(CodedText("move.not_empty"))
        call_command("migrate", database=OTHER, interactive=False, verbosity=0)
        call_command("createcachetable", database=OTHER, verbosity=0)
        triggers.release(connections[OTHER])
        try:
            with transaction.atomic(OTHER):
                rows = _copy_all()
                head = _walk_the_log()
        finally:
            triggers.protect(connections[OTHER])
        return Moved(len(tables()), rows, head.count, head.last_hash)


@contextmanager
def _stopped(place: Place) -> Iterator[None]:
    with ExitStack() as held:
        try:
            held.enter_context(running.stopped(place.var))
        except file_lock.LockedError as error:
            raise BackupError(CodedText("move.running")) from error
        yield


def connect(url: str) -> None:
    """The other database, with the options of one like it. Raises BackupError."""
    try:
        database = _read(url)
        used = settings.DATABASES["default"]
        if database["ENGINE"] == used["ENGINE"]:
            database["OPTIONS"] = {**used.get("OPTIONS", {})}
        connections.settings[OTHER] = connections.configure_settings(
            {"default": connections.settings["default"], OTHER: database}
        )[OTHER]
        connections[OTHER].ensure_connection()
    except BackupError:
        raise
    except Exception as error:
        raise BackupError(CodedText("move.unreachable", why=str(error).strip())) from error


def _read(url: str) -> dict[str, Any]:
    """Raises BackupError. A file is made for its owner alone: those that SQLite makes beside it are as it is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what is said here
        database: dict[str, Any] = environ.Env.db_url_config(url)
    if not database.get("ENGINE"):
        raise BackupError(CodedText("move.no_address", url=url))
    if database["ENGINE"] == "django.db.backends.sqlite3":
        Path(database["NAME"]).touch(mode=0o600)
    return database


def tables() -> list[type[models.Model]]:
    """Of all that is kept, those between two others included."""
    return [each for each in apps.get_models(include_auto_created=True) if each._meta.managed]  # noqa: SLF001


def _copy_all() -> int:
    """Foreign keys are looked at when the transaction ends, so the order does not matter. Gives how many rows."""
    total = 0
    with connections[OTHER].constraint_checks_disabled():
        for model in tables():
            model._base_manager.using(OTHER).all()._raw_delete(OTHER)  # noqa: SLF001 (what migrate has put there)
        for model in tables():
            for some in _chunks(model, "default"):
                model._base_manager.using(OTHER).bulk_create(some)  # noqa: SLF001
            here, there = checksum(model, "default"), checksum(model, OTHER)
            if here != there:
                raise BackupError(CodedText("move.differs", table=model._meta.db_table))  # noqa: SLF001
            total += here[0]
    with connections[OTHER].cursor() as cursor:
        for statement in connections[OTHER].ops.sequence_reset_sql(no_style(), tables()):
            cursor.execute(statement)
    connections[OTHER].check_constraints()
    return total


def _chunks(model: type[models.Model], using: str) -> Iterator[list[models.Model]]:
    held: list[models.Model] = []
    for row in model._base_manager.using(using).order_by("pk").iterator(AT_ONCE):  # noqa: SLF001
        held.append(row)
        if len(held) == AT_ONCE:
            yield held
            held = []
    if held:
        yield held


def checksum(model: type[models.Model], using: str) -> tuple[int, str]:
    """How many rows, and of all their values, whatever their order: the two databases sort text differently."""
    count, total = 0, 0
    names = [field.attname for field in model._meta.concrete_fields]  # noqa: SLF001
    for values in model._base_manager.using(using).order_by().values_list(*names).iterator(AT_ONCE):  # noqa: SLF001
        text = json.dumps([_plain(each) for each in values], sort_keys=True, ensure_ascii=False)
        total += int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
        count += 1
    return count, f"{total % (1 << 256):064x}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()
    return value if value is None or isinstance(value, bool | int | float | str | list | dict) else str(value)


def _walk_the_log() -> AuditHead:
    head = AuditHead.objects.using(OTHER).get(pk=1)
    records = AuditRecord.objects.using(OTHER).order_by("id").values_list(*hash_chain.HASHED, "hash")
    try:
        hash_chain.walk(records.iterator(AT_ONCE), head.count, head.last_hash)
    except hash_chain.Broken as error:
        raise BackupError(CodedText("move.broken_log", why=str(error))) from error
    return head
