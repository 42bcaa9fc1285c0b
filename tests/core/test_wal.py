import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from core.wal import switch_to_wal


def test_it_waits_while_another_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    with (
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other,
        closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as db,
    ):
        other.execute("CREATE TABLE phone (id TEXT PRIMARY KEY)")
        other.execute("BEGIN IMMEDIATE")
        ending = Timer(0.2, other.execute, ["COMMIT"])
        ending.start()
        switch_to_wal(db, 20)
        ending.join()
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_it_does_not_wait_forever(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as db,
    ):
        other.execute("CREATE TABLE phone (id TEXT PRIMARY KEY)")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            switch_to_wal(db, 0.05)
