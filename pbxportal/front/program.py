"""The Caddy to run in front: the system's own, or Debian's, fetched without root and without a change to the system."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core import debian, file_lock
from core.debian import VERSIONS, Say

NAME = "Caddy"
OLDEST = (2, 6)
NOT_NEEDED = (
    "etc",
    "var",
    "usr/bin/[!c]*",
    "usr/libexec",
    "usr/sbin",
    "usr/share",
    "usr/lib/systemd",
    "usr/lib/sysusers.d",
)


@dataclass(frozen=True)
class Program:
    command: tuple[str, ...]
    version: tuple[int, ...]


def find_or_fetch(target: Path, say: Say) -> Program:
    """The system's Caddy if it will do, else the one in `target`, which is fetched at the first call.

    Raises NotAvailableError.
    """
    if found := of_system():
        return found
    arch = debian.architecture(NAME)
    if not (target / VERSIONS).exists():
        with file_lock.acquire(target.with_name(target.name + ".lock")):
            if not (target / VERSIONS).exists():
                debian.fetch(target, NAME, ("caddy",), NOT_NEEDED, lambda tree: bool(of_tree(tree, arch).version), say)
    return of_tree(target, arch)


def of_system() -> Program | None:
    caddy = shutil.which("caddy", path=debian.SYSTEM_PATH)
    version = version_of((caddy,)) if caddy else ()
    return Program((caddy,), version) if caddy and version >= OLDEST else None


def of_tree(tree: Path, arch: str) -> Program:
    command = debian.loaded(tree, arch, "usr/bin/caddy", "caddy")
    return Program(command, version_of(command))


def version_of(command: tuple[str, ...]) -> tuple[int, ...]:
    """Such as (2, 6, 2); empty when the program does not run."""
    try:
        answer = subprocess.run((*command, "version"), capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(map(int, found.groups())) if found else ()
