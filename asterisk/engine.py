"""The engine: the SQLite file that Asterisk reads through its realtime driver. Only an apply writes it."""

import fcntl
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path

from asterisk.render import Dial, Login, Rows
from asterisk.snapshot import chunks

SCHEMA = Path(__file__).with_name("schema.sql")
BUSY_SECONDS = 5


class EngineError(Exception):
    """The engine's file cannot be read or written."""


@dataclass(frozen=True)
class Step:
    """One number: its rows in the engine now, and as they should be."""

    number: str
    before: Rows
    after: Rows


def prepare(path: Path) -> None:
    """Make the file and its tables. Before Asterisk starts: it would make an empty file itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript(SCHEMA.read_text())
    path.chmod(0o600)


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
        raise EngineError(f"The PBX's table {path.name}: {error}") from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One apply at a time. The lock dies with its process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _select(kind: type[Login] | type[Dial], table: str, count: int) -> str:
    columns = ", ".join(f.name for f in fields(kind))
    return f"SELECT {columns} FROM {table} WHERE number IN ({', '.join('?' * count)})"  # noqa: S608 (our own names)


def read(db: sqlite3.Connection, numbers: Iterable[str]) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for some in chunks(numbers):
        logins = {row[1]: Login(*row) for row in db.execute(_select(Login, "sip_login", len(some)), some)}
        dials = {row[0]: Dial(*row) for row in db.execute(_select(Dial, "pbx_number", len(some)), some)}
        found |= {number: Rows(logins.get(number), dials.get(number)) for number in some}
    return found


def numbers(db: sqlite3.Connection) -> set[str]:
    return {number for (number,) in db.execute("SELECT number FROM pbx_number UNION SELECT number FROM sip_login")}


def plan(db: sqlite3.Connection, wanted: dict[str, Rows]) -> list[Step]:
    """What would have to be written. Touches nothing."""
    now = read(db, wanted)
    return [Step(number, now[number], after) for number, after in wanted.items() if now[number] != after]


def _put(db: sqlite3.Connection, number: str, rows: Rows) -> None:
    db.execute("DELETE FROM sip_login WHERE number = ?", (number,))
    db.execute("DELETE FROM pbx_number WHERE number = ?", (number,))
    if rows.login:
        db.execute("INSERT INTO sip_login VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(rows.login))
    if rows.dial:
        db.execute("INSERT INTO pbx_number VALUES (?, ?)", astuple(rows.dial))


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


def restore_points(db: sqlite3.Connection, runs: Mapping[str, int]) -> dict[str, Rows]:
    """The rows that each number had before a run, of those that the run wrote."""
    found = {}
    for number, run in runs.items():
        point = db.execute("SELECT before FROM restore_point WHERE run = ? AND number = ?", (run, number)).fetchone()
        if point:
            login, dial = (json.loads(point[0])[name] for name in ("login", "dial"))
            found[number] = Rows(Login(**login) if login else None, Dial(**dial) if dial else None)
    return found
