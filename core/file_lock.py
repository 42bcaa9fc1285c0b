"""Locks between processes: each is a file, held as long as it is open, so it dies with its process."""

import fcntl
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import IO


class LockedError(Exception):
    """Another holder has the lock."""


def acquire(path: Path, wait_seconds: float | None = None) -> IO[str]:
    """Wait for the lock and return its open file; closing it gives the lock back.

    Raises LockedError where `wait_seconds` are not enough.
    """
    if wait_seconds is None:
        return _lock(path, fcntl.LOCK_EX)
    try:
        return try_acquire(path)
    except LockedError:
        turn = _turn(path)
    try:
        return turn.result(wait_seconds)
    except TimeoutError as error:
        turn.add_done_callback(_give_back)
        raise LockedError(path) from error


def _turn(path: Path) -> Future[IO[str]]:
    """A place in the system's queue, which knows no time limit. Who asked again and again instead might never win."""
    turn: Future[IO[str]] = Future()

    def wait() -> None:
        try:
            turn.set_result(acquire(path))
        except OSError as error:
            turn.set_exception(error)

    Thread(target=wait, daemon=True).start()
    return turn


def _give_back(turn: Future[IO[str]]) -> None:
    if not turn.exception():
        turn.result().close()


def try_acquire(path: Path) -> IO[str]:
    """As `acquire`, but raise LockedError at once while another holds it."""
    try:
        return _lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LockedError(path) from error


def is_held(path: Path) -> bool:
    """Whether somebody has the lock. Those who look keep each other from nothing."""
    try:
        _lock(path, fcntl.LOCK_SH | fcntl.LOCK_NB).close()
    except BlockingIOError:
        return True
    return False


def _lock(path: Path, operation: int) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w")
    try:
        fcntl.flock(file, operation)
    except BaseException:
        file.close()
        raise
    return file
