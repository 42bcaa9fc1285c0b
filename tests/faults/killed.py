"""Something of the portal killed at a random moment while an administrator does something to many extensions at once.

It tells what must be so at any moment after: all of it is there or nothing, a repeat does it once, and the PBX has it.
"""

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from io import StringIO
from threading import Thread
from typing import Any, Protocol

from django.core.management import call_command
from django.db import connection

from accounts.models import User
from asterisk import check, nodes
from asterisk.models import ApplyRun
from asterisk.process.embedded import Embedded
from core.audit.models import AuditRecord
from extensions.models import BulkAction, BulkItem, Change, SipExtension
from extensions.spreadsheets.models import Import
from tests.bench.page import form_with
from tests.bench.process import PROC, children
from tests.chaos.database import PostgreSql
from tests.faults.portal import Answer, Browser
from tests.node import all_numbers, apply, catch_up, plan
from tests.people import make_extension, make_user

KILLS = int(os.environ.get("KILLS", "2"))  # of each test at least, each at another moment
SEED = int(os.environ.get("SEED", "20261129"))
MANY = 12
THERE = [str(2000 + each) for each in range(MANY)]
NEW = [str(3000 + each) for each in range(MANY)]
# Seconds that each takes, until it was done once.
GUESS = {"deed": 0.8, "undo": 0.2, "upload": 0.3, "request": 0.1, "import": 2.0, "undo of an import": 2.0}
LONGER = 1.2
WAIT_SECONDS = 120
State = Import.State
Shape = dict[str, tuple[Any, ...]]


class Fault(Protocol):
    """`says`: of a page that is asked for before it is mended; "": it is as ever."""

    says: str

    def strike(self) -> None: ...

    def mend(self) -> None: ...


class WebKilled:
    """All workers of the web server, of which one has the request; it starts others by itself."""

    says = ""

    def strike(self) -> None:
        for pid in workers():
            os.kill(pid, signal.SIGKILL)

    def mend(self) -> None:
        wait_until(workers, "No worker.")


def workers() -> list[int]:
    servers = [pid for pid in children(os.getpid()) if "gunicorn" in command_line(pid)]
    return [pid for server in servers for pid in children(server)]


def command_line(pid: int) -> str:
    with suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_text()
    return ""


class ImporterKilled:
    """The process that imports, where there is one."""

    says = ""

    def strike(self) -> None:
        keys = {str(key) for key in Import.objects.values_list("pk", flat=True)}
        for each in PROC.glob("[0-9]*"):
            words = command_line(int(each.name)).split("\0")
            if "import_extensions" in words and keys & {*words}:
                with suppress(ProcessLookupError):
                    os.kill(int(each.name), signal.SIGKILL)

    def mend(self) -> None:
        """Nobody starts it again but an administrator."""


class AsteriskKilled:
    says = ""

    def __init__(self, asterisk: Embedded) -> None:
        self.asterisk = asterisk

    def strike(self) -> None:
        self.asterisk.kill()

    def mend(self) -> None:
        self.asterisk.start()


class DatabaseKilled:
    says = "go back and check whether your"

    def __init__(self, server: PostgreSql) -> None:
        self.server = server

    def strike(self) -> None:
        self.server.kill()

    def mend(self) -> None:
        self.server.start_again()


# --- what is there ---


@dataclass(frozen=True)
class Found:
    """`counts`: rows of each table, and entries of the operation log by their action."""

    shape: Shape
    counts: Counter[str]

    def is_more_than(self, before: "Found", rows: dict[str, int]) -> None:
        names = {name for name in self.counts | before.counts if self.counts[name] != before.counts[name]}
        more = {name: self.counts[name] - before.counts[name] for name in names}
        assert more == rows, more


def found() -> Found:
    there = SipExtension.objects.select_related("user").prefetch_related("user__organizations")
    shape = {
        each.number: (
            each.enabled, each.registration_password, each.location, each.max_phones, each.user.full_name,
            each.user.is_active, sorted(str(one) for one in each.user.organizations.all()),
        )
        for each in there
    }  # fmt: skip
    counts = Counter(
        people=User.objects.count(),
        departments=User.organizations.through.objects.count(),
        changes=Change.objects.count(),
        actions=BulkAction.objects.count(),
        undone=BulkAction.objects.exclude(undone_at=None).count(),
        items=BulkItem.objects.count(),
        imports=Import.objects.filter(state__in=(*Import.IN_PLACE, State.UNDOING)).count(),
    )
    actions = AuditRecord.objects.exclude(action__startswith="apply").values_list("action", flat=True)
    counts.update(each for each in actions if each.startswith(("extension", "bulk")))
    return Found(shape, counts)


def quiet() -> None:
    """PostgreSQL goes on with a statement whose client was killed, and then finds it gone."""
    connection.close()
    if connection.vendor == "postgresql":
        busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
        wait_until(lambda: sql(f"{busy} AND pid <> pg_backend_pid()") == 0, "A statement goes on and on.")


def sql(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def wait_until(so: Callable[[], object], otherwise: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not so():
        assert time.monotonic() < until, otherwise
        time.sleep(0.02)


def all_is_applied() -> None:
    """The engine's file is what the database says, Asterisk reads it so, and the operation log is whole."""
    catch_up()
    assert Change.objects.waiting().numbers() == []
    assert plan(all_numbers()) == []
    assert not ApplyRun.objects.exclude(outcome=ApplyRun.Outcome.PROVED).exists()
    assert check.check(nodes.from_settings()).drifts == []
    call_command("verify_audit", stdout=StringIO())


def set_up() -> User:
    """Extensions that the PBX has, and who does something to them."""
    ada = make_user("Ada", role="super_administrator")
    for number in THERE:
        make_extension(number).user.join_the_company()
    apply(THERE, None)
    Change.objects.all().delete()
    return ada


@dataclass
class Scene:
    """`fault`: what is killed; `ends`: how far that had come."""

    port: int
    by: User
    fault: Fault
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    usual: dict[str, float] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)

    def struck(
        self, what: str, browser: Browser, ask: Callable[[], Answer], over: Callable[[], bool] | None = None
    ) -> Answer | None:
        """None: there was no answer. `over`: whether what was asked for is over, where the answer comes before."""
        at = self.chance.uniform(0, self.usual.get(what, GUESS[what]) * LONGER)
        answers: list[Answer] = []

        def asking() -> None:
            with suppress(OSError, HTTPException):
                answers.append(ask())

        thread = Thread(target=asking)
        begun = time.monotonic()
        thread.start()
        wait_until(lambda: time.monotonic() - begun > at, "")
        self.fault.strike()
        thread.join()
        if over:
            wait_until(over, "It goes on and on.")
        shown = browser.ask("GET", "/extensions/")
        assert (shown.status, self.fault.says in shown.page) == (503 if self.fault.says else 200, True)
        self.fault.mend()
        quiet()
        return answers[0] if answers else None

    def whole(self, what: str, ask: Callable[[], Answer], *, again: bool = False) -> Answer:
        """As an administrator who reloads the page; how long it takes is remembered, unless it was done `again`."""
        begun = time.monotonic()
        answer = ask()
        if not again:
            self.usual[what] = time.monotonic() - begun
        assert answer.status == 302, (what, answer)
        return answer

    def end(self, what: str, answer: Answer | None, *, saved: bool) -> None:
        waits = Change.objects.waiting().exists()
        far = "nothing saved" if not saved else "saved, not applied" if waits else "applied"
        self.ends[f"{what}: {far}{', answered' if answer else ''}"] += 1


def applies(browser: Browser) -> None:
    """All that waits, from the review page."""
    form = form_with("seen", browser.get("/review/"))
    assert browser.send("/apply/", {**form, "all": "everybody"}).status == 302


def told(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
