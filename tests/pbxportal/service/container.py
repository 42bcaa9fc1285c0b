"""What an engine for containers does of a Containerfile, by the kernel's own means: no registry of images is at hand.

The base image is Debian's own minimal system, which debootstrap unpacks. What is mounted is mounted in a namespace of
each command, and gone with it.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

BASES = {"docker.io/library/debian:12-slim": "bookworm"}
# What a network asks for on the way out, of the machine that builds.
PASSED = ("http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
AUTHORITIES = Path("/etc/ssl/outside.pem")  # in the image: whom pip is to trust, where that is not who Debian trusts
STOP_SECONDS = 60


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Each with what follows it, continued lines joined."""
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.strip().partition(" ")
            yield word, rest.strip()


@dataclass
class Image:
    """A root with what its Containerfile says of it. Built from the files of `context`."""

    root: Path
    context: Path
    user: str = "root"
    directory: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    volumes: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def build(self) -> None:
        for word, rest in instructions((self.context / "Containerfile").read_text()):
            getattr(self, f"_{word.lower()}")(rest)

    def _from(self, name: str) -> None:
        subprocess.run(
            ["debootstrap", "--variant=minbase", BASES[name], str(self.root)], check=True, capture_output=True
        )
        for path in (Path("/etc/resolv.conf"), Path("/etc/pip.conf")):
            if path.is_file():
                shutil.copyfile(path, self.root / path.relative_to("/"))
        if authorities := os.environ.get("PIP_CERT"):
            target = self.root / AUTHORITIES.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(authorities, target)
        for path in Path("/etc/apt/apt.conf.d").iterdir():
            if "Acquire" in path.read_text():
                shutil.copyfile(path, self.root / path.relative_to("/"))

    def _run(self, command: str) -> None:
        more = {name: os.environ[name] for name in PASSED if name in os.environ}
        if "PIP_CERT" in os.environ:
            more["PIP_CERT"] = str(AUTHORITIES)
        done = self.do(["/bin/sh", "-c", command], more)
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"

    def _workdir(self, directory: str) -> None:
        self.directory = directory
        (self.root / directory.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _copy(self, what: str) -> None:
        source, target = what.split()
        place = self.root / self.directory.lstrip("/") / target
        left_out = (self.context / ".containerignore").read_text().split()
        if (self.context / source).is_file():
            shutil.copy(self.context / source, place)
            return
        for path in (self.context / source).iterdir():
            if any(fnmatch(path.name, pattern) for pattern in left_out):
                continue
            if path.is_dir():
                shutil.copytree(path, place / path.name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, place / path.name)

    def _user(self, name: str) -> None:
        self.user = name

    def _env(self, text: str) -> None:
        self.environment |= dict(each.split("=", 1) for each in shlex.split(text))

    def _volume(self, path: str) -> None:
        self.volumes.append(path)

    def _healthcheck(self, text: str) -> None:
        self.health = json.loads(text.partition("CMD ")[2])

    def _cmd(self, text: str) -> None:
        self.command = json.loads(text)

    def inside(self, command: list[str], more: dict[str, str]) -> list[str]:
        """The command, to be run in the root: with its user, folder and environment, and nothing else of ours."""
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        variables = [f"{name}={value}" for name, value in {"HOME": self._home(), **self.environment, **more}.items()]
        into = ["chroot", f"--userspec={self.user}", str(self.root), "/usr/bin/env", "-i", path, *variables]
        there = f'cd {shlex.quote(self.directory)} && exec "$@"'
        mounts = f"mount -t proc proc {self.root}/proc && mount --rbind /dev {self.root}/dev"
        return [
            "unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", f'{mounts} && exec "$@"', "sh",
            *into, "/bin/sh", "-c", there, "sh", *command,
        ]  # fmt: skip

    def _home(self) -> str:
        accounts = (line.split(":") for line in (self.root / "etc/passwd").read_text().splitlines())
        return next(account[5] for account in accounts if account[0] == self.user)

    def do(self, command: list[str], more: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.inside(command, more), capture_output=True, text=True, check=False)


class Container:
    """The image's command, running. `more`: of its environment."""

    def __init__(self, image: Image, log: Path, more: dict[str, str]) -> None:
        self.image, self.log, self.more = image, log, more
        with log.open("wb") as out:
            self.process = subprocess.Popen(image.inside(image.command, more), stdout=out, stderr=out)

    def is_well(self) -> bool:
        return self.image.do(self.image.health, self.more).returncode == 0

    def stop(self) -> int:
        """As an engine does: SIGTERM to the first process. Gives what it ended with."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in map(int, children):
            os.kill(child, signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)
