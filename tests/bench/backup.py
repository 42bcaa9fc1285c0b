"""A backup and a restore of 100,000 extensions and 1,000,000 entries of the log: how long, and how much memory."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from backup import archive
from tests.bench import filling, log
from tests.bench.surroundings import Failed
from tests.people import make_user

EXTENSIONS, ENTRIES = 100_000, 1_000_000
PASSPHRASE = "correct horse battery staple"
Say = Callable[[str], None]


def measure(say: Say) -> str:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    started = time.monotonic()
    filling.fill(EXTENSIONS, make_user("Ada", role="super_administrator"))
    log.fill(ENTRIES)
    say(f"Filled: {time.monotonic() - started:.0f} s")
    with tempfile.TemporaryDirectory(prefix="pbxportal-bench-") as folder:
        return "\n".join(of_all(Path(folder), say))


def of_all(folder: Path, say: Say) -> list[str]:
    path, passphrase, other = folder / "a.backup", folder / "passphrase", folder / "other"
    passphrase.write_text(PASSPHRASE)
    _, idle = run("help")
    given = (str(path), "--passphrase-file", str(passphrase))
    seconds, peak = run("backup", *given)
    say(f"Backed up: {seconds:.0f} s")
    there, back_peak = run("restore", *given, PBXPORTAL_VAR=str(other))
    began = time.perf_counter()
    manifest = archive.verify(path, PASSPHRASE)
    verified = time.perf_counter() - began
    return [
        f"{manifest.counts['extensions_sipextension']:,} extensions, {manifest.log_count:,} log entries",
        f"database, MB: {(settings.VAR / 'portal.sqlite3').stat().st_size / 1e6:.0f}",
        f"backup, MB: {path.stat().st_size / 1e6:.0f}",
        f"backup with its verification, s: {seconds:.1f}",
        f"of that, the verification, s: {verified:.1f}",
        f"memory more than an idle command, MB: {peak - idle:.0f}",
        f"restore with its checks, s: {there:.1f}",
        f"its memory more, MB: {back_peak - idle:.0f}",
    ]


def run(*command: str, **more: str) -> tuple[float, float]:
    """Seconds, and the most memory in MB that the command and one that it started had together. Raises Failed."""
    began, most = time.perf_counter(), 0.0
    program = [sys.executable, str(settings.BASE_DIR / "manage.py"), *command]
    process = subprocess.Popen(program, env={**os.environ, **more}, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        most = max(most, sum(map(resident, [process.pid, *children(process.pid)])))
        time.sleep(0.02)
    if process.returncode:
        raise Failed(f"{command[0]} ended with {process.returncode}")
    return time.perf_counter() - began, most


def resident(process: int) -> float:
    """Its own memory, in MB: pages of files that it looks into are the system's."""
    with suppress(OSError):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1000
    return 0.0


def children(process: int) -> list[int]:
    with suppress(OSError):
        return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []
