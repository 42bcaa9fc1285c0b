"""A table that is damaged, gone or another one is noticed and made anew. With the real PBX: tests/faults."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from asterisk.engine import file_health
from asterisk.engine import store as engine
from asterisk.engine.file_health import Guard
from asterisk.engine.store import EngineError


@pytest.fixture
def path(tmp_path: Path, empty_engine: Path) -> Path:
    path = tmp_path / "engine.sqlite3"
    path.write_bytes(empty_engine.read_bytes())
    return path


def test_what_is_wrong_with_it_is_said(path: Path, tmp_path: Path) -> None:
    assert file_health.damage(path) == ""
    assert file_health.damage(tmp_path / "none") == "is missing"
    assert file_health.damage(tmp_path) == ""  # nobody can say
    with closing(sqlite3.connect(tmp_path / "empty")) as db:
        db.execute("CREATE TABLE other (id)")
    assert file_health.damage(tmp_path / "empty") == "is empty"
    whole = path.read_bytes()
    path.write_bytes(b"no table" * 99)
    assert file_health.damage(path) == "is damaged (file is not a database)"
    path.write_bytes(whole[:8192] + b"\xff" * 4096 + whole[12288:])
    assert file_health.damage(path).startswith("is damaged (")


def test_a_damaged_one_is_set_aside_and_made_anew(path: Path) -> None:
    assert file_health.mend(path) == ""
    assert [each.name for each in path.parent.glob("*.broken-*")] == []
    with engine.opened(path) as db:
        before = engine.token(db)
    path.write_bytes(b"no table" * 99)
    file_health.mend_if_unreadable(path)
    (broken,) = (each for each in path.parent.glob("*.broken-*") if each.read_bytes() == b"no table" * 99)
    assert broken.name.startswith("engine.sqlite3.broken-")
    assert file_health.damage(path) == ""
    with engine.opened(path) as db:
        assert engine.token(db) != before
    path.unlink()
    file_health.mend_if_unreadable(path)
    assert file_health.damage(path) == ""


def test_where_none_can_be_made_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EngineError):
        file_health.mend(tmp_path / "file" / "engine.sqlite3")


def test_the_guard_tells_when_the_file_is_another_or_damaged(path: Path) -> None:
    now = 1000.0
    guard = Guard(path, lambda: now)

    def later() -> str:
        nonlocal now
        now += file_health.LOOK_SECONDS
        return guard.trouble()

    guard.begin()
    assert guard.trouble() == ""
    whole = path.read_bytes()
    path.write_bytes(b"no table" * 99)
    assert guard.trouble() == ""  # it has just looked
    assert later() == f"{path} is damaged (file is not a database)"
    assert later() == f"{path} is damaged (file is not a database)"
    path.write_bytes(whole)
    assert later() == ""
    other = path.with_name("other")
    other.write_bytes(whole)
    other.replace(path)
    assert later() == f"{path} was deleted or replaced"
    guard.begin()
    assert later() == ""
    path.unlink()
    assert later() == f"{path} was deleted or replaced"
