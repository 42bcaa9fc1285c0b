"""An installed portal's services, as systemd runs them."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from pbxportal.service import release
from pbxportal.service.places import PBX, PORTAL, PREPARE, Places
from pbxportal.service.release import CannotInstall, Say
from pbxportal.service.upgrading import last_words

UPGRADE_UNIT = "pbxportal-upgrade.service"


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
        self.systemctl("start", "--no-block", PBX, PORTAL)  # whether they work is asked afterwards

    def systemctl(self, *command: str) -> None:
        done = subprocess.run(["systemctl", *command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotInstall(f"systemctl {' '.join(command)} failed: {done.stderr.strip()}")

    def manage(self, of: Path, *command: str, database: str = "") -> None:
        more = {"DATABASE_URL": database} if database else {}
        program = [
            str(of / ".venv/bin/python"), str(of / "pbxportal/service/command.py"), str(self.places.settings),
        ]  # fmt: skip
        done = subprocess.run(
            [*program, *command], env={**os.environ, **more}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CannotInstall(f"manage.py {command[0]} of {of.name} failed: {last_words(done.stderr)}")


class Starting(Systemd):
    """While systemd is about to start them: it does the rest."""

    def stop_portal(self) -> None:
        """It does not run yet."""

    def start(self, units: Path, *, with_pbx: bool) -> None:  # noqa: ARG002 (nothing runs)
        for unit in units.iterdir():
            shutil.copyfile(unit, self.places.units / unit.name)


UPGRADE = """\
[Unit]
Description=Upgrade of pbxportal to {tag}

[Service]
Type=oneshot
WorkingDirectory={clone}
ExecStart={python} -m pbxportal.service upgrade-here {tag}
ExecStopPost={python} -m pbxportal.service finish
StandardOutput=truncate:{log}
StandardError=append:{log}
TimeoutStartSec=infinity
"""


def upgrade(places: Places, clone: Path, tag: str, say: Say) -> int:
    """By a process of systemd's, which goes back whatever becomes of this terminal, and of it. Its exit code."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", tag):
        raise CannotInstall(f"There is no {tag} here. See the tags: git tag")
    subprocess.run(["git", "-C", str(clone), "fetch", "--quiet", "--tags"], capture_output=True, check=False)
    log = places.code / "upgrade.log"
    log.touch()
    text = UPGRADE.format(tag=tag, clone=str(clone).replace("%", "%%"), python=sys.executable, log=log)
    (places.root / "run/systemd/system" / UPGRADE_UNIT).write_text(text)
    release.run("systemctl", "daemon-reload")
    log.write_bytes(b"")
    with (
        subprocess.Popen(["systemctl", "start", UPGRADE_UNIT], stderr=subprocess.DEVNULL) as started,
        log.open() as said,
    ):
        while started.poll() is None:
            for line in said:
                say(line.rstrip("\n"))
            time.sleep(0.2)
        for line in said:
            say(line.rstrip("\n"))
    return started.returncode
