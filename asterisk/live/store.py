"""What the listener has heard of phones: a small file beside the engine. Asterisk can say all of it again."""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from asterisk import sip_uri
from asterisk.ami.protocol import Message
from asterisk.engine.snapshot import chunks
from asterisk.engine.store import transaction
from asterisk.readback import proof

BUSY_SECONDS = 2
HEARTBEAT_SECONDS = 0.5
STALE_SECONDS = 2.0
MOST_ATTEMPTS = 10_000

SCHEMA = """
CREATE TABLE IF NOT EXISTS phone (
  id TEXT PRIMARY KEY, number TEXT NOT NULL, address TEXT NOT NULL, model TEXT NOT NULL, status TEXT NOT NULL,
  since REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS phone_by_number ON phone (number);
CREATE TABLE IF NOT EXISTS device (number TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heartbeat (
  id INTEGER PRIMARY KEY CHECK (id = 1), at REAL NOT NULL, hears INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS attempt (
  account TEXT NOT NULL, cause TEXT NOT NULL, host TEXT NOT NULL, address TEXT NOT NULL, transport TEXT NOT NULL,
  times INTEGER NOT NULL, first_at REAL NOT NULL, last_at REAL NOT NULL,
  PRIMARY KEY (account, cause, host)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attempt_by_time ON attempt (last_at);
"""


@dataclass(frozen=True)
class Contact:
    """A registered phone. `status`: Asterisk's word for whether it answers; `since`: seconds of the epoch."""

    id: str
    number: str
    address: str
    model: str
    status: str
    since: float

    @property
    def host(self) -> str:
        at = sip_uri.parse_host_port(self.address)
        return at.host if at else ""


@dataclass(frozen=True)
class Attempt:
    """Registrations that failed alike: `account` as the phone named itself; times in seconds of the epoch."""

    account: str
    cause: str
    host: str
    address: str
    transport: str
    times: int
    first_at: float
    last_at: float


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        yield db


def prepare(path: Path) -> None:
    """A file that cannot be read is thrown away: nothing is lost by it."""
    try:
        _prepare(path)
    except sqlite3.DatabaseError:
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()
        _prepare(path)


def _prepare(path: Path) -> None:
    with opened(path) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript(SCHEMA)
    path.chmod(0o600)


# --- written by the listener ---


def contact_of(message: Message) -> Contact:
    """Of a ContactStatusDetail event."""
    return Contact(
        id=message["ID"],
        number=message["AOR"],
        address=str(proof.address(message)),
        model=message.get("UserAgent", ""),
        status=message.get("Status", ""),
        since=time.time(),
    )


def _keep(db: sqlite3.Connection, found: Iterable[Contact]) -> None:
    """Those that were there already keep the time since when."""
    db.executemany(
        "INSERT INTO phone VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET address = excluded.address, model = excluded.model, status = excluded.status",
        [(c.id, c.number, c.address, c.model, c.status, c.since) for c in found],
    )


def replace_all(db: sqlite3.Connection, found: list[Contact], states: dict[str, str]) -> None:
    with transaction(db):
        there = {contact.id for contact in found}
        gone = [(id_,) for (id_,) in db.execute("SELECT id FROM phone") if id_ not in there]
        db.executemany("DELETE FROM phone WHERE id = ?", gone)
        _keep(db, found)
        db.execute("DELETE FROM device")
        db.executemany("INSERT INTO device VALUES (?, ?)", states.items())


def replace(db: sqlite3.Connection, by_number: dict[str, list[Contact]]) -> None:
    with transaction(db):
        for number, found in by_number.items():
            kept = [contact.id for contact in found]
            marks = ", ".join("?" * len(kept))
            db.execute(f"DELETE FROM phone WHERE number = ? AND id NOT IN ({marks})", [number, *kept])  # noqa: S608
            _keep(db, found)


def set_states(db: sqlite3.Connection, states: dict[str, str]) -> None:
    with transaction(db):
        db.executemany("INSERT OR REPLACE INTO device VALUES (?, ?)", states.items())


def beat(db: sqlite3.Connection, *, hears: bool) -> None:
    """`hears`: whether the listener is connected to Asterisk, so that what is here is so."""
    db.execute("INSERT OR REPLACE INTO heartbeat VALUES (1, ?, ?)", (time.time(), hears))


def add_attempts(db: sqlite3.Connection, attempts: Iterable[Attempt]) -> None:
    """`times` is added, and may be less than nothing."""
    with transaction(db):
        db.executemany(
            "INSERT INTO attempt VALUES (:account, :cause, :host, :address, :transport, max(1, :times), :first_at,"
            " :last_at) ON CONFLICT (account, cause, host) DO UPDATE SET address = excluded.address,"
            " transport = excluded.transport, times = max(1, times + :times), last_at = excluded.last_at",
            [asdict(attempt) for attempt in attempts],
        )
        (count,) = db.execute("SELECT count(*) FROM attempt").fetchone()
        if count > MOST_ATTEMPTS:
            oldest = "SELECT account, cause, host FROM attempt ORDER BY last_at LIMIT ?"
            db.execute(
                f"DELETE FROM attempt WHERE (account, cause, host) IN ({oldest})",  # noqa: S608 (our own words)
                (count - MOST_ATTEMPTS,),
            )


# --- read by pages ---


def is_fresh(db: sqlite3.Connection) -> bool:
    row = db.execute("SELECT at, hears FROM heartbeat").fetchone()
    return row is not None and bool(row[1]) and abs(time.time() - row[0]) < STALE_SECONDS


def phones(db: sqlite3.Connection, numbers: Iterable[str]) -> dict[str, list[Contact]]:
    found: dict[str, list[Contact]] = {}
    for some in chunks(numbers):
        query = f"SELECT * FROM phone WHERE number IN ({', '.join('?' * len(some))}) ORDER BY since, id"  # noqa: S608
        for row in db.execute(query, some):
            found.setdefault(row[1], []).append(Contact(*row))
    return found


def states(db: sqlite3.Connection, numbers: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(numbers):
        query = f"SELECT number, state FROM device WHERE number IN ({', '.join('?' * len(some))})"  # noqa: S608
        found |= dict(db.execute(query, some).fetchall())
    return found


def registered_numbers(db: sqlite3.Connection) -> list[str]:
    return [number for (number,) in db.execute("SELECT DISTINCT number FROM phone")]


def attempts(db: sqlite3.Connection, accounts: Iterable[str], most: int) -> list[Attempt]:
    """Of those that named themselves so, the latest first."""
    wanted = list(accounts)
    query = f"SELECT * FROM attempt WHERE account IN ({', '.join('?' * len(wanted))})"  # noqa: S608
    return [Attempt(*row) for row in db.execute(f"{query} ORDER BY last_at DESC LIMIT ?", [*wanted, most])]


def forget_attempts(db: sqlite3.Connection, accounts: Iterable[str]) -> None:
    with transaction(db):
        db.executemany("DELETE FROM attempt WHERE account = ?", [(account,) for account in accounts])
