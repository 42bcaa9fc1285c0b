"""Takes out of Asterisk's logs what it says of each packet that it refuses: a flood of them would push out all else.

Asterisk cannot be told to say it less. What it appends between two looks is read, and what is left of it put back; a
line that it writes at that very moment can be lost.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

FILES = ("messages.log", "problems.log")
REFUSED = re.compile(
    rb"^[^\n]*("
    rb" acl\.c: SIP ACL: Rejecting '"
    rb"| res_pjsip_acl\.c: Incoming SIP message from "
    rb"| - Not match Endpoint ACL$"
    rb")[^\n]*\n",
    re.MULTILINE,
)


class RefusedLines:
    """Of the logs in a directory; each call is a look."""

    def __init__(self, directory: Path) -> None:
        self._logs = {directory / name: 0 for name in FILES}  # up to where each has been looked through

    def __call__(self) -> None:
        for log in self._logs:
            with suppress(OSError):  # it is not there yet, or the disk is full
                self._look(log)

    def _look(self, log: Path) -> None:
        file = os.open(log, os.O_RDWR | os.O_APPEND)
        try:
            size = os.fstat(file).st_size
            begin = self._logs[log] if self._logs[log] <= size else 0
            self._logs[log] = size
            if size == begin:
                return
            new = os.pread(file, size - begin, begin)
            if REFUSED.search(new):
                new += os.pread(file, 10_000_000, size)
                os.ftruncate(file, begin)
                self._logs[log] = begin + os.write(file, REFUSED.sub(b"", new))
        finally:
            os.close(file)
