"""An Asterisk to run: the system's own, or Debian's, fetched without root and without a change to the system."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from core import debian, file_lock
from core.debian import MULTIARCH, VERSIONS, NotAvailableError, Say

OLDEST = (22, 2)  # the first whose logins can hold a digest in place of the password
NAME = f"Asterisk {OLDEST[0]}"
MUSIC = "asterisk-moh-opsound-g722"  # what a held caller hears; CC BY-SA 3.0
NOT_NEEDED = ("etc", "var", "usr/bin", "usr/share/[!a]*", "usr/share/alsa", "usr/lib/*/perl*", "usr/lib/systemd")
# Asterisk restarts itself by executing its argv[0]: it is to end, as whoever started it prepares each start.
ENDS = "true"
NAMED = (sys.executable, "-c", f"import os, sys; os.execv(sys.argv[1], ['{ENDS}', *sys.argv[2:]])")


@dataclass(frozen=True)
class Program:
    command: tuple[str, ...]
    modules: Path
    data: Path
    version: str


def find_or_fetch(target: Path, say: Say) -> Program:
    """The system's Asterisk if it will do, else the one in `target`, which is fetched at the first call."""
    if found := of_system():
        return found
    arch = debian.architecture(NAME)
    if not is_whole(target):
        with file_lock.acquire(target.with_name(target.name + ".lock")):
            if not (target / VERSIONS).exists():
                fetch(target, arch, say)
            elif not is_whole(target):
                add_music(target, say)
    return of_tree(target, arch)


def fetch(target: Path, arch: str, say: Say) -> None:
    debian.fetch(
        target, "Asterisk", ("asterisk", MUSIC), NOT_NEEDED, lambda tree: bool(of_tree(tree, arch).version), say
    )


def add_music(target: Path, say: Say) -> None:
    """Into a folder that an earlier version fetched. Without a network, all starts as before."""
    try:
        debian.add(target, "Music on hold", (MUSIC,), NOT_NEEDED, say)
    except (NotAvailableError, OSError) as error:
        say(f"Asterisk: no music on hold, callers on hold hear silence. {error}")


def is_whole(tree: Path) -> bool:
    """Whether it holds all packages that are asked for now: an earlier version asked for fewer."""
    versions = tree / VERSIONS
    return versions.exists() and any(line.startswith(f"{MUSIC}_") for line in versions.read_text().splitlines())


def of_system() -> Program | None:
    asterisk = shutil.which("asterisk", path=debian.SYSTEM_PATH)
    modules = modules_below(Path("/usr")) if asterisk else None
    data = next((path for path in map(Path, ("/usr/share/asterisk", "/var/lib/asterisk")) if path.exists()), None)
    if not asterisk or not modules or not data:
        return None
    command = (*NAMED, asterisk)
    version = version_of(command)
    return Program(command, modules, data, version) if is_new_enough(version) else None


def modules_below(root: Path) -> Path | None:
    """The folder of an Asterisk that was built with all without which no phone rings."""
    folders = (each.parent for each in root.glob("lib*/**/asterisk/modules/res_config_sqlite3.so"))
    return next((folder for folder in folders if (folder / "res_srtp.so").exists()), None)


def of_tree(tree: Path, arch: str) -> Program:
    command = debian.loaded(tree, arch, "usr/sbin/asterisk", ENDS)
    modules = tree / "usr/lib" / MULTIARCH[arch] / "asterisk/modules"
    return Program(command, modules, tree / "usr/share/asterisk", version_of(command))


def version_of(command: tuple[str, ...]) -> str:
    """Such as "22.10.1"; empty when the program does not run."""
    try:
        answer = subprocess.run((*command, "-V"), capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.match(r"Asterisk ([\d.]+)", answer.stdout)
    return found[1] if found else ""


def is_new_enough(version: str) -> bool:
    return tuple(int(part) for part in version.split(".") if part)[:2] >= OLDEST
