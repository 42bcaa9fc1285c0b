import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db.backends.base.operations import BaseDatabaseOperations

from accounts.models import User
from asterisk import ari
from asterisk.ami.protocol import Message
from asterisk.engine import lines
from asterisk.engine import store as engine
from asterisk.engine.columns import TABLES
from asterisk.live import listener
from asterisk.live import store as live
from asterisk.live.guard import Heard
from asterisk.live.network_recorder import Seen
from asterisk.live.store import Contact
from asterisk.live.voicemail_recorder import Changed
from asterisk.nodes import from_settings
from asterisk.process.embedded import Embedded
from asterisk.process.fetch import Program, find_or_fetch
from asterisk.readback import proof
from core.audit import triggers
from tests import permissions
from tests.node import connected
from tests.people import make_user

flush = BaseDatabaseOperations.execute_sql_flush


def flush_the_log_too(self: Any, statements: Any) -> None:
    """Between tests all is emptied; what keeps the log from it is made again with the rows of each installation."""
    triggers.release(self.connection)
    flush(self, statements)


BaseDatabaseOperations.execute_sql_flush = flush_the_log_too  # type: ignore[method-assign, assignment]
permissions.make_none()

ROOT = Path(__file__).resolve().parent.parent
SHARE_PROCESSORS = {"browser", "clients", "faults", "front", "pbx"}
LONG = {
    "backup/test_other_machine.py", "backup/test_postgresql.py", "faults/test_alerts.py", "faults/test_run.py",
    "faults/test_upgrade.py", "pbxportal/service/test_container.py",
}  # fmt: skip
LISTENS_SECONDS = 10.0  # longer than the listener ever needs; some tests keep it from Asterisk

# The same examples on every run, and as long as a busy machine needs for them.
hypothesis.settings.register_profile("tests", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("tests")


@pytest.fixture
def ada(db: None) -> User:
    return make_user("Ada", role="super_administrator")


@pytest.fixture
def hugo(db: None) -> User:
    return make_user("Hugo", role="human_resource")


@pytest.fixture
def vic(db: None) -> User:
    return make_user("Vic")


@pytest.fixture(scope="session")
def program() -> Program:
    """The Asterisk that `make run` uses too; fetched once, whichever test process comes first."""
    return find_or_fetch(ROOT / "var" / "asterisk-program", print)


# Whoever a test puts here is told of the phones that the listener looks at, or that something was changed by phone.
TOLD: list[Seen] = []
TOLD_OF_CHANGES: list[Callable[[], object]] = []


# And here of mailboxes.
MAILBOXES: list[Changed] = []


# And here of Asterisk's security events.
TOLD_OF_SECURITY: list[Heard] = []


# And here of calls without a port.
TOLD_OF_PORTS: list[Callable[[], object]] = []


def tell_of_ports() -> None:
    for each in TOLD_OF_PORTS:
        each()


def tell_of_security(message: Message) -> None:
    for each in TOLD_OF_SECURITY:
        each(message)


def tell_of_mailboxes(numbers: Iterable[str]) -> None:
    changed = list(numbers)
    for each in MAILBOXES:
        each(changed)


def tell(contacts: Iterable[Contact]) -> None:
    looked_at = list(contacts)
    for each in TOLD:
        each(looked_at)


def tell_of_changes() -> None:
    for each in TOLD_OF_CHANGES:
        each()


class HeardAsterisk(Embedded):
    """One that has started when the listener hears it: what happens before, nobody is told of."""

    heard = False

    def start(self, timeout: float = 30) -> None:
        super().start(timeout)
        if self.heard:
            self.wait_heard()

    def wait_heard(self) -> None:
        started, until = time.time(), time.monotonic() + LISTENS_SECONDS
        while time.monotonic() < until and not self._is_heard(started):
            time.sleep(0.05)

    def _is_heard(self, since: float) -> bool:
        with suppress(sqlite3.Error), live.opened(self.node.live_file) as heard:
            return live.is_fresh(heard) and (live.last_beat(heard) or 0) > since
        return False  # its tables are being made


@pytest.fixture(scope="session")
def running(program: Program) -> Iterator[Embedded]:
    over = Event()
    told = (tell, tell_of_mailboxes, tell_of_changes, tell_of_security, tell_of_ports)
    ear = Thread(target=listener.listen, args=(from_settings(), over.is_set, *told), daemon=True)
    with HeardAsterisk(program, from_settings()) as embedded:
        ear.start()
        embedded.heard = True
        embedded.wait_heard()
        yield embedded
        over.set()
        ear.join()


@pytest.fixture
def asterisk(running: Embedded, db: None) -> Iterator[Embedded]:
    """A real Asterisk that knows no extension before the test, and none after it."""
    forget_all()
    yield running
    if running.process is None or running.process.poll() is not None:
        running.start()
    forget_all()


def forget_all() -> None:
    with engine.opened(settings.ENGINE_FILE) as tables:
        numbers = engine.numbers(tables)
    if numbers:
        forget_phones(numbers)
    forget_rows()
    shutil.rmtree(settings.ASTERISK_DIR / "spool/voicemail", ignore_errors=True)
    live.prepare(settings.LIVE_FILE)
    with live.opened(settings.LIVE_FILE) as heard:
        heard.execute("DELETE FROM attempt")


def forget_rows() -> None:
    with engine.opened(settings.ENGINE_FILE) as tables:
        for table in (*TABLES, *lines.COLUMNS, "restore_point", "outbound_lock", *engine.BY_PHONE):
            tables.execute(f"DELETE FROM {table}")
        tables.execute("DELETE FROM common WHERE name LIKE 'voicemail%'")


@pytest.fixture(autouse=True)
def nothing_left_on_the_pbx() -> Iterator[None]:
    """A test that started no Asterisk may have found that of another; what it applied there, no other test sees."""
    yield
    if settings.ENGINE_FILE.exists():
        with engine.opened(settings.ENGINE_FILE) as tables:
            numbers = engine.numbers(tables)
        if numbers:
            forget_rows()


def forget_phones(numbers: Iterable[str]) -> None:
    with connected() as ami:
        for number in numbers:
            for contact in proof.contacts(proof.endpoint(ami, number)):
                ari.delete_contact(from_settings(), contact["ID"])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests share the processors, one that waits for a phone or a browser has a second go, and is shown.

    Those that take minutes come first: at the end the other workers would wait for them.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: str(item.path.relative_to(ROOT / "tests")) not in LONG)
        for item in items:
            if item.path.relative_to(ROOT / "tests").parts[0] in SHARE_PROCESSORS:
                item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many cases the tests that walk the addresses ran, and which test shows each field by a call."""
    reports = [
        report for some in terminalreporter.stats.values() for report in some if isinstance(report, pytest.TestReport)
    ]
    noted = [each for report in reports if report.when == "call" for each in report.user_properties]
    cases = sum(int(str(value)) for name, value in noted if name == "cases")
    if cases:
        terminalreporter.write_line(f"{cases:,} cases of address x method x role")
    for line in (str(value) for name, value in noted if name == "field"):
        terminalreporter.write_line(line)
