"""Locks between processes: each is a file, held as long as it is open, so it dies with its process."""

import fcntl
from pathlib import Path
from typing import IO


class LockedError(Exception):
    """Another holder has the lock."""


def acquire(path: Path) -> IO[str]:
    """Wait for the lock and return its open file; closing it gives the lock back."""
    return _lock(path, fcntl.LOCK_EX)


def try_acquire(path: Path) -> IO[str]:
    """As `acquire`, but raise LockedError at once while another holds it."""
    try:
        return _lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LockedError(path) from error


def _lock(path: Path, operation: int) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w")
    try:
        fcntl.flock(file, operation)
    except BaseException:
        file.close()
        raise
    return file
