"""Sockets whose paths would be too long for the system lie elsewhere, where nobody else comes in."""

import os
from pathlib import Path

import pytest

from core import socket_directory
from core.socket_directory import LONGEST_PATH


@pytest.mark.parametrize(("longer", "is_there"), [(0, True), (1, False)])
def test_a_path_up_to_the_longest_stays_where_it_is_wanted(tmp_path: Path, longer: int, *, is_there: bool) -> None:
    name = "x" * (LONGEST_PATH - len(os.fsencode(tmp_path / "deep/run")) - 1 + longer)
    wanted = tmp_path / "deep/run"
    wanted.parent.mkdir()
    made = socket_directory.make(wanted, name, "pbxportal-test-")
    assert (made == wanted) is is_there
    assert wanted.resolve() == made
    assert made.stat().st_mode & 0o777 == 0o700
    assert socket_directory.make(wanted, name, "pbxportal-test-") == made
    if not is_there:
        assert made.name.startswith("pbxportal-test-")
        made.rmdir()
        again = socket_directory.make(wanted, name, "pbxportal-test-")
        assert again.is_dir()
        assert again != made
        again.rmdir()
