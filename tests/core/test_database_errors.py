"""What is at fault is known by the codes of errors that SQLite, PostgreSQL's driver and the system really raise."""

import errno
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg.errors
import pytest
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, ProgrammingError, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client
from pytest_django.fixtures import Settings

from core import database_errors
from core.database_errors import INSUFFICIENT_PRIVILEGE, Fault, OneLine, fault_of, in_one_line, sqlstate_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE some (bytes)")
    return path


def fill(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA max_page_count=2")
        db.execute("INSERT INTO some VALUES (zeroblob(100000))")


def write_what_is_to_be_read(path: Path) -> None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        db.execute("INSERT INTO some VALUES (1)")


def open_nowhere(path: Path) -> None:
    sqlite3.connect(path / "nowhere")


def write_beside_another(path: Path) -> None:
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(path, timeout=0)) as other:
        one.execute("INSERT INTO some VALUES (1)")
        other.execute("INSERT INTO some VALUES (1)")


def read_nonsense(path: Path) -> None:
    path.write_bytes(b"nothing that SQLite knows" * 100)
    with closing(sqlite3.connect(path)) as db:
        db.execute("SELECT * FROM some")


def read_a_table_that_is_gone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("SELECT * FROM other")


@pytest.mark.parametrize(
    ("deed", "fault"),
    [
        (fill, Fault.FULL),
        (write_what_is_to_be_read, Fault.FORBIDDEN),
        (open_nowhere, Fault.FORBIDDEN),
        (write_beside_another, Fault.BUSY),
        (read_nonsense, Fault.DAMAGED),
        (read_a_table_that_is_gone, Fault.DAMAGED),
    ],
)
def test_of_sqlite(path: Path, deed: Callable[[Path], None], fault: Fault) -> None:
    with pytest.raises(sqlite3.Error) as raised:
        deed(path)
    assert fault_of(raised.value) == fault


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (fill, "database or disk is full"),
        (read_nonsense, "file is not a database"),
        (read_a_table_that_is_gone, ""),  # the statement may be wrong: where it stands is to be seen
    ],
)
def test_a_terminal_reads_one_line_unless_the_fault_may_be_ours(
    path: Path, deed: Callable[[Path], None], said: str
) -> None:
    with pytest.raises(sqlite3.Error) as raised:
        deed(path)
    error = OperationalError(str(raised.value))
    error.__cause__ = raised.value
    assert in_one_line(error).startswith(f"The database cannot be used: {said}." if said else "")
    assert bool(in_one_line(error)) == bool(said)


def test_a_terminal_reads_of_a_place_that_refuses_and_of_one_of_ours_that_is_not_there(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR = tmp_path
    ours = FileExistsError(errno.EEXIST, "File exists", str(tmp_path / "static"))
    assert in_one_line(ours) == f"[Errno 17] File exists: '{tmp_path}/static'."
    assert in_one_line(FileNotFoundError(errno.ENOENT, "No such file", "templates/mail.txt")) == ""
    assert in_one_line(InterfaceError("cursor already closed")) == ""
    monkeypatch.setattr(database_errors, "settings", None)  # what refused was needed to read them
    assert (
        in_one_line(PermissionError(errno.EACCES, "Permission denied", "/x")) == "[Errno 13] Permission denied: '/x'."
    )


def test_of_an_extended_code() -> None:
    error = sqlite3.OperationalError("whatever it says")
    error.sqlite_errorname = "SQLITE_IOERR_WRITE"
    assert fault_of(error) == Fault.FULL


def test_the_text_says_nothing() -> None:
    assert fault_of(sqlite3.OperationalError("database or disk is full")) is None
    assert fault_of(ValueError("database is locked")) is None


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (psycopg.errors.DiskFull(), Fault.FULL),
        (psycopg.errors.ReadOnlySqlTransaction(), Fault.FORBIDDEN),
        (psycopg.errors.InsufficientPrivilege(), Fault.FORBIDDEN),
        (psycopg.errors.DeadlockDetected(), Fault.BUSY),
        (psycopg.errors.UndefinedTable(), None),
        (psycopg.OperationalError("connection failed"), None),
    ],
)
def test_of_postgresql(error: psycopg.Error, fault: Fault | None) -> None:
    assert fault_of(error) == fault


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (errno.ENOSPC, Fault.FULL),
        (errno.EFBIG, Fault.FULL),
        (errno.EACCES, Fault.FORBIDDEN),
        (errno.EROFS, Fault.FORBIDDEN),
        (errno.ENOENT, None),
    ],
)
def test_of_the_system(number: int, fault: Fault | None) -> None:
    assert fault_of(OSError(number, "said")) == fault


def test_djangos_error_is_that_of_its_driver() -> None:
    error = ProgrammingError("permission denied")
    error.__cause__ = psycopg.errors.InsufficientPrivilege()
    assert (fault_of(error), sqlstate_of(error)) == (Fault.FORBIDDEN, INSUFFICIENT_PRIVILEGE)
    assert (fault_of(DatabaseError("is full")), sqlstate_of(DatabaseError())) == (None, "")


def unreached() -> Exception:
    """What Django's own driver of PostgreSQL raises where nothing listens."""
    here = connections.settings["default"] | {"HOST": "127.0.0.1", "PORT": "9", "NAME": "x", "USER": "x", "OPTIONS": {}}
    try:
        DatabaseWrapper(here).ensure_connection()
    except OperationalError as error:
        return error
    raise AssertionError("something listens")


def lost(cause: psycopg.Error, kind: type[DatabaseError] = OperationalError) -> Exception:
    try:
        raise kind(str(cause)) from cause
    except DatabaseError as error:
        return error


AWAY = [
    lost(psycopg.errors.AdminShutdown("terminating connection due to administrator command")),
    lost(psycopg.errors.CannotConnectNow("the database system is starting up")),
    lost(psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly")),
    lost(psycopg.OperationalError("the connection is closed")),
]


def test_a_server_that_is_not_reached_is_away(db: None) -> None:
    assert fault_of(unreached()) is Fault.AWAY


@pytest.mark.parametrize("error", AWAY, ids=str)
def test_a_server_that_is_away_is_a_503_with_what_to_do(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    assert fault_of(error) is Fault.AWAY

    def away(*_args: object) -> None:
        raise error

    monkeypatch.setattr("accounts.models.Organization.company_name", away)
    client.raise_request_exception = False
    answer = client.get("/sign-in/")
    assert answer.status_code == 503
    assert "is not responding" in answer.content.decode()


@pytest.mark.parametrize(
    "error",
    [
        lost(psycopg.errors.UndefinedTable("x"), ProgrammingError),
        lost(psycopg.errors.UniqueViolation("x"), IntegrityError),
        OperationalError("x"),
        ValueError("x"),
    ],
    ids=str,
)
def test_other_errors_are_no_server_that_is_away(error: Exception) -> None:
    assert fault_of(error) is None


def said_in_the_log(error: sqlite3.Error) -> list[str]:
    """The lines, of the page that failed by it."""
    failed = OperationalError(str(error))
    failed.__cause__ = error
    about = (OperationalError, failed, None)
    record = logging.LogRecord("django.request", logging.ERROR, "", 1, "Error at\n%s", ("/",), about)
    assert OneLine().filter(record)
    return logging.Formatter().format(record).splitlines()


def test_a_database_that_fails_is_one_line_of_the_log_and_a_fault_of_ours_many(path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError) as away:
        open_nowhere(path)
    assert said_in_the_log(away.value) == ["Error at /: unable to open database file"]
    with closing(sqlite3.connect(path)) as db, pytest.raises(sqlite3.OperationalError) as ours:
        db.execute("SELECT * FROM absent")
    assert "django.db.utils.OperationalError: no such table: absent" in said_in_the_log(ours.value)
