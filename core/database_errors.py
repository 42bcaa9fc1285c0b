"""What is at fault when a database or its disk refuses, by the codes of SQLite, PostgreSQL and the system."""

import errno
import logging
from enum import Enum, auto
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, Error, InterfaceError, OperationalError, connection

from core.file_lock import LockedError

INSUFFICIENT_PRIVILEGE = "42501"


class Fault(Enum):
    FULL = auto()
    FORBIDDEN = auto()
    BUSY = auto()
    DAMAGED = auto()
    AWAY = auto()


SYSTEM = {
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
    errno.EFBIG: Fault.FULL,
    errno.EIO: Fault.FULL,
    errno.EACCES: Fault.FORBIDDEN,
    errno.EPERM: Fault.FORBIDDEN,
    errno.EROFS: Fault.FORBIDDEN,
}
NO_PLACE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST}
# By the primary code: SQLITE_IOERR_WRITE is an SQLITE_IOERR.
SQLITE = {
    "SQLITE_FULL": Fault.FULL,
    "SQLITE_IOERR": Fault.FULL,
    "SQLITE_READONLY": Fault.FORBIDDEN,
    "SQLITE_CANTOPEN": Fault.FORBIDDEN,
    "SQLITE_PERM": Fault.FORBIDDEN,
    "SQLITE_BUSY": Fault.BUSY,
    "SQLITE_LOCKED": Fault.BUSY,
    "SQLITE_CORRUPT": Fault.DAMAGED,
    "SQLITE_NOTADB": Fault.DAMAGED,
    "SQLITE_ERROR": Fault.DAMAGED,  # our statements are right, so a table is missing
}
POSTGRESQL = {
    "53100": Fault.FULL,  # disk_full
    "58030": Fault.FULL,  # io_error
    "25006": Fault.FORBIDDEN,  # read_only_sql_transaction
    INSUFFICIENT_PRIVILEGE: Fault.FORBIDDEN,
    "55P03": Fault.BUSY,  # lock_not_available
    "40P01": Fault.BUSY,  # deadlock_detected
    "40001": Fault.BUSY,  # serialization_failure
}
POSTGRESQL_AWAY = ("08", "57P")  # connection exceptions; shutdown, crash and start of the server


SAID_IN_FULL = {Fault.DAMAGED, None}  # by a traceback: the fault may be in a statement of ours


class OneLine(logging.Filter):
    """A database that fails is said in a line for each page: where it was noticed tells nothing more."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, Error | LockedError) and fault_of(error) not in SAID_IN_FULL:
            record.msg, record.args = " ".join(f"{record.getMessage()}: {error}".split()), ()
            record.exc_info = record.exc_text = None
        return True


def fault_of(error: Exception) -> Fault | None:
    """Return the fault behind an OSError, a LockedError or an error of Django's or of a driver's; None for others."""
    if isinstance(error, LockedError):
        return Fault.BUSY
    if isinstance(error, OSError):
        return SYSTEM.get(error.errno or 0)
    return SQLITE.get(_sqlite_code(error)) or POSTGRESQL.get(sqlstate_of(error)) or _away(error)


def in_one_line(error: Exception) -> str:
    """What a terminal is to read of a database or disk that cannot be used; "": the fault may be ours."""
    said = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, OSError):
        return f"{said}." if error.errno in SYSTEM or _is_no_place_of_ours(error) else ""
    fault = fault_of(error) if isinstance(error, DatabaseError) else None
    if fault is None or _sqlite_code(error) == "SQLITE_ERROR":
        return ""
    where = "Start it, or correct DATABASE_URL."
    if connection.vendor == "sqlite":
        where = f"It is the file {settings.DATABASES['default']['NAME']}."
    return f"The database cannot be used: {said}. {where}"


def _is_no_place_of_ours(error: OSError) -> bool:
    return error.errno in NO_PLACE and Path(error.filename or "/").is_relative_to(settings.VAR)


def _away(error: Exception) -> Fault | None:
    """A server that was not reached, or is lost while it is asked, has no code to say so."""
    driver = _of_the_driver(error)
    if not type(driver).__module__.startswith("psycopg"):
        return None
    code = sqlstate_of(error)
    unreached = not code and isinstance(error, OperationalError | InterfaceError)
    return Fault.AWAY if unreached or code.startswith(POSTGRESQL_AWAY) else None


def sqlstate_of(error: Exception) -> str:
    return getattr(_of_the_driver(error), "sqlstate", None) or ""


def _sqlite_code(error: Exception) -> str:
    name = getattr(_of_the_driver(error), "sqlite_errorname", "")
    return "_".join(name.split("_")[:2])


def _of_the_driver(error: Exception) -> BaseException | None:
    return error.__cause__ if isinstance(error, Error) else error
