"""Programs of the system that note how they are called, in place of those that would change this machine."""

from pathlib import Path

import pytest

SCRIPT = """\
#!/bin/sh
echo "{name} $*" >> {notes}
{more}
"""


class Programs:
    def __init__(self, folder: Path) -> None:
        self.folder, self.notes = folder, folder / "notes"
        self.notes.touch()

    def put(self, name: str, more: str = "") -> Path:
        """`more`: what it does besides."""
        program = self.folder / name
        program.write_text(SCRIPT.format(name=name, notes=self.notes, more=more))
        program.chmod(0o755)
        return program

    def called(self) -> list[str]:
        return self.notes.read_text().splitlines()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return Programs(folder)
