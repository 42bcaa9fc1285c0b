"""The last step of a restore, which whoever comes next ends if it was cut short."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import file_lock, restored


@pytest.fixture
def ready(tmp_path: Path) -> list[tuple[Path, Path]]:
    """A database and a folder that lie ready, and what stands in their places."""
    for name in ("portal.sqlite3", "portal.sqlite3-wal", "portal.sqlite3-shm"):
        (tmp_path / name).write_text("old")
    (tmp_path / "ready.sqlite3").write_text("new")
    for folder in ("keys", "ready.keys"):
        (tmp_path / folder).mkdir()
    (tmp_path / "keys/old").touch()
    (tmp_path / "ready.keys/new").touch()
    return [(tmp_path / "ready.sqlite3", tmp_path / "portal.sqlite3"), (tmp_path / "ready.keys", tmp_path / "keys")]


def kept(var: Path) -> list[str]:
    return sorted(str(each.relative_to(var)) for each in var.rglob("*") if each.name != "restored.lock")


def test_what_lies_ready_takes_its_place_and_nothing_of_before_stays(
    tmp_path: Path, ready: list[tuple[Path, Path]]
) -> None:
    """A log of the old database would be read into the new one."""
    restored.place(tmp_path, ready)
    assert kept(tmp_path) == ["keys", "keys/new", "portal.sqlite3"]
    assert (tmp_path / "portal.sqlite3").read_text() == "new"


def test_one_that_was_killed_after_its_first_half_is_ended(tmp_path: Path, ready: list[tuple[Path, Path]]) -> None:
    (tmp_path / restored.LIST).write_text(json.dumps([[str(each) for each in pair] for pair in ready]))
    ready[0][0].replace(ready[0][1])
    restored.finish(tmp_path)
    assert (tmp_path / "portal.sqlite3").read_text() == "new"
    assert kept(tmp_path) == ["keys", "keys/new", "portal.sqlite3", "portal.sqlite3-shm", "portal.sqlite3-wal"]
    restored.finish(tmp_path)
    assert (tmp_path / "keys/new").exists()


def test_one_that_another_process_ended_meanwhile_is_not_ended_twice(
    tmp_path: Path, ready: list[tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / restored.LIST).write_text(json.dumps([[str(each) for each in pair] for pair in ready]))

    @contextmanager
    def taken_by_another(path: Path) -> Iterator[None]:
        assert path == tmp_path / "restored.lock"
        monkeypatch.undo()
        restored.finish(tmp_path)
        yield

    monkeypatch.setattr(file_lock, "acquire", taken_by_another)
    restored.finish(tmp_path)
    assert kept(tmp_path) == ["keys", "keys/new", "portal.sqlite3"]


def test_where_nothing_was_restored_nothing_is_touched(tmp_path: Path) -> None:
    restored.finish(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_link_leads_to_is_left_alone(tmp_path: Path, ready: list[tuple[Path, Path]]) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "of others").touch()
    (tmp_path / "keys/old").unlink()
    (tmp_path / "keys").rmdir()
    (tmp_path / "keys").symlink_to(elsewhere)
    restored.place(tmp_path, ready)
    assert (elsewhere / "of others").exists()
    assert not (tmp_path / "keys").is_symlink()


def test_what_a_killed_restore_left_of_its_list_goes_with_the_next(
    tmp_path: Path, ready: list[tuple[Path, Path]]
) -> None:
    (tmp_path / f".{restored.LIST}.draft").write_text("[[")
    restored.place(tmp_path, ready)
    assert kept(tmp_path) == ["keys", "keys/new", "portal.sqlite3"]
