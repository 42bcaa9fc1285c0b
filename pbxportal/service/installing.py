"""Installs the portal as systemd services, and takes them away again. As root, with the system's own Python."""

import os
import pwd
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from pbxportal.service import release, settings_file
from pbxportal.service.places import PBX, PORTAL, TARGET, UNITS, USER, Places
from pbxportal.service.release import CannotInstall, Say

START_SECONDS = 900  # the first start downloads Asterisk and Caddy


def install(clone: Path, places: Places, say: Say) -> None:
    """Also over an installation: settings and data stay. Raises CannotInstall."""
    check(places)
    new = release.make(clone, places.releases, say)
    make_user(places)
    make_folders(places, new)
    put_command(places)
    release.switch(places.current, new)
    put_units(places, new)
    if not is_booted():
        say(f"Installed. systemd does not run here: to start it with the machine, enable {TARGET} in it.")
        return
    start(say)
    tell(places, say)


def tell(places: Places, say: Say) -> None:
    """The link for the first administrator; where there is one already, that all is well."""
    link = subprocess.run([places.command, "setup_link"], capture_output=True, text=True, check=False).stdout.strip()
    if link:
        say(f"The portal is running. Open this link once to create the first administrator:\n\n{link}\n")
        say("If it is for this machine alone: sudo pbxportal reach network && sudo systemctl restart pbxportal.target")
    else:
        say("The portal is running, with the data that it had.")


def check(places: Places) -> None:
    if os.geteuid() != 0:
        raise CannotInstall("Installing needs root: sudo make install")
    if not shutil.which("systemd-analyze"):
        raise CannotInstall("There is no systemd on this machine. Run the portal with make run, or as a container.")
    if places.data.is_symlink():
        raise CannotInstall(f"{places.data} is a link. The data must be in a folder of its own there.")


def make_user(places: Places) -> None:
    with suppress(KeyError):
        pwd.getpwnam(USER)
        return
    options = ["--system", "--user-group", "--home-dir", "/var/lib/pbxportal", "--no-create-home"]
    release.run("useradd", "--root", str(places.root), *options, "--shell", "/usr/sbin/nologin", USER)


def make_folders(places: Places, new: Path) -> None:
    places.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.chown(places.data, USER, USER)
    places.settings.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    shutil.chown(places.settings.parent, "root", USER)
    if not places.settings.exists():
        text = settings_file.text((new / "README.md").read_text(), str(places.data))
        draft = places.settings.with_suffix(".new")
        draft.touch(mode=0o640)
        shutil.chown(draft, "root", USER)
        draft.write_text(text)
        draft.rename(places.settings)


def put_command(places: Places) -> None:
    """`pbxportal` is manage.py as the service runs it."""
    python = places.current / ".venv/bin/python"
    text = f'#!/bin/sh\nexec {python} {places.current}/pbxportal/service/command.py {places.settings} "$@"\n'
    places.command.parent.mkdir(parents=True, exist_ok=True)
    places.command.write_text(text)
    places.command.chmod(0o755)


def put_units(places: Places, new: Path) -> None:
    places.units.mkdir(parents=True, exist_ok=True)
    for unit in UNITS:
        shutil.copyfile(new / "pbxportal/service/units" / unit, places.units / unit)
        (places.units / unit).chmod(0o644)


def is_booted() -> bool:
    """As sd_booted(3) has it."""
    return Path("/run/systemd/system").is_dir()


def start(say: Say) -> None:
    release.run("systemctl", "daemon-reload")
    release.run("systemctl", "enable", "--quiet", *UNITS)
    say("Starting. The first time, this downloads Asterisk and Caddy.")
    release.run("systemctl", "restart", "--no-block", TARGET)
    until = time.monotonic() + START_SECONDS
    while not all(is_active(unit) for unit in (PBX, PORTAL)):
        if time.monotonic() > until:
            raise CannotInstall("The portal did not start. See why: journalctl -u 'pbxportal*' -e")
        time.sleep(0.5)


def is_active(unit: str) -> bool:
    return subprocess.run(["systemctl", "is-active", "--quiet", unit], check=False).returncode == 0


def uninstall(places: Places, say: Say, *, with_data: bool) -> None:
    """Raises CannotInstall."""
    check(places)
    if is_booted():
        subprocess.run(["systemctl", "disable", "--quiet", "--now", *UNITS], check=False)
    for unit in UNITS:
        (places.units / unit).unlink(missing_ok=True)
    if is_booted():
        release.run("systemctl", "daemon-reload")
    places.command.unlink(missing_ok=True)
    shutil.rmtree(places.code, ignore_errors=True)
    if not with_data:
        say(f"Removed. The data stays in {places.data}, and the settings in {places.settings.parent}.")
        say("To delete them as well: sudo make uninstall DATA=delete")
        return
    shutil.rmtree(places.data, ignore_errors=True)
    shutil.rmtree(places.settings.parent, ignore_errors=True)
    with suppress(subprocess.CalledProcessError):
        release.run("userdel", "--root", str(places.root), USER)
    say("Removed, with all its data.")
