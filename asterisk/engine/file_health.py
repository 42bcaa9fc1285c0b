"""The engine's file on the disk: whether it is there, sound, and the one that Asterisk has open; made anew if not."""

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from asterisk.engine import store as engine

LOOK_SECONDS = 0.5
BESIDE = ("", "-wal", "-shm")
logger = logging.getLogger(__name__)


def damage(path: Path) -> str:
    """What is wrong with the file, in words; "": nothing, or that cannot be said now."""
    if not path.exists():
        return "is missing"
    try:
        with closing(sqlite3.connect(path, timeout=engine.BUSY_SECONDS, isolation_level=None)) as db:
            (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
            tables = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'pbx_number'").fetchone()
    except sqlite3.OperationalError as error:
        logger.warning("Cannot check the PBX's table: %s", error)
        return ""
    except sqlite3.DatabaseError as error:
        return f"is damaged ({error})"
    return f"is damaged ({found})" if found != "ok" else "" if tables else "is empty"


def mend(path: Path) -> str:
    """Set a damaged file aside, and have one with all tables. Gives what was wrong. Raises EngineError.

    For the time when Asterisk is not running: it would go on reading the old one.
    """
    try:
        wrong = damage(path)
        if wrong:
            _set_aside(path)
        engine.prepare(path)
    except (sqlite3.Error, OSError) as error:
        raise engine.unusable(path, error) from error
    return wrong


def mend_if_unreadable(path: Path) -> None:
    """What a look at its first page tells. Raises EngineError."""
    if not path.exists():
        mend(path)
    try:
        with closing(sqlite3.connect(path, timeout=engine.BUSY_SECONDS, isolation_level=None)) as db:
            db.execute("SELECT count(*) FROM common").fetchone()
            db.execute("SELECT count(*) FROM country").fetchone()
    except sqlite3.DatabaseError as error:
        if damage(path):
            logger.warning("%s: %s; creating it again", path, error)
            mend(path)


def _set_aside(path: Path) -> None:
    when = time.strftime("%Y%m%d-%H%M%S")
    for end in BESIDE:
        file = path.with_name(path.name + end)
        if file.exists():
            file.replace(path.with_name(f"{path.name}.broken-{when}{end}"))


class Guard:
    """Looks again and again whether the file that Asterisk opened at its start is still there and sound."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._opened: tuple[int, ...] = ()
        self._sound: tuple[int, ...] = ()
        self._next = 0.0

    def begin(self) -> None:
        """Asterisk is about to open it."""
        self._opened, self._sound = self._look()[:2], ()

    def trouble(self) -> str:
        """What is wrong, in words; "": nothing."""
        if self._clock() < self._next:
            return ""
        self._next = self._clock() + LOOK_SECONDS
        now = self._look()
        if now[:2] != self._opened:
            return f"{self._path} was deleted or replaced"
        if now != self._sound and (wrong := damage(self._path)):
            return f"{self._path} {wrong}"
        self._sound = now
        return ""

    def _look(self) -> tuple[int, ...]:
        """Which file it is, and how it is now; () without one."""
        try:
            status = self._path.stat()
        except OSError:
            return ()
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
