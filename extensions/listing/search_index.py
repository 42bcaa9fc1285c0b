"""The indexes that find a piece of text anywhere in a row: FTS5 on SQLite, pg_trgm on PostgreSQL.

On SQLite triggers keep them, and Django drops them with those whenever a migration makes the table anew: so every
`migrate` looks after them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from core.database_errors import INSUFFICIENT_PRIVILEGE, sqlstate_of

ROWS = "extensions_sipextension"
TABLE = "extensions_trigrams"
SHORTEST = 3  # characters of a word that has a trigram
TRIGGER = f"CREATE TRIGGER {TABLE}_%s AFTER %s ON {ROWS}"
FORGET = f"INSERT INTO {TABLE}({TABLE}, rowid, search_text) VALUES ('delete', old.position, old.search_text);"  # noqa: S608 (our own names)
LEARN = f"INSERT INTO {TABLE}(rowid, search_text) VALUES (new.position, new.search_text);"  # noqa: S608 (our own names)
CHANGED = "WHEN old.search_text <> new.search_text OR old.number <> new.number"
FOLLOW = f"{TRIGGER % ('follow', 'UPDATE OF number, search_text')} {CHANGED} BEGIN {FORGET} {LEARN} END"
REBUILD = f"INSERT INTO {TABLE}({TABLE}) VALUES ('rebuild')"  # noqa: S608 (our own names)
MANY = 100

# An order's index that has the text too: many matches are found by walking it, and the table stays unread.
WALKS = {"search_by_position": "position", "search_by_name": "sort_name", "search_by_email": "sort_email"}
FILTERED_BY = "enabled, voicemail, has_password, sort_role, user_id"
ON_SQLITE = (
    *(
        f"CREATE INDEX IF NOT EXISTS {name} ON {ROWS}({key}, id, search_text, {FILTERED_BY})"
        for name, key in WALKS.items()
    ),
    f"""CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE} USING fts5(
        search_text, content='{ROWS}', content_rowid='position', tokenize='trigram case_sensitive 1')""",
    f"{TRIGGER % ('learn', 'INSERT')} BEGIN {LEARN} END",
    f"{TRIGGER % ('forget', 'DELETE')} BEGIN {FORGET} END",
    FOLLOW,
    REBUILD,
)
ON_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE INDEX IF NOT EXISTS {TABLE} ON {ROWS} USING gin (search_text gin_trgm_ops)",
)
NOT_ALLOWED = (
    "Search needs PostgreSQL's pg_trgm, and this database user may not create it (%s). As a superuser of the "
    "database: CREATE EXTENSION pg_trgm; then run migrate again."
)


@contextmanager
def made_anew(connection: BaseDatabaseWrapper, many: int) -> Iterator[None]:
    """Inside a transaction in which so many texts change: the whole index at once is sooner made than row by row."""
    if connection.vendor != "sqlite" or many < MANY:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {TABLE}_follow")
        yield
        cursor.execute(FOLLOW)
        cursor.execute(REBUILD)


def look_after(using: str, **_: Any) -> None:
    """Makes what is missing. Called after every migrate, also after one that does not come as far as these columns."""
    connection = connections[using]
    if not _can_be_there(connection) or _is_there(connection):
        return
    statements = ON_SQLITE if connection.vendor == "sqlite" else ON_POSTGRESQL
    try:
        with transaction.atomic(using), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    except ProgrammingError as error:
        if sqlstate_of(error) != INSUFFICIENT_PRIVILEGE:
            raise
        raise ImproperlyConfigured(NOT_ALLOWED % str(error).strip()) from error


def _can_be_there(connection: BaseDatabaseWrapper) -> bool:
    return ("extensions", "0005_list_orders") in MigrationRecorder(connection).applied_migrations()


def _is_there(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [ROWS])
        else:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [TABLE])
        return bool((cursor.fetchone() or [False])[0])


def matches(connection: BaseDatabaseWrapper, words: list[str], limit: int) -> list[int]:
    """SQLite: the positions of rows that contain every word, each of them no shorter than SHORTEST."""
    phrases = " ".join('"{}"'.format(word.replace('"', '""')) for word in words)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s LIMIT %s", [phrases, limit])  # noqa: S608
        return [position for (position,) in cursor.fetchall()]
