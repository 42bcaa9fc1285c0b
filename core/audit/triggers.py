"""The triggers that let the operation log only grow.

On SQLite Django drops them whenever a migration makes the table anew: so every `migrate` looks after them.
"""

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

LOG, HEAD = "core_auditrecord", "core_audithead"
WORDS = "The operation log can only grow."
STEP = "The head of the operation log moves on, and only over rows that are there."
NAMES = ("log_keeps_values", "log_keeps_rows", "log_keeps_head", "log_steps_head", "log_adds_rows", "log_has_one_head")
TABLES = (LOG, LOG, HEAD, HEAD, LOG, HEAD)
# Of an update of the head: it stays, goes back, or passes over a row that is missing.
ROWS_BETWEEN = f"SELECT count(*) FROM {LOG} WHERE id > old.count AND id <= new.count"  # noqa: S608 (our own names)
MISSTEP = f"new.count <= old.count OR new.count - old.count <> ({ROWS_BETWEEN})"

ON_SQLITE = [
    f"CREATE TRIGGER {name} BEFORE {deed} ON {table} {when} BEGIN SELECT RAISE(ABORT, '{words}'); END"
    for name, deed, table, when, words in (
        (NAMES[0], "UPDATE", LOG, "", WORDS),
        (NAMES[1], "DELETE", LOG, "", WORDS),
        (NAMES[2], "DELETE", HEAD, "", WORDS),
        (NAMES[3], "UPDATE", HEAD, f"WHEN {MISSTEP}", STEP),
        # INSERT OR REPLACE takes the row away that is in its place, and tells no trigger of DELETE or UPDATE.
        (NAMES[4], "INSERT", LOG, f"WHEN EXISTS (SELECT 1 FROM {LOG} WHERE id = new.id)", WORDS),  # noqa: S608 (our own names)
        (NAMES[5], "INSERT", HEAD, f"WHEN EXISTS (SELECT 1 FROM {HEAD})", WORDS),  # noqa: S608
    )
]
REFUSE = "CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{}'; END $$"
REFUSE_MISSTEP = (
    "CREATE OR REPLACE FUNCTION log_head_steps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" IF {MISSTEP} THEN RAISE EXCEPTION '{STEP}'; END IF; RETURN new; END $$"
)
ON_POSTGRESQL = [
    REFUSE.format("log_only_grows", WORDS),
    REFUSE_MISSTEP,
    f"CREATE TRIGGER {NAMES[0]} BEFORE UPDATE OR DELETE ON {LOG} FOR EACH ROW EXECUTE FUNCTION log_only_grows()",
    f"CREATE TRIGGER {NAMES[1]} BEFORE TRUNCATE ON {LOG} FOR EACH STATEMENT EXECUTE FUNCTION log_only_grows()",
    f"CREATE TRIGGER {NAMES[2]} BEFORE DELETE OR TRUNCATE ON {HEAD}"
    " FOR EACH STATEMENT EXECUTE FUNCTION log_only_grows()",
    f"CREATE TRIGGER {NAMES[3]} BEFORE UPDATE ON {HEAD} FOR EACH ROW EXECUTE FUNCTION log_head_steps()",
]


def look_after(using: str, **_: Any) -> None:
    """Makes what is missing. Called after every migrate, also after one that does not come as far as this table."""
    if is_there(connections[using]):
        protect(connections[using])


def is_there(connection: BaseDatabaseWrapper) -> bool:
    return HEAD in connection.introspection.table_names()


def protect(connection: BaseDatabaseWrapper) -> None:
    release(connection)
    with connection.cursor() as cursor:
        for statement in ON_SQLITE if connection.vendor == "sqlite" else ON_POSTGRESQL:
            cursor.execute(statement)


def release(connection: BaseDatabaseWrapper) -> None:
    """For a database that is emptied as a whole."""
    with connection.cursor() as cursor:
        for name, table in zip(NAMES, TABLES, strict=True):
            of = "" if connection.vendor == "sqlite" else f" ON {table}"
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{of}")
