"""SQLite files that are read while they are written."""

import sqlite3
import time

PAUSE_SECONDS = 0.02


def switch_to_wal(db: sqlite3.Connection, busy_seconds: float) -> None:
    """Waits while another writes the file, which SQLite itself does not do here. Raises OperationalError."""
    until = time.monotonic() + busy_seconds
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        else:
            return
        time.sleep(PAUSE_SECONDS)
