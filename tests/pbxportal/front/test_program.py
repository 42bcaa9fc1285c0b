"""Which Caddy is taken. Fetched from Debian: tests/front."""

from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from typing import Any

import pytest

from core import debian
from pbxportal.front import program


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("v2.6.2 h1:x=\n", (2, 6, 2)),
        ("2.10.0\n", (2, 10, 0)),
        ("(devel)\n", ()),
        ("", ()),
        (OSError(8, "Exec format error"), ()),
        (TimeoutExpired("caddy", 10), ()),
    ],
)
def test_its_version_is_asked(monkeypatch: pytest.MonkeyPatch, said: Any, version: tuple[int, ...]) -> None:
    def run(command: list[str], **_: Any) -> CompletedProcess[str]:
        assert list(command) == ["/usr/bin/caddy", "version"]
        if isinstance(said, Exception):
            raise said
        return CompletedProcess(command, 0, said)

    monkeypatch.setattr("subprocess.run", run)
    assert program.version_of(("/usr/bin/caddy",)) == version


@pytest.mark.parametrize(
    ("version", "is_taken"), [((2, 6, 0), True), ((2, 10, 1), True), ((2, 5, 9), False), ((), False)]
)
def test_that_of_the_system_is_taken_where_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], *, is_taken: bool
) -> None:
    monkeypatch.setattr(debian, "SYSTEM_PATH", str(tmp_path))
    monkeypatch.setattr(program, "version_of", lambda _: version)
    assert program.of_system() is None
    (tmp_path / "caddy").touch(mode=0o755)
    its = program.Program((str(tmp_path / "caddy"),), version)
    assert program.of_system() == (its if is_taken else None)
    if is_taken:
        assert program.find_or_fetch(tmp_path / "target", pytest.fail) == its
