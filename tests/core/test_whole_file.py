"""A file is there whole, or as before, and its owner's alone."""

from pathlib import Path

import pytest

from core import whole_file


@pytest.mark.parametrize("lasting", [False, True])
def test_it_takes_the_place_of_what_was_there(tmp_path: Path, lasting: bool) -> None:
    path = tmp_path / "keys"
    path.write_text("before")
    path.chmod(0o644)
    whole_file.write(path, "after", lasting=lasting)
    assert path.read_text() == "after"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_what_was_there_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        whole_file.write(path, "\ud800")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_what_can_take_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="taken"):
        whole_file.write(tmp_path / "taken", "after")
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]
