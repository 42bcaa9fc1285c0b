"""What `manage.py run` looks at again and again, beside its children."""

import logging
import subprocess
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from io import StringIO
from pathlib import Path
from threading import Thread

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils.timezone import localdate, localtime

from asterisk.nodes import Node
from asterisk.process import network
from asterisk.process.refused_lines import RefusedLines
from backup import making
from backup.copies import sending
from backup.models import CopySettings
from core import commands
from core.events import tell, webhook
from core.events.look import Look
from core.preferences.models import in_force
from pbxportal import conditions, logs, supervisor
from pbxportal.supervisor import Child

logger = logging.getLogger(__name__)


class Job:
    """Something that is done again and again, in a thread of its own, so that nothing waits for it."""

    def __init__(self, work: Callable[[], object], every_seconds: float) -> None:
        self.work, self.every_seconds = work, every_seconds
        self.due = time.monotonic() + every_seconds
        self.thread: Thread | None = None

    def __call__(self) -> None:
        if time.monotonic() >= self.due and not (self.thread and self.thread.is_alive()):
            self.due = time.monotonic() + self.every_seconds
            self.thread = beside(self.work)


def beside(work: Callable[[], object]) -> Thread:
    """Do it in a thread of its own, so that nothing waits for it; a failure is logged."""

    def once() -> None:
        try:
            work()
        except Exception:
            logger.exception("What is done again and again beside the portal failed")
        finally:
            connection.close()

    thread = Thread(target=once, daemon=True)
    thread.start()
    return thread


def do(command: str) -> bool:
    """One of our own commands, here: to start a process takes longer than most days give it to do.

    Gives whether it did it; if not, why not is in its log.
    """
    said, is_done = StringIO(), True
    try:
        call_command(command, stdout=said, no_color=True)
    except CommandError as error:
        said.write(f"{error}\n")
    except Exception as error:
        said.write(traceback.format_exc())
        logs.say(f"{command} failed, and is tried again: {error}")
        is_done = False
    finally:
        connection.close()
    with supervisor.output(logs.of(command)) as out:
        if out:
            out.write(said.getvalue().encode())
        else:
            for line in said.getvalue().splitlines():
                logs.say(f"{command}: {line}")
    return is_done


def start(command: str, *arguments: str) -> None:
    """In a process of its own, which nobody waits for: Ctrl+C is not said to it. It ends with this thread."""
    program = ["setpriv", "--pdeathsig", "TERM", "--", *commands.of(command, *arguments)]
    with supervisor.output(logs.of(command)) as out:
        process = subprocess.Popen(program, stdout=out, stderr=out, start_new_session=True)
    Thread(target=process.wait, daemon=True).start()


class Daily:
    """Deletes those who have left, and clears sessions, whose time is over: at the start, and as each day begins.

    What failed is tried again, for the database may have been busy.
    """

    AGAIN_SECONDS = 300.0

    def __init__(self) -> None:
        self.last: date | None = None
        self.thread: Thread | None = None
        self.due = 0.0

    def __call__(self) -> None:
        today = localdate()
        is_at_work = self.thread is not None and self.thread.is_alive()
        if today != self.last and not is_at_work and time.monotonic() >= self.due:
            self.due = time.monotonic() + self.AGAIN_SECONDS
            self.thread = beside(partial(self.begin, today))

    def begin(self, today: date) -> None:
        if all([do("leavers"), do("clear_sessions")]):
            self.last, self.due = today, 0.0


class Backups:
    """Has the day's backup made from two o'clock on; looked for again each hour, for one may have failed."""

    HOUR = 2

    def __init__(self) -> None:
        self.last: tuple[date, int] | None = None
        self.is_due = False

    def __call__(self) -> None:
        now = localtime()
        if now.hour >= self.HOUR and (now.date(), now.hour) != self.last:
            self.last = (now.date(), now.hour)
            beside(self.look)
        if self.is_due:
            self.is_due = False
            start("backup", "--nightly")

    def look(self) -> None:
        self.is_due = making.is_due() or bool(sending.owed(CopySettings.load()))


class Nightly:
    """Compares everything at three o'clock; once a night, whatever is done to the clock."""

    HOUR = 3

    def __init__(self, *, has_pbx: bool) -> None:
        self.has_pbx = has_pbx
        self.last = localdate()

    def __call__(self) -> None:
        from asterisk import check

        now = localtime()
        if now.hour == self.HOUR and now.date() != self.last:
            self.last = now.date()
            start("verify_audit")
            if self.has_pbx:
                check.start()


class Alerts:
    """Looks for what is wrong, and tells of it, by e-mail and by webhook."""

    LOOK_SECONDS, DELIVER_SECONDS, FORGET_SECONDS = 5.0, 3.0, 3600.0

    def __init__(self, children: Sequence[Child], *, has_pbx: bool) -> None:
        self.look = Look(conditions.of(children, has_pbx=has_pbx))
        self.jobs = [
            Job(self.look_and_tell, self.LOOK_SECONDS),
            Job(webhook.deliver, self.DELIVER_SECONDS),
            Job(tell.forget_old, self.FORGET_SECONDS),
        ]

    def __call__(self) -> None:
        for job in self.jobs:
            job()

    def look_and_tell(self) -> None:
        with in_force():
            self.look()
            tell.tell()


class SmallLogs:
    """Keeps every log small, for as long as it is written: strangers fill Asterisk's with each refused request."""

    EVERY_SECONDS = 1.0

    def __init__(self, *directories: Path) -> None:
        self.directories = directories
        self.refused = [RefusedLines(directory) for directory in directories]
        self.due = 0.0

    def __call__(self) -> None:
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + self.EVERY_SECONDS
            for look in self.refused:
                look()
            for directory in self.directories:
                supervisor.keep_small(directory)


def follow_outside_address(node: Node) -> None:
    """Has the PBX follow when the name or the router outside gets another address."""
    try:
        network.follow(node)
    except OSError as error:
        logger.warning("The outside address cannot be found: %s", error)
