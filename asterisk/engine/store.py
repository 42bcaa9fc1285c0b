"""The engine: the SQLite file that Asterisk reads through its realtime driver. Only an apply writes it."""

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import phonenumbers

from asterisk.engine import lines
from asterisk.engine.columns import TABLES
from asterisk.engine.render import Rows
from asterisk.engine.snapshot import chunks
from core import file_lock
from core.coded_text import CodedText
from core.database_errors import Fault, fault_of
from core.wal import switch_to_wal

SCHEMA = Path(__file__).with_name("schema.sql")
BUSY_SECONDS = 5


class EngineError(Exception):
    """The engine's file cannot be read or written. Its text is coded, as a PbxError's."""


class EngineBusyError(EngineError):
    """Another apply went on for longer than this one was to wait."""


# What is at fault -> the one thing to do.
REMEDIES = {
    Fault.FULL: "table.free_space",
    Fault.FORBIDDEN: "table.let_write",
    Fault.DAMAGED: "table.made_anew",
}


def unusable(path: Path, error: Exception) -> EngineError:
    """The error, with the one thing to do about it."""
    said, fault = str(error), fault_of(error)
    if fault not in REMEDIES:
        return EngineError(CodedText("table.unusable", table=path.name, said=said))
    to_do = CodedText(REMEDIES[fault], directory=path.parent)
    return EngineError(CodedText("table.to_be_mended", table=path.name, said=said, remedy=to_do))


@dataclass(frozen=True)
class Step:
    """One number: its rows in the engine now, and as they should be."""

    number: str
    before: Rows
    after: Rows

    @property
    def renames_only(self) -> bool:
        old, new = self.before.login, self.after.login
        if old is None or new is None or self.before.of_tables[1:] != self.after.of_tables[1:]:
            return False
        return replace(old, caller_name=new.caller_name, caller_id=new.caller_id) == new


def prepare(path: Path) -> None:
    """Make the file and its tables. Before Asterisk starts: it would make an empty file itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as db:
        switch_to_wal(db, BUSY_SECONDS)
        _widen(db)
        db.executescript(SCHEMA.read_text())
        db.execute("INSERT OR IGNORE INTO common VALUES ('token', ?)", (secrets.token_hex(8),))
        _put_worldwide(db)
    path.chmod(0o600)


def _widen(db: sqlite3.Connection) -> None:
    """Give a table of an earlier version the columns that have come since; one of lines is to be filled anew."""
    with closing(sqlite3.connect(":memory:")) as new:
        new.executescript(SCHEMA.read_text())
        for table in TABLES:
            there = {name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")}
            for _, name, kind, _, default, _ in new.execute(f"PRAGMA table_info({table})"):
                if there and name not in there:
                    db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind} NOT NULL DEFAULT {default}")
        for table in lines.COLUMNS:
            held, now = (each.execute(f"PRAGMA table_info({table})").fetchall() for each in (db, new))
            if held and held != now:
                db.execute(f"DROP TABLE {table}")
                db.execute("DELETE FROM country")  # without it, all lines are put again


def _put_worldwide(db: sqlite3.Connection) -> None:
    """The countries and their prefixes, of the version of the tables that we have."""
    there = db.execute("SELECT value FROM common WHERE name = 'numbering'").fetchone()
    if there == (phonenumbers.__version__,):
        return
    with transaction(db):
        for table, rows in lines.worldwide().items():
            db.execute(f"DELETE FROM {table}")  # noqa: S608 (our own names)
            marks = ", ".join("?" * len(lines.WORLDWIDE[table]))
            db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 (our own names)
        db.execute("INSERT OR REPLACE INTO common VALUES ('numbering', ?)", (phonenumbers.__version__,))


def bind_media(path: Path, address: str) -> None:
    """Have the sound of calls sent and received at one address of this machine alone; "": at all."""
    with opened(path) as db, transaction(db):
        db.execute("DELETE FROM common WHERE name = 'media_address'")
        if address:
            db.execute("INSERT INTO common VALUES ('media_address', ?)", (address,))


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        if not path.exists():
            prepare(path)
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous=NORMAL")
            yield db
    except (sqlite3.Error, OSError) as error:
        raise unusable(path, error) from error


@contextmanager
def locked(path: Path, wait_seconds: float | None = None) -> Iterator[None]:
    """One apply at a time. Raises EngineBusyError when another goes on for longer than it is to wait."""
    lock = path.with_suffix(".lock")
    with ExitStack() as held:
        try:
            held.enter_context(file_lock.acquire(lock, wait_seconds))
        except file_lock.LockedError as error:
            raise EngineBusyError(CodedText("table.busy")) from error
        except OSError as error:
            raise unusable(path, error) from error
        yield


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite ends it by itself when the disk is full
            db.execute("ROLLBACK")
        raise


NAMES = {table: [each.name for each in fields(kind)] for table, kind in TABLES.items()}
VALUES = {table: attrgetter(*names) for table, names in NAMES.items()}
INSERT = {
    table: f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 (our own names)
    for table, names in NAMES.items()
}


def _select(table: str, count: int) -> str:
    marks = ", ".join("?" * count)
    return f"SELECT {', '.join(NAMES[table])} FROM {table} WHERE number IN ({marks})"  # noqa: S608 (our own names)


def read(db: sqlite3.Connection, numbers: Iterable[str]) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for some in chunks(numbers):
        of: list[dict[str, Any]] = []
        for table, kind in TABLES.items():
            rows = [kind(*row) for row in db.execute(_select(table, len(some)), some)]
            of.append({row.number: row for row in rows})
        found |= {number: Rows(*(each.get(number) for each in of)) for number in some}
    return found


def use_own_views(db: sqlite3.Connection) -> None:
    """On this connection the views are those of the schema, whatever has become of the file's."""
    views = SCHEMA.read_text().partition("DROP TRIGGER")[0].partition("DROP VIEW")
    text = views[1] + views[2]
    text = text.replace("DROP VIEW IF EXISTS ", "DROP VIEW IF EXISTS temp.").replace("CREATE VIEW", "CREATE TEMP VIEW")
    db.executescript(text)


def has_own_views(db: sqlite3.Connection) -> bool:
    """Whether the views and triggers of the file are those of the schema, and no others."""
    return db.execute(MADE).fetchall() == _made_by_schema()


MADE = "SELECT name, sql FROM sqlite_master WHERE type IN ('view', 'trigger') ORDER BY name"


@cache
def _made_by_schema() -> list[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as new:
        new.executescript(SCHEMA.read_text())
        return new.execute(MADE).fetchall()


def written(db: sqlite3.Connection, some: list[str]) -> dict[str, str]:
    """number -> all that is written of it, of those that can be called."""
    marks = ", ".join("?" * len(some))
    return dict(db.execute(f"SELECT number, text FROM written WHERE number IN ({marks})", some))  # noqa: S608 (marks)


# Where Asterisk looks for a row that this view does not have: see extconfig.conf.
NEXT = {"ps_endpoints": "ps_endpoints_other", "ps_auths": "ps_auths_other", "ps_aors": "ps_aors_other"}


def columns(db: sqlite3.Connection, table: str, key: str, some: list[str]) -> dict[str, dict[str, str]]:
    """number -> the columns of its row that are not empty, as text."""
    others = columns(db, NEXT[table], key, some) if table in NEXT else {}
    return others | _columns(db, table, key, some)


def _columns(db: sqlite3.Connection, table: str, key: str, some: list[str]) -> dict[str, dict[str, str]]:
    marks = ", ".join("?" * len(some))
    found = db.execute(f"SELECT * FROM {table} WHERE {key} IN ({marks})", some)  # noqa: S608 (our own names)
    names = [each[0] for each in found.description]
    rows = ({name: str(value) for name, value in zip(names, row, strict=True) if value is not None} for row in found)
    return {row[key]: {name: value for name, value in row.items() if value} for row in rows}


BY_PHONE = ("pin_by_phone", "pin_locked", "mailbox_visit", "emergency_call", "outbound_lock_news")


def has_news_by_phone(db: sqlite3.Connection) -> bool:
    """Whether Asterisk has written something that the portal has not taken over."""
    return any(db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in BY_PHONE)  # noqa: S608 (our own names)


def transport(db: sqlite3.Connection, number: str) -> str:
    """What the phones of the number may use: one transport, or "any"."""
    found = db.execute("SELECT transport FROM sip_login WHERE id = ?", (number,)).fetchone()
    return found[0] if found else "any"


def keep_out(db: sqlite3.Connection, wanted: set[tuple[str, str]]) -> None:
    """Numbers with networks that their phones may not be at: these, and no others."""
    there = set(db.execute("SELECT number, network FROM kept_out"))
    if there != wanted:
        with transaction(db):
            db.execute("DELETE FROM kept_out")
            db.executemany("INSERT INTO kept_out VALUES (?, ?)", wanted)


def outbound_locked_since(db: sqlite3.Connection, number: str) -> str:
    """When the number was kept from calling outside, as ISO 8601; "": it is not."""
    found = db.execute("SELECT min(at) FROM outbound_lock WHERE number = ?", (number,)).fetchone()
    return found[0] or ""


def release_outbound(db: sqlite3.Connection, number: str) -> None:
    db.execute("DELETE FROM outbound_lock WHERE number = ?", (number,))


def numbers(db: sqlite3.Connection) -> set[str]:
    union = " UNION ".join(f"SELECT number FROM {table}" for table in TABLES)  # noqa: S608 (our own names)
    return {number for (number,) in db.execute(union)}


def token(db: sqlite3.Connection) -> str:
    """Made with the file: Asterisk, asked for it, says whether it reads this file or one that was here before."""
    found = db.execute("SELECT value FROM common WHERE name = 'token'").fetchone()
    return found[0] if found else ""


def is_complete(db: sqlite3.Connection) -> bool:
    """Whether it has been given all that was applied before it was made."""
    return db.execute("SELECT 1 FROM common WHERE name = 'complete'").fetchone() is not None


def mark_complete(db: sqlite3.Connection) -> None:
    db.execute("INSERT OR REPLACE INTO common VALUES ('complete', 'yes')")


def plan(db: sqlite3.Connection, wanted: dict[str, Rows]) -> list[Step]:
    """What would have to be written. Touches nothing."""
    now = read(db, wanted)
    return [Step(number, now[number], after) for number, after in wanted.items() if now[number] != after]


def _put(db: sqlite3.Connection, number: str, rows: Rows) -> None:
    for table, row in zip(TABLES, rows.of_tables, strict=True):
        db.execute(f"DELETE FROM {table} WHERE number = ?", (number,))  # noqa: S608 (our own names)
        if row:
            db.execute(INSERT[table], VALUES[table](row))


def write(db: sqlite3.Connection, steps: list[Step], run: int) -> None:
    """The whole difference and its restore point, in one transaction."""
    with transaction(db):
        for step in steps:
            _put(db, step.number, step.after)
            before = json.dumps(asdict(step.before), ensure_ascii=False, sort_keys=True)
            db.execute("INSERT OR REPLACE INTO restore_point VALUES (?, ?, ?)", (run, step.number, before))


def put_back(db: sqlite3.Connection, steps: list[Step], run: int) -> None:
    with transaction(db):
        for step in steps:
            _put(db, step.number, step.before)
        db.execute("DELETE FROM restore_point WHERE run = ?", (run,))


def forget(db: sqlite3.Connection, runs: list[int]) -> None:
    """The restore points of these runs."""
    with transaction(db):
        db.executemany("DELETE FROM restore_point WHERE run = ?", [(run,) for run in runs])


def restore_points(db: sqlite3.Connection, runs: Mapping[str, int]) -> dict[str, Rows]:
    """The rows that each number had before a run, of those that the run wrote."""
    found = {}
    for number, run in runs.items():
        point = db.execute("SELECT before FROM restore_point WHERE run = ? AND number = ?", (run, number)).fetchone()
        if point:
            held = json.loads(point[0])
            kept = zip(fields(Rows), TABLES.values(), strict=True)
            its: list[Any] = [kind(**held[each.name]) if held.get(each.name) else None for each, kind in kept]
            found[number] = Rows(*its)
    return found
