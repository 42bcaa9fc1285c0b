"""An installed portal's services, as systemd runs them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pbxportal.service.places import PBX, PORTAL, PREPARE, Places
from pbxportal.service.release import CannotInstall
from pbxportal.service.upgrading import last_words


class Systemd:
    """The services as systemd runs them."""

    def __init__(self, places: Places) -> None:
        self.places = places

    def stop_portal(self) -> None:
        self.systemctl("stop", PORTAL)

    def start(self, units: Path, *, with_pbx: bool) -> None:
        for unit in units.iterdir():
            shutil.copyfile(unit, self.places.units / unit.name)
        self.systemctl("daemon-reload")
        if with_pbx:
            self.systemctl("stop", PBX)
        self.systemctl("restart", PREPARE)
        self.systemctl("start", PBX, PORTAL)

    def systemctl(self, *command: str) -> None:
        done = subprocess.run(["systemctl", *command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotInstall(f"systemctl {' '.join(command)} failed: {done.stderr.strip()}")

    def manage(self, release: Path, *command: str, database: str = "") -> None:
        more = {"DATABASE_URL": database} if database else {}
        program = [
            str(release / ".venv/bin/python"), str(release / "pbxportal/service/command.py"), str(self.places.settings),
        ]  # fmt: skip
        done = subprocess.run(
            [*program, *command], env={**os.environ, **more}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CannotInstall(f"manage.py {command[0]} of {release.name} failed: {last_words(done.stderr)}")


class Starting(Systemd):
    """While systemd is about to start them: it does the rest."""

    def stop_portal(self) -> None:
        """It does not run yet."""

    def start(self, units: Path, *, with_pbx: bool) -> None:  # noqa: ARG002 (nothing runs)
        for unit in units.iterdir():
            shutil.copyfile(unit, self.places.units / unit.name)


def upgrade(clone: Path, tag: str) -> int:
    """By a process of systemd's, which goes back whatever becomes of this terminal, and of it."""
    subprocess.run(["git", "-C", str(clone), "fetch", "--quiet", "--tags"], capture_output=True, check=False)
    ours = [sys.executable, "-m", "pbxportal.service"]
    finish = f"ExecStopPost={' '.join(ours)} finish"
    command = ["systemd-run", "--quiet", "--wait", "--pipe", "--collect", "--unit=pbxportal-upgrade"]
    command += ["--property", finish, "--property", f"WorkingDirectory={clone}", *ours, "upgrade-here", tag]
    return subprocess.run(command, check=False).returncode
