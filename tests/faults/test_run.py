"""`manage.py run` heals what it can without hands: a lost table, a worker that was killed in the middle of an apply."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from asterisk.nodes import Network, keep_network
from asterisk.process.fetch import Program
from pbxportal import supervisor
from pbxportal.management.commands.run import Interrupt
from tests.browser.command import ROOT, Command
from tests.core.mail.postbox import Postbox
from tests.faults.test_table import delete, overwrite
from tests.pbx.office import eventually
from tests.phones.phone import Phone
from tests.settings import free_port

HEALED_SECONDS = 30

ADD = """
from tests.node import apply
from tests.people import make_extension
extension = make_extension('1000')
apply(['1000'], None)
print(extension.registration_name, extension.registration_password)
"""
CUT_SHORT = """
import os
from asterisk.readback import proof
from extensions import actions
from extensions.models import SipExtension
from tests.node import apply
extension = SipExtension.objects.get()
actions.disable(extension.number, extension.user)
proof.differences = lambda *_: os.kill(os.getpid(), 9)
apply(['1000'], None)
"""
HOLD_MUSIC = "0123456789abcdef"
NEW_PORT = """
from core.preferences.models import HoldMusic, Preferences
from extensions.review import preferences
from tests.node import apply_preferences
HoldMusic.objects.create(version='0123456789abcdef', name='jingle.wav', wav=b'RIFF')
Preferences.objects.update(hold_music='0123456789abcdef')
before, after = Preferences.load(), Preferences.load()
after.network_sip_port = {}
after.save()
preferences.follow(None, before, after)
apply_preferences(None)
"""

LEFT = """
from datetime import timedelta
from django.core.management import call_command
from django.utils.timezone import localdate
call_command('migrate', verbosity=0)
from tests.node import apply
from extensions.models import SipExtension
from tests.people import make_extension
for number, days in (('1000', 0), ('1001', 1)):
    make_extension(number)
apply(['1000', '1001'], None)
SipExtension.objects.update(enabled=False, left_on=localdate())
for number, days in (('1000', 0), ('1001', 1)):
    SipExtension.objects.filter(number=number).update(delete_on=localdate() + timedelta(days=days))
"""
WRITTEN = """
from core.mail import outbox
from core.preferences.models import Preferences
from tests.people import make_user
Preferences.objects.update(mail_host='127.0.0.1', mail_port={}, mail_security='none', mail_from='portal@example.com')
outbox.send('new_device', make_user('Ada'), agent='Firefox on Linux', address='192.0.2.7')
"""
HERE = """
from core.audit.models import AuditRecord
from extensions.models import Change, SipExtension
print(*SipExtension.objects.values_list('number', flat=True), Change.objects.waiting().count())
print(AuditRecord.objects.get(action='extension.deleted').who)
"""


@pytest.fixture
def command(tmp_path: Path, program: Program) -> Iterator[Command]:
    with Command(tmp_path, ROOT / "var" / "asterisk-program") as command:
        command.start()
        yield command


def in_portal(command: Command, script: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "manage.py", "shell", "-v", "0", "-c", script]
    return subprocess.run(program, cwd=ROOT, env=command.environment, capture_output=True, text=True, check=False)


def in_database(command: Command, query: str) -> list[str]:
    """Asked again and again: a process that loads Django each time takes a second."""
    with closing(sqlite3.connect(f"file:{command.directory}/portal.sqlite3?mode=ro", uri=True)) as tables:
        return [str(value) for (value,) in tables.execute(query)]


def plugged_in(command: Command) -> Phone:
    name, password = in_portal(command, ADD).stdout.split()
    return Phone("1000", name, password, ("127.0.0.1", int(command.ports["SIP_PORT"])))


def proved_runs(command: Command) -> int:
    """All of them, or none: an apply before Asterisk has booted is proved by one of its own."""
    outcomes = in_database(command, "SELECT outcome FROM asterisk_applyrun")
    return len(outcomes) if set(outcomes) == {"proved"} else 0


def answers_with(phone: Phone, status: int) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            return phone.register() == status
        except TimeoutError:
            return False

    return answers


def is_loading(command: Command, name: str) -> bool:
    """Whether that command of manage.py has begun to import Django."""
    for process, line in command.running():
        with suppress(OSError):
            if (
                f"manage.py {name}" in line
                and not line.startswith("setpriv")
                and "/_decimal." in (process / "maps").read_text()
            ):
                return True
    return False


@pytest.mark.parametrize("name", ["run", "deliver", "listen"])
def test_ctrl_c_during_the_start_of_any_part_leaves_no_traceback(tmp_path: Path, program: Program, name: str) -> None:
    with Command(tmp_path, ROOT / "var" / "asterisk-program") as command:
        process = command.begin()
        assert eventually(lambda: is_loading(command, name) or process.poll() is not None, 90), command.text
        assert process.poll() is None, command.text
        command.stop()
        assert eventually(lambda: command.left_running() == [])
        logs = {log.name: log.read_text(errors="replace") for log in (tmp_path / "log").glob("*.log")}
        logs["the terminal"] = command.text
        assert [name for name, text in logs.items() if "Traceback" in text] == []


def test_mails_are_carried(command: Command) -> None:
    postbox = Postbox()
    postbox.start()
    try:
        assert in_portal(command, WRITTEN.format(postbox.port)).returncode == 0
        assert eventually(lambda: [each.to for each in postbox.received] == ["ada@example.com"], HEALED_SECONDS)
    finally:
        postbox.stop()


@pytest.mark.parametrize("lose", [delete, overwrite])
def test_a_lost_table_is_made_anew_and_filled(command: Command, lose: Callable[[Path], object]) -> None:
    with plugged_in(command) as phone:
        assert phone.register() == 200
        lose(command.directory / "asterisk/db/engine.sqlite3")
        assert eventually(lambda: "Asterisk must restart" in command.text, HEALED_SECONDS), command.text
        assert eventually(answers_with(phone, 200), HEALED_SECONDS), command.text
    assert eventually(lambda: proved_runs(command) >= 3, HEALED_SECONDS), command.text
    assert "Traceback" not in command.text


def test_a_new_port_is_taken_by_a_restart(tmp_path: Path, program: Program) -> None:
    with Command(tmp_path, ROOT / "var" / "asterisk-program") as command:
        before, after = command.environment.pop("SIP_PORT"), free_port()
        keep_network(tmp_path / "asterisk", Network(sip_port=int(before)))
        command.start()
        with plugged_in(command) as phone:
            assert phone.register() == 200
            assert phone.unregister() == 200
            assert in_portal(command, NEW_PORT.format(after)).returncode == 0
            said = "Asterisk must restart: its addresses or ports were changed."
            assert eventually(lambda: said in command.text, HEALED_SECONDS), command.text
            same = Phone("1000", phone.line.auth_name, phone.line.password, ("127.0.0.1", int(after)))
        with same:
            assert eventually(answers_with(same, 200), HEALED_SECONDS), command.text
        assert eventually(lambda: proved_runs(command) >= 2, HEALED_SECONDS), command.text
        assert command.text.count("Asterisk must restart") == 1
        assert HOLD_MUSIC in (tmp_path / "asterisk/etc/musiconhold.conf").read_text()


def test_an_apply_that_was_killed_is_finished(command: Command) -> None:
    with plugged_in(command) as phone:
        assert phone.register() == 200
        killed = in_portal(command, CUT_SHORT)
        assert killed.returncode == -signal.SIGKILL, (killed.stdout, killed.stderr, command.text)
        assert eventually(lambda: proved_runs(command) >= 3, HEALED_SECONDS), command.text
        assert phone.register() == 403


def test_a_table_that_cannot_be_made_is_said_and_not_for_ever(command: Command) -> None:
    """The place of the directory taken by a file: nothing can be made there until somebody takes it away."""
    place = command.directory / "asterisk/db"
    with plugged_in(command) as phone:
        place.rename(command.directory / "elsewhere")
        place.write_text("in the way")
        assert eventually(lambda: "Asterisk must restart" in command.text, HEALED_SECONDS), command.text
        assert command.process
        place.unlink()
        assert eventually(answers_with(phone, 200), 2 * HEALED_SECONDS), command.text
        assert command.process.poll() is None


def test_who_has_left_is_deleted_on_the_day(tmp_path: Path, program: Program) -> None:
    """At the start already: the machine may have slept when the day began. The PBX is not up then."""
    with Command(tmp_path, ROOT / "var" / "asterisk-program") as command:
        seeded = in_portal(command, LEFT)
        assert seeded.returncode == 0, seeded.stderr
        command.start()
        gone = ["1001", "0", "system"]
        numbers = "SELECT number FROM extensions_sipextension"
        assert eventually(lambda: in_database(command, numbers) == gone[:1], HEALED_SECONDS), command.text
        assert eventually(lambda: in_portal(command, HERE).stdout.split() == gone, HEALED_SECONDS), command.text
        log = (tmp_path / "log/leavers.log").read_text()
        assert log.startswith("1000: ")
        assert "1 scheduled for deletion later" in log


def test_ctrl_c_that_was_lost_in_a_callback_ends_it_in_the_next_round() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        interrupt = Interrupt()
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        with pytest.raises(KeyboardInterrupt):
            supervisor.watch([], print, interrupt.look)
        os.kill(os.getpid(), signal.SIGINT)  # again, while it is being stopped: nothing
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
