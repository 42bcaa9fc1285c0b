"""Puts another release in place of the one that runs, and goes back by itself if that does not work.

What was done so far is written down before each step, so that whoever comes after a crash can go back as well. The PBX
runs on, and calls with it, unless what Asterisk reads was changed.
"""

import fcntl
import filecmp
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from pbxportal.service import release
from pbxportal.service.places import Places
from pbxportal.service.release import CannotInstall, Say

OF_ASTERISK = ("asterisk/conf", "asterisk/process", "asterisk/engine")
KEPT = 3  # releases
HEALTH_SECONDS = 60
LEFT = 100_000_000  # bytes: with less, the portal itself is short of space
DATABASE = "portal.sqlite3"


class InProgress(CannotInstall): ...


class Services(Protocol):
    def stop_portal(self) -> None: ...

    def start(self, units: Path, *, with_pbx: bool) -> None:
        """Take over the units there, update the database, and start what does not run. Raises CannotInstall."""

    def manage(self, of: Path, *command: str, database: str = "") -> None:
        """A command of that release's manage.py. Raises CannotInstall with what it said."""


class Upgrade:
    def __init__(self, places: Places, services: Services, say: Say) -> None:
        self.places, self.services, self.say = places, services, say
        self.note = places.code / "upgrade.json"
        self.aside = places.data / "upgrade"

    def run(self, clone: Path, tag: str) -> None:
        """Raises CannotInstall, after going back."""
        with self.alone():
            self.go_back_if_cut_short()
            old = self.places.current.resolve()
            with in_words():
                new = release.make(clone, self.places.releases, self.say, tag)
            if new == old:
                self.say(f"{new.name} runs already.")
                return
            refuse_older(old, new)
            with in_words():
                shutil.rmtree(self.aside, ignore_errors=True)  # of an earlier one: never to go back to
                self.back_up(old)
                self.try_migrations(new)
                self.write_down(old)
            try:
                with in_words():
                    self.take(new, with_pbx=changes_asterisk(old, new))
            except CannotInstall as error:
                self.go_back(old)
                raise CannotInstall(f"{error}\nThe portal runs as before, as {old.name}.") from error
            self.note.unlink()
            shutil.rmtree(self.aside, ignore_errors=True)
            self.forget_old_releases(old)
            self.say(f"The portal runs as {new.name}.")

    def go_back_if_cut_short(self) -> None:
        """An upgrade that was killed, or ended with the machine."""
        if not self.note.exists():
            return
        old = self.places.releases / json.loads(self.note.read_text())["old"]
        self.say(f"An upgrade was cut short. Going back to {old.name}.")
        self.go_back(old)

    def finish(self) -> None:
        """After this machine or a process ended; nothing where an upgrade is in progress."""
        with suppress(InProgress), self.alone():
            self.go_back_if_cut_short()

    @contextmanager
    def alone(self) -> Iterator[None]:
        self.places.code.mkdir(parents=True, exist_ok=True)
        with (self.places.code / "upgrade.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InProgress("An upgrade is in progress.") from None
            yield

    def back_up(self, old: Path) -> None:
        """Beside the copy of the database, which is for going back alone. Without a passphrase there can be none."""
        try:
            self.services.manage(old, "backup")
        except CannotInstall as error:
            self.say(f"Going on without a backup. {error}")

    def try_migrations(self, new: Path) -> None:
        """On a copy, while everything runs."""
        if (self.places.data / DATABASE).exists():
            self.say("Trying the changes of the database on a copy.")
            try:
                trial = self.copy_database("trial.sqlite3")
                self.services.manage(new, "migrate", database=f"sqlite:///{trial}")
            finally:
                shutil.rmtree(self.aside, ignore_errors=True)

    def take(self, new: Path, *, with_pbx: bool) -> None:
        self.say(f"Switching to {new.name}." + (" The PBX restarts: its own part has changed." if with_pbx else ""))
        self.services.stop_portal()
        if (self.places.data / DATABASE).exists():
            self.copy_database("before.sqlite3")
        release.switch(self.places.current, new)
        self.services.start(new / "pbxportal/service/units", with_pbx=with_pbx)
        self.services.manage(new, "health", "--wait", str(HEALTH_SECONDS))

    def go_back(self, old: Path) -> None:
        with_pbx = changes_asterisk(old, self.places.current.resolve())
        self.services.stop_portal()
        before = self.aside / "before.sqlite3"
        with as_owner(self.places.data):
            if before.exists():
                copy(before, self.places.data / DATABASE)  # in one transaction, whoever has it open
        release.switch(self.places.current, old)
        self.services.start(old / "pbxportal/service/units", with_pbx=with_pbx)
        self.note.unlink()
        shutil.rmtree(self.aside, ignore_errors=True)

    def write_down(self, old: Path) -> None:
        draft = self.note.with_suffix(".new")
        with draft.open("w") as file:
            file.write(json.dumps({"old": old.name}))
            file.flush()
            os.fsync(file.fileno())  # the machine may go down in the next moment
        draft.replace(self.note)

    def copy_database(self, name: str) -> Path:
        """Whole even if somebody writes; whose it is stays as it was. Raises CannotInstall where it has no room."""
        there = self.places.data / DATABASE
        draft, target = self.aside / f"{name}.new", self.aside / name
        with as_owner(self.places.data):
            if shutil.disk_usage(self.places.data).free - there.stat().st_size < LEFT:
                raise CannotInstall(f"There is not enough free space for a copy of {there}.")
            self.aside.mkdir(mode=0o700, exist_ok=True)
            draft.unlink(missing_ok=True)
            draft.touch(mode=0o600)
            copy(there, draft)
            draft.replace(target)
        return target

    def forget_old_releases(self, old: Path) -> None:
        runs = self.places.current.resolve()
        others = [each for each in self.places.releases.iterdir() if each not in (runs, old)]
        for each in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT - 2 :]:
            shutil.rmtree(each, ignore_errors=True)


@contextmanager
def in_words() -> Iterator[None]:
    """Whatever the system refuses is a reason not to upgrade. Raises CannotInstall."""
    try:
        yield
    except subprocess.CalledProcessError as error:
        raise CannotInstall(f"{Path(error.cmd[0]).name} failed.") from error
    except (OSError, sqlite3.Error) as error:
        raise CannotInstall(f"It could not be written: {error}") from error


@contextmanager
def as_owner(folder: Path) -> Iterator[None]:
    """With the rights of who owns it, and no more: who breaks into the service could put links there for root."""
    owner, groups = folder.stat(), os.getgroups()
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    os.setgroups([])
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def copy(database: Path, target: Path) -> None:
    with closing(sqlite3.connect(database)) as there, closing(sqlite3.connect(target)) as here:
        there.backup(here)


def refuse_older(old: Path, new: Path) -> None:
    """The data has become the old one's: a release from before that would not know what is in it.

    Raises CannotInstall.
    """
    if migrations(old) - migrations(new):
        raise CannotInstall(
            f"{new.name} is older than the data of {old.name}."
            " To go back to it, install it in place of this one, and restore a backup that it has made."
        )


def migrations(of: Path) -> set[Path]:
    return {path.relative_to(of) for path in of.glob("*/migrations/[0-9]*.py")}


def changes_asterisk(one: Path, other: Path) -> bool:
    return any(differ(one / each, other / each) for each in OF_ASTERISK)


def differ(one: Path, other: Path) -> bool:
    left, right = (
        {path.relative_to(top) for path in top.rglob("*") if path.is_file() and path.suffix != ".pyc"}
        for top in (one, other)
    )
    return left != right or any(not filecmp.cmp(one / each, other / each, shallow=False) for each in left)


def last_words(text: str) -> str:
    """Of a traceback, its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
