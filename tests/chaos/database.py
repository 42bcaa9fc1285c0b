"""The portal's own database, and how it is taken away for a while."""

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tests.bench.surroundings import free_ports

LOCK_SECONDS = 6.0
START_SECONDS = 60
End = Callable[[], None]


class Database(Protocol):
    fault: str

    def stop(self) -> None: ...

    def take_away(self) -> End:
        """From now on it answers nobody, until what this gives is called."""


class Sqlite:
    fault = "database locked"

    def __init__(self, directory: Path) -> None:
        self._file = directory / "portal.sqlite3"

    def stop(self) -> None:
        """It is no process."""

    def take_away(self) -> End:
        db = sqlite3.connect(self._file, timeout=5, isolation_level=None, check_same_thread=False)
        with suppress(sqlite3.Error):  # a stopped process has it, or the disk is full: it is away already
            db.execute("BEGIN EXCLUSIVE")
        return db.close


class PostgreSql:
    """A cluster that is made for this run alone, by another user where this one is root: it refuses root."""

    fault = "database stopped"

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="pbxportal-chaos-db-"))
        (self._port,) = free_ports(1)
        self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
        if os.geteuid():
            self._as = []
        else:
            shutil.chown(self._directory, "postgres", "postgres")
        self._run("initdb", "--auth=trust", "--username=portal", "--no-sync", "--encoding=UTF8")
        self._start()

    @property
    def url(self) -> str:
        return f"postgres://portal@127.0.0.1:{self._port}/postgres"

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, program, "-D", str(self._directory / "data"), *arguments]
        debians = map(str, Path("/usr/lib/postgresql").glob("*/bin"))
        environment = {"PATH": os.pathsep.join([os.environ["PATH"], *debians]), "LC_ALL": "C.UTF-8"}
        log = (self._directory / "commands.log").open("ab")
        with log:
            subprocess.run(command, env=environment, check=True, stdout=log, stderr=log, cwd="/")

    def _start(self) -> None:
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c fsync=off -k {self._directory}"
        log = str(self._directory / "data/server.log")
        self._run("pg_ctl", "-w", "-t", "60", "-o", options, "-l", log, "start")

    def stop(self) -> None:
        try:
            self._run("pg_ctl", "-w", "-m", "immediate", "stop")
        finally:
            shutil.rmtree(self._directory, ignore_errors=True)

    def take_away(self) -> End:
        self._run("pg_ctl", "-w", "-m", "fast", "stop")
        return self._start

    def kill(self) -> None:
        """The server's first process, as the system does that lacks memory. The others end as they notice it."""
        os.kill(int((self._directory / "data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def start_again(self) -> None:
        """As soon as all processes of the killed one have ended: until then it refuses."""
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                return self._start()
            except subprocess.CalledProcessError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
