"""What is asked of wherever copies of backups go."""

from pathlib import Path
from typing import Protocol

from backup.errors import BackupError
from core.coded_text import CodedText


class CopyError(BackupError):
    """Why it was not copied."""


class UnknownHostKey(CopyError):
    """`shown`: by the server, which may or may not be the right one."""

    def __init__(self, code: str, shown: str) -> None:
        super().__init__(CodedText(code, shown=shown))
        self.shown = shown


class FarEnd(Protocol):
    """Each raises CopyError."""

    def send(self, path: Path) -> None:
        """Under its name: whole, or not at all."""

    def remove(self, name: str) -> None:
        """Nothing where it is not there."""

    def try_out(self) -> None:
        """Write a small file, read it and remove it."""
