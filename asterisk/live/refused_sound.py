"""Calls that Asterisk refused because it and the phone agreed on no sound. It says so in its log, and nowhere else."""

import re
from contextlib import suppress
from pathlib import Path

FILE = "problems.log"
LINE = re.compile(rb"res_pjsip_session\.c:\s+([^\s:]+): Couldn't negotiate stream")
MOST_BYTES = 1_000_000


class RefusedSound:
    """`directory`: of Asterisk's logs. What stood in the log before is old."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._at = self._size()

    def take(self) -> list[str]:
        """The endpoints of such calls since the last time; one of several calls as often."""
        size = self._size()
        if size < self._at:  # it was emptied
            self._at = 0
        if size == self._at:
            return []
        said = b""
        with suppress(OSError), self._path.open("rb") as log:
            log.seek(max(self._at, size - MOST_BYTES))
            said = log.read(MOST_BYTES)
        whole, _, rest = said.rpartition(b"\n")
        self._at = size - len(rest)
        return [found[1].decode(errors="replace") for found in LINE.finditer(whole)]

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0
