"""The file that Asterisk reads, without an Asterisk."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from asterisk.apply import lines
from asterisk.engine import store as engine
from asterisk.engine.columns import Dial, Login
from asterisk.engine.render import Rows
from asterisk.engine.store import Step


def rows(number: str, **more: object) -> Rows:
    login = Login(number, number, f"reg-{number}", "MD5:00", 'Zoë "日本"\\', f'"Zoë" <{number}>', 1)
    return Rows(replace(login, **more), Dial(number, 30))  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db" / "engine.sqlite3"


@pytest.fixture
def tables(path: Path) -> Iterator[sqlite3.Connection]:
    with engine.opened(path) as db:
        yield db


def dump(path: Path) -> list[str]:
    with engine.opened(path) as db:
        return list(db.iterdump())


def write(db: sqlite3.Connection, wanted: dict[str, Rows], run: int = 1) -> list[Step]:
    steps = engine.plan(db, wanted)
    engine.write(db, steps, run)
    return steps


def test_a_new_file_is_its_owners_alone_and_has_a_write_ahead_log(path: Path, tables: sqlite3.Connection) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert tables.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_preparing_again_keeps_what_is_there(path: Path, tables: sqlite3.Connection) -> None:
    write(tables, {"1001": rows("1001")})
    before = dump(path)
    engine.prepare(path)
    assert dump(path) == before


def test_a_plan_touches_nothing(path: Path, tables: sqlite3.Connection) -> None:
    write(tables, {"1001": rows("1001")})
    before = dump(path)
    steps = engine.plan(tables, {"1001": Rows(), "1002": rows("1002")})
    assert steps == [Step("1001", rows("1001"), Rows()), Step("1002", Rows(), rows("1002"))]
    assert dump(path) == before


def test_a_plan_has_no_step_for_what_is_as_it_should_be(tables: sqlite3.Connection) -> None:
    write(tables, {"1001": rows("1001")})
    assert engine.plan(tables, {"1001": rows("1001"), "1002": Rows()}) == []


def test_what_was_written_is_read_back(tables: sqlite3.Connection) -> None:
    wanted = {str(number): rows(str(number)) for number in range(1000, 2203)}
    write(tables, wanted)
    assert engine.read(tables, wanted) == wanted
    assert engine.numbers(tables) == set(wanted)


def test_one_row_that_cannot_be_written_leaves_all_as_it_was(path: Path, tables: sqlite3.Connection) -> None:
    write(tables, {"1001": rows("1001")})
    before = dump(path)
    bad = rows("1003", max_contacts="many")
    with pytest.raises(sqlite3.IntegrityError):
        engine.write(tables, [Step("1001", rows("1001"), Rows()), Step("1003", Rows(), bad)], 2)
    assert not tables.in_transaction
    assert dump(path) == before


def test_putting_back_gives_the_old_rows_byte_for_byte(path: Path, tables: sqlite3.Connection) -> None:
    write(tables, {"1001": rows("1001"), "1002": rows("1002")})
    before = dump(path)
    changed = {"1001": rows("1001", caller_name="Eve"), "1002": Rows(), "1003": rows("1003")}
    steps = write(tables, changed, 2)
    assert engine.read(tables, changed) == changed
    engine.put_back(tables, steps, 2)
    assert dump(path) == before


def test_only_another_name_is_a_renaming() -> None:
    before = rows("1001")
    renamed = rows("1001", caller_name="Zoe", caller_id='"Zoe" <1001>')
    assert Step("1001", before, renamed).renames_only
    for after in (
        Rows(),
        rows("1001", max_contacts=2),
        replace(renamed, dial=Dial("1001", 5)),
        replace(renamed, dial=None),
    ):
        assert not Step("1001", before, after).renames_only
        assert not Step("1001", after, before).renames_only


def test_a_restore_point_is_what_each_number_had(tables: sqlite3.Connection) -> None:
    write(tables, {"1001": rows("1001")}, 1)
    write(tables, {"1001": rows("1001", caller_name="Eve"), "1002": rows("1002")}, 2)
    assert engine.restore_points(tables, {"1001": 2, "1002": 2, "1003": 2}) == {"1001": rows("1001"), "1002": Rows()}


def test_a_run_that_comes_again_after_a_restored_backup_replaces_its_restore_point(tables: sqlite3.Connection) -> None:
    write(tables, {"1001": rows("1001")}, run=7)
    write(tables, {"1001": rows("1001", max_contacts=2)}, run=7)
    assert engine.restore_points(tables, {"1001": 7}) == {"1001": rows("1001")}


def test_a_table_of_an_earlier_version_is_given_the_new_columns(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as old:
        old.execute("CREATE TABLE pbx_number (number TEXT PRIMARY KEY, ring_seconds INTEGER NOT NULL) STRICT")
        old.execute("INSERT INTO pbx_number VALUES ('1001', 30)")
        old.commit()
    engine.prepare(path)
    with engine.opened(path) as db:
        assert engine.read(db, ["1001"])["1001"].dial == Dial("1001", 30)
        write(db, {"1001": Rows(dial=Dial("1001", 30, "1002"))})
        assert engine.read(db, ["1001"])["1001"].dial == Dial("1001", 30, "1002")


def test_lines_of_an_earlier_version_are_to_be_put_again(path: Path) -> None:
    engine.prepare(path)
    with engine.opened(path) as db:
        db.execute("INSERT INTO country VALUES (1, '49', '00', '0', 0)")
        db.execute("INSERT INTO trunk SELECT 'trunk-1', '', '', '', 0, '', '', '', '', '', '', '', '', 0, 0")
    engine.prepare(path)
    with engine.opened(path) as db:
        assert lines.are_there(db)
        db.execute("DROP TABLE inbound_first")
        db.execute("CREATE TABLE inbound_first (first TEXT PRIMARY KEY, route TEXT NOT NULL, extension TEXT NOT NULL)")
    engine.prepare(path)
    with engine.opened(path) as db:
        assert not lines.are_there(db)
        assert db.execute("SELECT count(*) FROM trunk").fetchone() == (1,)
        assert db.execute("SELECT count(target) FROM inbound_at").fetchone() == (0,)


def test_a_file_that_is_no_database_is_said_so(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"nothing that SQLite knows" * 100)
    with (
        pytest.raises(engine.EngineError, match=r"engine\.sqlite3: .*A new table is created"),
        engine.opened(path) as db,
    ):
        engine.numbers(db)


def test_readers_do_not_wait_for_a_writer(path: Path, tables: sqlite3.Connection) -> None:
    write(tables, {"1001": rows("1001")})
    with engine.transaction(tables), engine.opened(path) as other:
        tables.execute("DELETE FROM sip_login")
        assert engine.read(other, ["1001"]) == {"1001": rows("1001")}


# --- one apply at a time ---

HOLDER = """import sys, time
from pathlib import Path
import django
django.setup()
from asterisk.engine import store as engine
with engine.locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_dies_with_its_process(path: Path, tmp_path: Path) -> None:
    passed: list[float] = []

    def pass_it() -> None:
        with engine.locked(path):
            passed.append(time.monotonic())

    command = [sys.executable, "-c", HOLDER, str(path)]
    portal = {"DJANGO_SETTINGS_MODULE": "pbxportal.settings", "PBXPORTAL_VAR": str(tmp_path)}
    with subprocess.Popen(command, env=os.environ | portal, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        waiting = Thread(target=pass_it)
        waiting.start()
        time.sleep(0.2)
        assert passed == []
        holder.send_signal(signal.SIGKILL)
    waiting.join(5)
    assert len(passed) == 1
