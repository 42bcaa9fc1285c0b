"""The portal as `manage.py run` has it: started, looked into by the children of that process, and ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

from django.conf import settings

from asterisk.process.fetch import find_or_fetch
from pbxportal.front.program import find_or_fetch as find_or_fetch_caddy
from tests.bench.process import PROC, children
from tests.bench.surroundings import Failed
from tests.chaos.surroundings import ROOT

READY = "Press Ctrl+C to stop."
START_SECONDS = 120
STOP_SECONDS = 30
SUPERVISOR, WEB_SERVER, WEB_WORKER = "manage.py run", "web server", "web worker"
LISTENER, MAIL_WORKER, ASTERISK = "listener", "mail worker", "Asterisk"
TARGETS = (SUPERVISOR, WEB_SERVER, WEB_WORKER, LISTENER, MAIL_WORKER, ASTERISK)
SIGNALS = (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM)


class Site:
    def __init__(self) -> None:
        self.program = find_or_fetch(ROOT / "var" / "asterisk-program", lambda _: None)
        if (ROOT / "var" / "asterisk-program").exists():
            (settings.VAR / "asterisk-program").symlink_to(ROOT / "var" / "asterisk-program")
        find_or_fetch_caddy(ROOT / "var" / "caddy-program", lambda _: None)
        if (ROOT / "var" / "caddy-program").exists():
            (settings.VAR / "caddy-program").symlink_to(ROOT / "var" / "caddy-program")
        self.lines: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def start(self, seconds: float = START_SECONDS) -> None:
        """Tries again while what was killed still holds the ports, as somebody at a terminal would."""
        deadline = time.monotonic() + seconds
        while not self._starts(deadline):
            if time.monotonic() > deadline:
                raise Failed("\n".join(("manage.py run does not start:", *self.lines[-10:])))
            time.sleep(1)

    def _starts(self, deadline: float) -> bool:
        before = len(self.lines)
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        Thread(target=self._read, args=(self.process,), daemon=True).start()
        while READY not in self.lines[before:]:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                return False
            time.sleep(0.05)
        return True

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        with process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip("\n"))

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
            self.process.kill()
            self.process.wait()
        self.process = None

    def pids(self, target: str) -> list[int]:
        """The processes of that kind among what the running `manage.py run` has started."""
        if self.process is None or self.process.poll() is not None:
            return []
        return [pid for pid, kind in self._family(self.process.pid) if kind == target]

    def _family(self, run: int) -> Iterator[tuple[int, str]]:
        yield run, SUPERVISOR
        with suppress(OSError):
            for pid in children(run):
                kind = self._kind(pid)
                yield pid, kind
                if kind == WEB_SERVER:
                    yield from ((worker, WEB_WORKER) for worker in children(pid))

    def _kind(self, pid: int) -> str:
        words = command_line(pid)
        if "gunicorn" in words:
            return WEB_SERVER
        if "-C" in words:
            return ASTERISK
        return {"listen": LISTENER, "deliver": MAIL_WORKER}.get(words[-1] if words else "", "")

    def end_leftovers(self) -> list[str]:
        """Kill what still runs with this directory in its environment; give what that was."""
        mark = f"PBXPORTAL_VAR={settings.VAR}\0".encode()
        found = []
        for each in PROC.glob("[0-9]*"):
            with suppress(OSError):
                if int(each.name) != os.getpid() and mark in (each / "environ").read_bytes():
                    found.append(" ".join(command_line(int(each.name))))
                    os.kill(int(each.name), signal.SIGKILL)
        return found

    def command_of_asterisk(self, words: str) -> None:
        """On its control socket, as an administrator at a terminal gives it."""
        conf = Path(settings.ASTERISK_DIR) / "etc/asterisk.conf"
        command = [*self.program.command, "-C", str(conf), "-rx", words]
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, timeout=5, check=False, stdin=subprocess.DEVNULL)


def command_line(pid: int) -> list[str]:
    return (PROC / str(pid) / "cmdline").read_text().rstrip("\0").split("\0")
