"""A small disk of its own, gone when the test lets go of it or dies."""

import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

# Who is not root has the right to mount in a user namespace alone.
OF_A_USER = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]


class SmallDisk:
    """It is mounted at `place` for the processes that are started `inside` alone."""

    def __init__(self, place: Path, megabytes: int) -> None:
        self.place, self.megabytes = place, megabytes

    def __enter__(self) -> Self:
        self.place.mkdir()
        mount = f'mount -t tmpfs -o size={self.megabytes}m,mode=700 none "$0" && echo there && exec cat'
        command = ["unshare", *OF_A_USER, "--mount", "sh", "-c", mount, str(self.place)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout
        assert self.process.stdout.readline() == b"there\n"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate()

    @property
    def inside(self) -> list[str]:
        namespaces = f"/proc/{self.process.pid}/ns"
        of_a_user = [f"--user={namespaces}/user", "--preserve-credentials"] if OF_A_USER else []
        return ["nsenter", *of_a_user, f"--mount={namespaces}/mnt", f"--wd={Path.cwd()}"]

    def fill(self, megabytes: int) -> None:
        command = [*self.inside, "fallocate", "-l", f"{megabytes}M", str(self.place / "ballast")]
        subprocess.run(command, check=True)

    def empty(self) -> None:
        subprocess.run([*self.inside, "rm", str(self.place / "ballast")], check=True)
