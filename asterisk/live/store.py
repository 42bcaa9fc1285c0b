"""What the listener has heard of phones: a small file beside the engine. Asterisk can say all of it again."""

import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path

from asterisk import sip_uri
from asterisk.ami.protocol import Message
from asterisk.engine.snapshot import chunks
from asterisk.engine.store import transaction
from asterisk.readback import proof
from core.wal import switch_to_wal
from extensions.pbx import Ending

BUSY_SECONDS = 2
HEARTBEAT_SECONDS = 0.5
STALE_SECONDS = 2.0
MOST_ATTEMPTS = 10_000
PRIMARY_CODE = 0xFF  # of an error of SQLite; the rest says more of it

ABSENT = ("Unreachable", "Unavailable", "Removed")  # Asterisk's words for a phone that does not answer
VERSION = 4  # of the tables: a file with another is thrown away
SCHEMA = """
CREATE TABLE IF NOT EXISTS phone (
  id TEXT PRIMARY KEY, number TEXT NOT NULL, address TEXT NOT NULL, model TEXT NOT NULL, status TEXT NOT NULL,
  since REAL NOT NULL, status_since REAL NOT NULL, removed INTEGER NOT NULL,
  transport TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS phone_by_number ON phone (number);
CREATE INDEX IF NOT EXISTS removed_phones ON phone (number) WHERE removed = 1;
CREATE TABLE IF NOT EXISTS device (number TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offline (
  number TEXT PRIMARY KEY, at REAL NOT NULL, ending TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heartbeat (
  id INTEGER PRIMARY KEY CHECK (id = 1), at REAL NOT NULL, hears INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS attempt (
  account TEXT NOT NULL, cause TEXT NOT NULL, host TEXT NOT NULL, address TEXT NOT NULL, transport TEXT NOT NULL,
  times INTEGER NOT NULL, first_at REAL NOT NULL, last_at REAL NOT NULL,
  PRIMARY KEY (account, cause, host)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attempt_by_time ON attempt (last_at);
CREATE TABLE IF NOT EXISTS trunk (
  id TEXT PRIMARY KEY, status TEXT NOT NULL, since REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (quarter INTEGER PRIMARY KEY, begun INTEGER NOT NULL) STRICT;
"""
QUARTER_SECONDS = 900  # whole ones make the day of every time zone
CALLS_KEPT_SECONDS = 3 * 86_400


@dataclass(frozen=True)
class Contact:
    """A registered phone. `status`: Asterisk's word for whether it answers; times in seconds of the epoch.

    `removed`: by the portal, which takes a moment.
    """

    id: str
    number: str
    address: str
    model: str
    status: str
    since: float
    status_since: float
    removed: bool = False
    transport: str = "udp"

    @property
    def host(self) -> str:
        at = sip_uri.parse_host_port(self.address)
        return at.host if at else ""


@dataclass(frozen=True)
class Offline:
    """When the last phone of a number was gone, and how it ended: a value of extensions.pbx.Ending."""

    at: float
    ending: str


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


@dataclass(frozen=True)
class Trunk:
    """`status`: Asterisk's word for its registration or its server; "": none. `since`: seconds of the epoch."""

    id: str
    status: str
    since: float


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        yield db


def prepare(path: Path) -> None:
    """A file that cannot be read is thrown away: nothing is lost by it. One that another holds for long is not."""
    try:
        _prepare(path)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & PRIMARY_CODE in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()
        _prepare(path)


def _prepare(path: Path) -> None:
    with opened(path) as db:
        switch_to_wal(db, BUSY_SECONDS)
        if db.execute("PRAGMA user_version").fetchone() != (VERSION,):
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                db.execute(f"DROP TABLE {table}")
            db.execute(f"PRAGMA user_version={VERSION}")
        db.executescript(SCHEMA)
    path.chmod(0o600)


# --- written by the listener ---


def contact_of(message: Message) -> Contact:
    """Of a ContactStatusDetail event."""
    now = time.time()
    return Contact(
        id=message["ID"],
        number=message["AOR"],
        address=str(proof.address(message)),
        model=message.get("UserAgent", ""),
        status=message.get("Status", ""),
        since=now,
        status_since=now,
        transport=proof.transport(message),
    )


def _keep(db: sqlite3.Connection, found: Iterable[Contact]) -> None:
    """Those that were there already keep the time since when."""
    db.executemany(
        "INSERT INTO phone VALUES"
        " (:id, :number, :address, :model, :status, :since, :status_since, :removed, :transport)"
        " ON CONFLICT (id) DO UPDATE SET address = excluded.address, model = excluded.model, status = excluded.status,"
        " status_since = iif(status = excluded.status, status_since, excluded.status_since)",
        [asdict(contact) for contact in found],
    )


def ended(contact: Contact, *, signed_in: bool) -> Offline:
    """How a registration ended that is there no more. `signed_in`: its number did, the moment before."""
    if contact.removed:
        return Offline(time.time(), Ending.REMOVED.value)
    if contact.status in ABSENT:
        return Offline(contact.status_since, Ending.UNANSWERED.value)
    return Offline(time.time(), (Ending.SIGNED_OFF if signed_in else Ending.EXPIRED).value)


def _put_offline(db: sqlite3.Connection, number: str, offline: Offline) -> None:
    db.execute("INSERT OR REPLACE INTO offline VALUES (?, ?, ?)", (number, offline.at, offline.ending))


def replace_all(db: sqlite3.Connection, found: list[Contact], states: dict[str, str]) -> set[str]:
    """Return the numbers of which something else was there. Nobody has heard how those ended that are gone."""
    with transaction(db):
        before = set(db.execute("SELECT number, id, status FROM phone"))
        before |= set(db.execute("SELECT number, '', state FROM device"))
        now = {(each.number, each.id, each.status) for each in found}
        now |= {(number, "", state) for number, state in states.items()}
        there, numbers = {contact.id for contact in found}, {contact.number for contact in found}
        for row in db.execute("SELECT * FROM phone").fetchall():
            gone = Contact(*row)
            if gone.id not in there:
                db.execute("DELETE FROM phone WHERE id = ?", (gone.id,))
                if gone.number not in numbers:
                    why = Ending.REMOVED if gone.removed else Ending.UNKNOWN
                    _put_offline(db, gone.number, Offline(time.time(), why.value))
        _keep(db, found)
        db.execute("DELETE FROM device")
        db.executemany("INSERT INTO device VALUES (?, ?)", states.items())
    return {number for number, *_ in before ^ now}


def replace(
    db: sqlite3.Connection, by_number: dict[str, list[Contact]], signed_in: Callable[[str], bool] = lambda _: False
) -> None:
    """`signed_in`: whether a phone of the number did a moment ago, which one that signs off does."""
    with transaction(db):
        for number, found in by_number.items():
            before = [Contact(*row) for row in db.execute("SELECT * FROM phone WHERE number = ?", (number,))]
            gone = {each.id for each in before} - {each.id for each in found}
            db.executemany("DELETE FROM phone WHERE id = ?", [(each,) for each in gone])
            if before and not found:
                endings = [ended(each, signed_in=signed_in(number)) for each in before]
                _put_offline(db, number, max(endings, key=attrgetter("at")))
            _keep(db, found)


def mark_removed(db: sqlite3.Connection, contacts: Iterable[str]) -> None:
    """By the portal, which is about to do it."""
    db.executemany("UPDATE phone SET removed = 1 WHERE id = ?", [(each,) for each in contacts])


def being_removed(db: sqlite3.Connection, most: int) -> list[str]:
    """The numbers of phones that are marked, and are there still."""
    query = "SELECT DISTINCT number FROM phone WHERE removed = 1 LIMIT ?"
    return [number for (number,) in db.execute(query, (most,))]


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


def add_calls(db: sqlite3.Connection, begun: int, at: float) -> None:
    """`at`: when they began, in seconds of the epoch, to the quarter of an hour."""
    quarter = int(at // QUARTER_SECONDS)
    with transaction(db):
        db.execute(
            "INSERT INTO calls VALUES (?, ?) ON CONFLICT (quarter) DO UPDATE SET begun = begun + excluded.begun",
            (quarter, begun),
        )
        db.execute("DELETE FROM calls WHERE quarter < ?", (quarter - CALLS_KEPT_SECONDS // QUARTER_SECONDS,))


# --- read by pages ---


def is_fresh(db: sqlite3.Connection) -> bool:
    row = db.execute("SELECT at, hears FROM heartbeat").fetchone()
    return row is not None and bool(row[1]) and abs(time.time() - row[0]) < STALE_SECONDS


def last_beat(db: sqlite3.Connection) -> float | None:
    """When the listener last said that it runs, in seconds of the epoch."""
    row = db.execute("SELECT at FROM heartbeat").fetchone()
    return row[0] if row else None


def count_of_phones(db: sqlite3.Connection) -> int:
    (found,) = db.execute("SELECT count(*) FROM phone").fetchone()
    return int(found)


def count_by_state(db: sqlite3.Connection) -> dict[str, int]:
    """Asterisk's device states -> how many numbers are in each."""
    return dict(db.execute("SELECT state, count(*) FROM device GROUP BY state").fetchall())


def phones(db: sqlite3.Connection, numbers: Iterable[str]) -> dict[str, list[Contact]]:
    found: dict[str, list[Contact]] = {}
    for some in chunks(numbers):
        query = f"SELECT * FROM phone WHERE number IN ({', '.join('?' * len(some))}) ORDER BY since, id"  # noqa: S608
        for row in db.execute(query, some):
            found.setdefault(row[1], []).append(Contact(*row))
    return found


def count_of_plain(db: sqlite3.Connection) -> tuple[int, int]:
    """How many phones speak without encryption, and how many there are."""
    plain, every = db.execute("SELECT count(*) FILTER (WHERE transport <> 'tls'), count(*) FROM phone").fetchone()
    return plain, every


def offline(db: sqlite3.Connection, numbers: Iterable[str]) -> dict[str, Offline]:
    found: dict[str, Offline] = {}
    for some in chunks(numbers):
        query = f"SELECT * FROM offline WHERE number IN ({', '.join('?' * len(some))})"  # noqa: S608
        found |= {number: Offline(at, ending) for number, at, ending in db.execute(query, some)}
    return found


def states(db: sqlite3.Connection, numbers: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(numbers):
        query = f"SELECT number, state FROM device WHERE number IN ({', '.join('?' * len(some))})"  # noqa: S608
        found |= dict(db.execute(query, some).fetchall())
    return found


def hosts(db: sqlite3.Connection, number: str = "") -> set[str]:
    """Where phones are registered from: those of the number; "": all."""
    query, of = (
        ("SELECT address FROM phone WHERE number = ?", [number]) if number else ("SELECT address FROM phone", [])
    )
    found = (sip_uri.parse_host_port(address) for (address,) in db.execute(query, of))
    return {at.host for at in found if at}


def registered_numbers(db: sqlite3.Connection, most: int = -1) -> list[str]:
    """`most`: -1 for all of them."""
    return [number for (number,) in db.execute("SELECT DISTINCT number FROM phone LIMIT ?", [most])]


def gone_since(db: sqlite3.Connection, at: float) -> list[str]:
    """The numbers whose last phone went offline since, and that have none now."""
    query = "SELECT number FROM offline WHERE at >= ? AND number NOT IN (SELECT number FROM phone)"
    return [number for (number,) in db.execute(query, (at,))]


def calls_since(db: sqlite3.Connection, at: float) -> int:
    """How many began."""
    query = "SELECT coalesce(sum(begun), 0) FROM calls WHERE quarter >= ?"
    (count,) = db.execute(query, (int(at // QUARTER_SECONDS),)).fetchone()
    return int(count)


def attempts(db: sqlite3.Connection, accounts: Iterable[str], most: int) -> list[Attempt]:
    """Of those that named themselves so, the latest first."""
    wanted = list(accounts)
    query = f"SELECT * FROM attempt WHERE account IN ({', '.join('?' * len(wanted))})"  # noqa: S608
    return [Attempt(*row) for row in db.execute(f"{query} ORDER BY last_at DESC LIMIT ?", [*wanted, most])]


def attempts_since(db: sqlite3.Connection, at: float, accounts: Collection[str] | None) -> list[Attempt]:
    """`at`: seconds of the epoch. `accounts`: None for all of them."""
    if accounts is None:
        return [Attempt(*row) for row in db.execute("SELECT * FROM attempt WHERE last_at >= ?", [at])]
    query = f"SELECT * FROM attempt WHERE account IN ({', '.join('?' * len(accounts))}) AND last_at >= ?"  # noqa: S608
    return [Attempt(*row) for row in db.execute(query, [*accounts, at])]


def forget_attempts(db: sqlite3.Connection, accounts: Iterable[str]) -> None:
    with transaction(db):
        db.executemany("DELETE FROM attempt WHERE account = ?", [(account,) for account in accounts])


# --- trunks ---


def set_trunks(db: sqlite3.Connection, found: Mapping[str, Trunk]) -> None:
    """These, and no others. What is as it was keeps its time."""
    there = trunks(db)
    changed = [each for each in found.values() if each.id not in there or there[each.id].status != each.status]
    gone = there.keys() - found.keys()
    if changed or gone:
        with transaction(db):
            db.executemany("DELETE FROM trunk WHERE id = ?", [(each,) for each in gone])
            db.executemany(
                "INSERT OR REPLACE INTO trunk VALUES (?, ?, ?)",
                [(each.id, each.status, each.since) for each in changed],
            )


def trunks(db: sqlite3.Connection) -> dict[str, Trunk]:
    return {row[0]: Trunk(*row) for row in db.execute("SELECT id, status, since FROM trunk")}
