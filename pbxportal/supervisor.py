"""Starts the portal and its Asterisk, starts again what ends, and leaves nothing running behind."""

import errno
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from core import file_lock
from core.ports import LOW_PORTS, try_to_bind

FIRST_DELAY = 0.5
LONGEST_DELAY = 10.0
STEADY_SECONDS = 30  # who ran this long begins again with the first delay
STOP_SECONDS = 5
ROUND_SECONDS = 0.1
LARGEST_LOG = 10_000_000

Say = Callable[[str], None]


class CannotStart(Exception):
    """What is in the way, and what to do about it."""


class Child:
    """A program that is started again whenever it ends. Its output goes to the first of its logs, or to ours."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        logs: Sequence[Path],
        environment: Mapping[str, str] | None = None,
        before_start: Callable[[], None] | None = None,
        on_start: Callable[[subprocess.Popen[bytes]], None] | None = None,
        trouble: Callable[[], str] = str,
    ) -> None:
        self.name = name
        self.command = command
        self.logs = logs
        self.environment = {**os.environ, **(environment or {})}
        self.before_start, self.on_start, self.trouble = before_start, on_start, trouble
        self.process: subprocess.Popen[bytes] | None = None
        self.started = self.due = 0.0
        self.delay = 0.0
        self.read_from: dict[Path, int] = {}

    def start(self) -> None:
        """From the main thread: a child dies with the thread that started it."""
        self.read_from = {log: size(log) for log in self.logs}
        self.started = time.monotonic()
        if self.before_start:
            self.before_start()
        with output(self.logs) as out:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        if self.on_start:
            self.on_start(self.process)

    def check(self, say: Say) -> None:
        """One look: has it ended, is it time to start it again?"""
        now = time.monotonic()
        if self.process and self.process.poll() is not None:
            self.signal(signal.SIGKILL)  # what it started itself must not outlive it
            self.delay = next_delay(self.delay, now - self.started)
            self.due = now + self.delay
            ended = f"{self.name} stopped ({ending(self.process.returncode)}). Restarting it in {self.delay:g} s."
            say("\n    ".join((ended, *self.last_lines())))
            self.process = None
        elif not self.process and now >= self.due:
            self.start()
        elif self.process and (why := self.trouble()):
            say(f"{self.name} must restart: {why}.")
            stop([self])
            self.due = now

    def last_lines(self, count: int = 5) -> list[str]:
        """The last of what it wrote since its start."""
        lines = []
        for log in self.logs:
            with suppress(FileNotFoundError), log.open("rb") as file:
                begin = self.read_from.get(log, 0)
                file.seek(max(begin if begin <= size(log) else 0, size(log) - 10_000))
                lines += file.read().decode(errors="replace").splitlines()
        return lines[-count:]

    def signal(self, number: signal.Signals) -> None:
        """To it and to all that it started."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


@contextmanager
def output(logs: Sequence[Path]) -> Iterator[IO[bytes] | None]:
    """What a program writes to: the first log, or what this program writes to."""
    if logs:
        with logs[0].open("ab") as log:
            yield log
    else:
        yield None


@cache
def systemd_socket() -> str:
    """Where systemd listens, or "". Our children are not told: gunicorn would say that all is ready."""
    return os.environ.pop("NOTIFY_SOCKET", "")


def tell_systemd(state: str) -> None:
    """As sd_notify(3) does."""
    if path := systemd_socket():
        address = "\0" + path[1:] if path.startswith("@") else path
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there, suppress(OSError):
            there.sendto(state.encode(), address)


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def ending(code: int) -> str:
    return f"code {code}" if code >= 0 else signal.Signals(-code).name


def next_delay(delay: float, lived: float) -> float:
    return FIRST_DELAY if lived > STEADY_SECONDS or not delay else min(2 * delay, LONGEST_DELAY)


def watch(children: Sequence[Child], say: Say, each_round: Callable[[], object] = lambda: None) -> None:
    """Until KeyboardInterrupt; whatever ends it, no child is left."""
    try:
        while True:
            for child in children:
                child.check(say)
            each_round()
            time.sleep(ROUND_SECONDS)
    finally:
        stop(children)


def stop(children: Sequence[Child]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        if child.process:
            child.process.terminate()
    for child in children:
        if child.process:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.01, deadline - time.monotonic()))
            child.signal(signal.SIGKILL)
            child.process.wait()
            child.process = None


# --- before anything starts ---


@dataclass(frozen=True)
class Door:
    """An address that we are going to listen on, and the setting that names it."""

    what: str
    setting: str
    host: str
    port: int
    kinds: tuple[socket.SocketKind, ...] = (socket.SOCK_STREAM,)

    def __str__(self) -> str:
        return f"{self.what}, {self.host or 'any address'} port {self.port}"


def door(what: str, setting: str, bind: str) -> Door:
    host, _, port = bind.rpartition(":")
    return Door(what, setting, host.strip("[]"), int(port))


def check_free(doors: Sequence[Door]) -> None:
    for one in doors:
        for kind in one.kinds:
            try:
                try_to_bind(one.host, one.port, kind)
            except OSError as error:
                what = f"Change {one.setting}."
                if error.errno == errno.EACCES:
                    what = f"Ports below 1024 need one command: {LOW_PORTS}. Or change {one.setting}."
                raise CannotStart(f"{one}: {error.strerror}. {what}") from error


def refuse_root(*, allowed: bool) -> None:
    if os.geteuid() == 0 and not allowed:
        raise CannotStart(
            "The portal does not run as root: anyone who broke into it would control the whole machine. Start it as a"
            " regular user who owns this folder and PBXPORTAL_VAR, or set PORTAL_ALLOW_ROOT=True."
        )


def only_one(lock: Path) -> AbstractContextManager[object]:
    try:
        return file_lock.try_acquire(lock)
    except file_lock.LockedError as error:
        raise CannotStart(f"The portal is already running from {lock.parent}.") from error


def keep_small(logs: Path) -> None:
    """Set what a large log holds aside as .1, in place of what was set aside before; on a full disk it is lost.

    Whoever is writing to the log goes on with it: all that write here append.
    """
    for log in logs.glob("*.log"):
        if size(log) > LARGEST_LOG:
            with suppress(OSError):
                shutil.copyfile(log, log.with_name(log.name + ".1"))
            with suppress(OSError):
                os.truncate(log, 0)
