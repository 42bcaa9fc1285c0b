"""The listener held still while a number is new to it and Asterisk starts again: what is shown comes right."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace

import pytest

from asterisk.ami.client import AmiError, connected
from asterisk.live.watching import AT_START
from asterisk.nodes import Node, from_settings
from asterisk.process.fetch import Program
from tests.browser.command import ROOT, Command
from tests.chaos.browser import Browser
from tests.faults.test_run import in_portal
from tests.pbx.office import eventually, saved
from tests.people import PASSWORD
from tests.phones.phone import Phone

RIGHT_SECONDS = 30  # a loaded machine; half of what passes before the listener compares all with Asterisk
START_SECONDS = 60
PEOPLE = """
from tests.node import apply
from tests.people import make_extension, make_user
make_user('Ada', role='super_administrator')
people = [make_extension(str(number)) for number in range(1000, 1004)]
apply([each.number for each in people], None)
for each in people:
    print(each.number, each.registration_name, each.registration_password)
"""


def node_of(command: Command) -> Node:
    directory = command.directory / "asterisk"
    return replace(
        from_settings(),
        directory=directory,
        sip_port=int(command.ports["SIP_PORT"]),
        engine_file=directory / "db/engine.sqlite3",
        live_file=directory / "db/live.sqlite3",
        ami_port=int(command.ports["AMI_PORT"]),
        ami_secret=(command.directory / "secrets/ami_secret").read_text().strip(),
    )


def pid_of(command: Command, words: str) -> int:
    """0: it does not run."""
    return next((int(process.name) for process, line in command.running() if words in line), 0)


@contextmanager
def held(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@contextmanager
def engine_of(node: Node) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{node.engine_file}?mode=ro", uri=True, timeout=5)) as db:
        yield db


def listed(db: sqlite3.Connection, number: str) -> int | None:
    """Why, or 0 where Asterisk watches it by now; None: the listener has not begun with it."""
    row = db.execute("SELECT listed FROM awake WHERE number = ?", (number,)).fetchone()
    return row[0] if row else None


def has_booted(node: Node) -> bool:
    try:
        with connected(node, events="system") as ami:
            return any(said.get("Event") == "FullyBooted" for said in ami.events(1))
    except AmiError:
        return False


def end_asterisk(command: Command) -> None:
    os.kill(pid_of(command, "asterisk.conf"), signal.SIGKILL)


def lamp(node: Node, number: str) -> str:
    with connected(node) as ami:
        devices = ami.ask_for_list("DeviceStateList")
    return next((each["State"] for each in devices if each.get("Device") == f"PJSIP/{number}"), "")


@dataclass
class Site:
    """`lines`: number, name and password of each that no phone has registered for yet."""

    command: Command
    node: Node
    browser: Browser
    lines: list[list[str]]

    def shown(self, number: str) -> str:
        return self.browser.get(f"/extensions/status/?n={number}").text


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Iterator[Site]:
    with Command(tmp_path_factory.mktemp("var"), ROOT / "var" / "asterisk-program") as command:
        command.start()
        people = in_portal(command, PEOPLE)
        assert people.returncode == 0, people.stderr
        browser = Browser(command.url)
        assert browser.sign_in("ada@example.com", PASSWORD)
        yield Site(command, node_of(command), browser, [line.split() for line in people.stdout.splitlines()])


@pytest.mark.parametrize("goes_on", ["while Asterisk starts", "when Asterisk has started"])
@pytest.mark.parametrize("stops", ["before it hears of the phone", "as it begins to have the phone watched"])
def test_a_new_phone_is_shown_after_the_listener_was_held_and_asterisk_started_again(
    site: Site, stops: str, goes_on: str
) -> None:
    node, listener = site.node, pid_of(site.command, "manage.py listen")
    number, name, password = site.lines.pop()
    with ExitStack() as hold, Phone(number, name, password, ("127.0.0.1", node.sip_port)) as phone:
        if stops == "before it hears of the phone":
            hold.enter_context(held(listener))
        assert phone.register() == 200
        if stops == "as it begins to have the phone watched":
            with engine_of(node) as db:
                assert eventually(lambda: listed(db, number) is not None)
            hold.enter_context(held(listener))
        assert saved(node.directory, phone)
        end_asterisk(site.command)
        with engine_of(node) as db:
            assert eventually(lambda: listed(db, phone.number) == AT_START, START_SECONDS), site.command.text
        if goes_on == "while Asterisk starts":
            hold.close()
        assert eventually(lambda: has_booted(node), START_SECONDS), site.command.text
        hold.close()
        assert eventually(lambda: lamp(node, phone.number) == "NOT_INUSE", RIGHT_SECONDS), lamp(node, phone.number)
        assert eventually(lambda: "Idle" in site.shown(phone.number), RIGHT_SECONDS), site.shown(phone.number)
    assert "Corrected phone status" not in (site.command.directory / "log/listen.log").read_text()
