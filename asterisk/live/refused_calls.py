"""Calls that Asterisk refused because of their sound. It says so in its log, and nowhere else.

Either it and the phone agreed on none, or there was no free port for it.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

FILE = "problems.log"
LINE = re.compile(
    rb"ERROR\[(?P<thread>\d+)\]\S* (?:"
    rb"res_rtp_asterisk\.c: .*(?P<no_port>couldn't allocate a port)"
    rb"|res_pjsip_session\.c:\s+(?P<endpoint>[^\s:]+): Couldn't (?P<what>negotiate stream|add sdp stream))"
)
MOST_BYTES = 1_000_000


@dataclass
class Refused:
    """`sound`: the endpoints of calls without a common one, of several calls as often; `no_port`: how many had none."""

    sound: list[str] = field(default_factory=list)
    no_port: int = 0


class RefusedCalls:
    """`directory`: of Asterisk's logs. What stood in the log before is old."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._at = self._size()
        self._without_port: set[bytes] = set()  # threads: what one says next of the call follows from that

    def take(self) -> Refused:
        """Since the last time."""
        found = Refused()
        for line in LINE.finditer(self._read()):
            if line["no_port"]:
                found.no_port += 1
                self._without_port.add(line["thread"])
            elif line["thread"] in self._without_port:
                self._without_port.remove(line["thread"])
            elif line["what"] == b"negotiate stream":
                found.sound.append(line["endpoint"].decode(errors="replace"))
        return found

    def _read(self) -> bytes:
        """The whole lines that were added."""
        size = self._size()
        if size < self._at:  # it was emptied
            self._at = 0
        if size == self._at:
            return b""
        said = b""
        with suppress(OSError), self._path.open("rb") as log:
            log.seek(max(self._at, size - MOST_BYTES))
            said = log.read(MOST_BYTES)
        whole, _, rest = said.rpartition(b"\n")
        self._at = size - len(rest)
        return whole

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0
