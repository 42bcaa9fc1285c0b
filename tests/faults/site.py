"""An installed portal in a folder: its releases, its services as processes, and an upgrade in a process of its own.

python -m tests.faults.site ROOT upgrade TAG | finish
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from pbxportal.service import release
from pbxportal.service.places import Places
from pbxportal.service.release import CannotInstall
from pbxportal.service.upgrading import Upgrade, last_words

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = {"tests", "var"}  # and what is hidden
STOP_SECONDS = 20


class Processes:
    """What systemd does: each part is a process that outlives whoever started it."""

    def __init__(self, places: Places, environment: dict[str, str]) -> None:
        self.places, self.environment = places, environment
        self.begun: list[subprocess.Popen[bytes]] = []

    def stop_portal(self) -> None:
        self.stop("portal")

    def start(self, units: Path, *, with_pbx: bool) -> None:
        assert (units / "pbxportal.service").exists()
        if with_pbx:
            self.stop("pbx")
        self.manage(self.places.current.resolve(), "prepare")
        for part in ("pbx", "portal"):
            if not self.runs(part):
                self.begin(part)

    def begin(self, part: str) -> None:
        current = self.places.current.resolve()
        with (self.places.root / f"{part}.log").open("ab") as log:
            process = subprocess.Popen(
                [current / ".venv/bin/python", "manage.py", "run", "--only", part],
                cwd=current, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.begun.append(process)
        (self.places.root / f"{part}.pid").write_text(str(process.pid))

    def runs(self, part: str) -> int:
        """Its process id; 0: none."""
        with suppress(OSError, ValueError):
            pid = int((self.places.root / f"{part}.pid").read_text())
            for each in self.begun:
                each.poll()
            status = Path(f"/proc/{pid}/stat").read_text()
            return 0 if status.rpartition(")")[2].split()[0] == "Z" else pid
        return 0

    def stop(self, part: str) -> None:
        until = time.monotonic() + STOP_SECONDS
        while pid := self.runs(part):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM if time.monotonic() < until else signal.SIGKILL)
            time.sleep(0.1)

    def manage(self, of: Path, *command: str, database: str = "") -> None:
        more = {"DATABASE_URL": database} if database else {}
        done = subprocess.run(
            [of / ".venv/bin/python", "manage.py", *command],
            cwd=of, env={**self.environment, **more}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise CannotInstall(f"manage.py {command[0]} of {of.name} failed: {last_words(done.stderr)}")


def make_release(places: Places, clone: Path, tag: str, changes: dict[str, str]) -> Path:
    """Of the code that is tested, with some files otherwise; and its tag in the clone."""
    made = places.releases / tag
    made.mkdir(parents=True)
    for name in (path.name for path in ROOT.iterdir() if path.name not in NOT_COPIED and path.name[0] != "."):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, made / name)
        else:
            shutil.copyfile(ROOT / name, made / name)
    for name, text in changes.items():
        (made / name).write_text(text)
    (made / ".venv").symlink_to(ROOT / ".venv")
    (made / release.WHOLE).touch()
    git(clone, "commit", "--allow-empty", "-qm", tag)
    git(clone, "tag", tag)
    return made


def git(clone: Path, *command: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(clone), *who, *command], check=True, capture_output=True)


def main(root: str, deed: str, *rest: str) -> int:
    places = Places(Path(root))
    environment = json.loads((places.root / "environment.json").read_text())
    upgrade = Upgrade(places, Processes(places, environment), lambda text: print(text, flush=True))  # noqa: T201
    try:
        if deed == "finish":
            upgrade.finish()
        else:
            upgrade.run(places.root / "clone", *rest)
    except CannotInstall as error:
        print(error)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
