"""A directory for Unix sockets, whose paths must be short: elsewhere, behind a link, where the wanted one lies deep."""

import os
import tempfile
from pathlib import Path

LONGEST_PATH = 100  # the system's limit is 107 bytes


def make(wanted: Path, longest_name: str, prefix: str) -> Path:
    """`wanted`, or what it leads to. Nobody else enters it."""
    if len(os.fsencode(wanted / longest_name)) <= LONGEST_PATH:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        return wanted
    if not wanted.is_dir() or wanted.stat().st_uid != os.getuid():
        wanted.unlink(missing_ok=True)
        wanted.symlink_to(tempfile.mkdtemp(prefix=prefix))
    return wanted.resolve()
