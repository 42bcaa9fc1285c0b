"""A local network of its own: two machines and a cable between them, all gone when the test lets go of it or dies."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

SERVER, DESK = "10.77.0.1", "10.77.0.2"
# Who is not root has the right to make a network in a user namespace alone.
NEW = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]


class Machine:
    """A network namespace, which lives as long as a process in it: one that waits for the end of its input."""

    def __init__(self, start: list[str], address: str) -> None:
        self.address = address
        self.process = subprocess.Popen([*start, "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(b"there\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"there\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate()

    @property
    def inside(self) -> list[str]:
        """Put before a command, it runs there."""
        namespaces = [f"--net=/proc/{self.process.pid}/ns/net"]
        if os.geteuid() != 0:
            namespaces += [f"--user=/proc/{self.process.pid}/ns/user", "--preserve-credentials"]
        return ["nsenter", *namespaces, "--"]

    def run(self, command: str) -> None:
        subprocess.run([*self.inside, *command.split()], check=True)

    def plug_in(self) -> None:
        for command in (f"addr add {self.address}/24 dev lan", "link set lan up", "link set lo up"):
            self.run(f"ip {command}")


class Lan:
    """`server` and `desk` reach each other by their addresses, and nothing else."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        try:
            self.server = self.stack.enter_context(Machine(NEW, SERVER))
            self.desk = self.stack.enter_context(Machine([*self.server.inside, "unshare", "--net"], DESK))
            self.server.run(f"ip link add lan type veth peer name lan netns {self.desk.process.pid}")
            self.server.plug_in()
            self.desk.plug_in()
        except BaseException:
            self.stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def program_at_desk(self, program: str, directory: Path) -> Path:
        """A program that starts that one at the desk."""
        path = directory / Path(program).name
        path.write_text(f'#!/bin/sh\nexec {" ".join(self.desk.inside)} {program} "$@"\n')
        path.chmod(0o700)
        return path

    @contextmanager
    def phone_at_desk(
        self, server: tuple[str, int], number: str, auth_name: str, password: str, dials: str
    ) -> Iterator[Iterator[str]]:
        """What a phone says that registers there, and talks to a number for half a minute."""
        command = [*self.desk.inside, sys.executable, "-m", "tests.phones.phone", "--host", self.desk.address]
        command += ["--server", f"{server[0]}:{server[1]}", "--number", number, "--auth-name", auth_name]
        command += ["--password", password, "--call", dials, "--seconds", "30"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as phone:
            assert phone.stdout
            try:
                yield iter(phone.stdout)
            finally:
                phone.kill()
