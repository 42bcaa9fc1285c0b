"""`manage.py run` as an administrator starts it: with a directory and ports of its own, in a terminal that is read."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from django.apps import apps

from pbxportal.front.program import find_or_fetch
from tests.settings import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
READY = "Press Ctrl+C to stop."
SEEN = "static.seen"
LISTENERS = ("PORTAL_BIND", "SIP_PORT", "SIP_TLS_PORT", "AMI_PORT", "ARI_PORT")


def caddy_program() -> Path:
    """Where Debian's is, fetched once for all tests; of no matter where the system has its own."""
    target = ROOT / "var" / "caddy-program"
    find_or_fetch(target, lambda _: None)
    return target


def static_of_all() -> Path | None:
    """Styles and scripts as the first portal of all tests has collected them, which takes seconds.

    None in a program that has not set Django up: only that can tell whether they are those of now.
    """
    if not apps.ready:
        return None
    from pbxportal.management.commands.run import static_fingerprint

    return ROOT / "var" / "static-of-tests" / static_fingerprint()


def take_static(directory: Path) -> None:
    if kept := static_of_all():
        with suppress(FileNotFoundError):
            shutil.copytree(kept, directory, dirs_exist_ok=True)


def keep_static(directory: Path) -> None:
    kept = static_of_all()
    if kept is None or kept.exists():
        return
    kept.parent.mkdir(exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=kept.parent.parent))
    shutil.copytree(directory / "static", making / "static")
    shutil.copy2(directory / SEEN, making)
    try:
        making.rename(kept)
    except OSError:  # another test process was faster
        shutil.rmtree(making)
    for each in kept.parent.iterdir():
        if each != kept:  # of styles and scripts as they were
            shutil.rmtree(each, ignore_errors=True)


class Command:
    def __init__(self, directory: Path, program: Path, inside: Sequence[str] = (), **more: str) -> None:
        """`inside`: what is put before the command, so that it runs elsewhere."""
        self.directory, self.inside = directory, inside
        (directory / "asterisk-program").symlink_to(program)
        (directory / "caddy-program").symlink_to(caddy_program())
        if not inside:
            take_static(directory)
        self.ports = {name: free_port() for name in LISTENERS}
        rtp = 50000 + os.getpid() % 100 * 100
        self.environment = {
            **os.environ,
            **self.ports,
            "DJANGO_SETTINGS_MODULE": "pbxportal.settings",
            "PBXPORTAL_VAR": str(directory),
            "PORTAL_BIND": f"127.0.0.1:{self.ports['PORTAL_BIND']}",
            "RTP_FIRST": str(rtp),
            "RTP_LAST": str(rtp + 98),
            **more,
        }
        self.environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        self.environment.pop("DATABASE_URL", None)  # its own directory holds its database
        self.lines: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process:
            self.stop()

    def start(self, seconds: float = 90) -> float:
        """How long it took until it said that it is ready."""
        began = time.monotonic()
        process = self.begin()
        while READY not in self.lines:
            took = time.monotonic() - began
            assert process.poll() is None, self.text
            assert took < seconds, self.text
            time.sleep(0.02)
        if not self.inside:
            keep_static(self.directory)
        return took

    def begin(self) -> subprocess.Popen[str]:
        """Interrupts reach it also where they are ignored here, as in the background."""
        self.lines = []
        self.process = subprocess.Popen(
            [
                *self.inside,
                "env",
                "--default-signal=INT",
                sys.executable,
                "manage.py",
                "run",
            ],  # also where it is ignored
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        Thread(target=self._read, args=(self.process,), daemon=True).start()
        return self.process

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        with process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip("\n"))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def url(self) -> str:
        return f"http://{self.environment['PORTAL_BIND']}"

    def setup_link(self) -> str | None:
        found = re.search(r"first administrator.*:\n\n(http\S+)\n\n", self.text)
        return found[1] if found else None

    def stop(self) -> int:
        """Ctrl+C, and its exit code."""
        assert self.process
        process, self.process = self.process, None
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            return process.wait(20)
        finally:
            process.kill()

    def running(self) -> Iterator[tuple[Path, str]]:
        """The processes with this directory in their environment: where /proc has them, and their command lines."""
        mark = f"PBXPORTAL_VAR={self.directory}\0".encode()
        for each in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (each / "environ").read_bytes():
                    yield each, (each / "cmdline").read_text().replace("\0", " ")

    def left_running(self) -> list[str]:
        """Whatever runs with this directory in its environment, or still listens."""
        found = [command for _, command in self.running()]
        return found + [name for name, port in self.ports.items() if listens(int(port))]


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
