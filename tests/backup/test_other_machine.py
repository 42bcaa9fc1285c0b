"""A backup that is made while twenty people write comes back on another machine, and no phone is touched."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from asterisk.process.fetch import Program
from backup import archive
from tests.backup.conftest import PASSPHRASE
from tests.browser.command import ROOT, Command
from tests.pbx.office import eventually, talking
from tests.pbx.prompts import tones
from tests.pbx.voicemail.mailbox import NOTE, PIN, leave_message, open_mailbox
from tests.phones.phone import Phone

PROCESSES, THREADS = 4, 5
ADD = f"""
from tests.node import apply
from tests.people import make_extension
for number in ('1000', '1001'):
    extension = make_extension(number, voicemail=True, voicemail_pin='{PIN}', voicemail_says_date=False)
    print(extension.registration_name, extension.registration_password)
for number in range(2000, 2000 + {PROCESSES * THREADS}):
    make_extension(str(number))
apply(['1000', '1001'], None)
"""
WRITE = """
import os
import time
from pathlib import Path
from threading import Thread
from django.db import connection
from extensions.changes import record as changes
def write(number):
    place = 0
    while not Path({over!r}).exists():
        with changes.edit(number, None) as extension:
            extension.caller_id = str(place % 1000)
        place += 1
        os.write(1, (number + chr(10)).encode())
        time.sleep(0.1)
    connection.close()
threads = [Thread(target=write, args=(str(number),)) for number in range({first}, {first} + {threads})]
for each in threads: each.start()
for each in threads: each.join()
"""
OPENED = """
from extensions.models import SipExtension
print(len([(e.registration_password, e.voicemail_pin) for e in SipExtension.objects.all()]))
"""


def manage(command: Command, *arguments: str) -> str:
    program = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(program, cwd=ROOT, env=command.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_portal(command: Command, script: str) -> str:
    return manage(command, "shell", "-v", "0", "-c", script)


@contextmanager
def writers(command: Command, over: Path) -> Iterator[None]:
    """All of their processes have written something when it begins."""
    with ExitStack() as held:
        for process in range(PROCESSES):
            script = WRITE.format(over=str(over), first=2000 + process * THREADS, threads=THREADS)
            program = [sys.executable, "manage.py", "shell", "-v", "0", "-c", script]
            out = held.enter_context((over.parent / f"{over.name}.{process}").open("wb"))
            started = subprocess.Popen(program, cwd=ROOT, env=command.environment, stdout=out)
            held.callback(started.wait)
        held.callback(over.touch)
        assert eventually(lambda: writing(over) == PROCESSES, 120)
        yield


def writing(over: Path) -> int:
    """How many processes have written: their threads wait for one another."""
    return sum(file.stat().st_size > 0 for file in over.parent.glob(f"{over.name}.*"))


@pytest.fixture
def commands(tmp_path: Path, program: Program) -> Iterator[tuple[Command, Command]]:
    """The portal of one machine, and the empty place of another."""
    with ExitStack() as held:
        made = []
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            made.append(held.enter_context(Command(tmp_path / name, ROOT / "var" / "asterisk-program")))
        yield made[0], made[1]


def test_every_phone_registers_and_calls_and_the_message_plays(
    commands: tuple[Command, Command], settings: Settings, tmp_path: Path
) -> None:
    one, other = commands
    one.start()
    settings.ASTERISK_DIR = one.directory / "asterisk"
    accounts = [line.split() for line in in_portal(one, ADD).splitlines()[:2]]

    @contextmanager
    def phones(command: Command) -> Iterator[list[Phone]]:
        """With what was typed into them, once."""
        server = ("127.0.0.1", int(command.ports["SIP_PORT"]))
        plugged = [Phone(str(1000 + n), name, secret, server) for n, (name, secret) in enumerate(accounts)]
        assert [each.register() for each in plugged] == [200, 200]
        try:
            yield plugged
        finally:
            for each in plugged:
                each.close()

    path, passphrase = tmp_path / "a.backup", tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE)
    given = (str(path), "--passphrase-file", str(passphrase))
    with phones(one) as plugged_in, tones():
        leave_message(plugged_in[1], "*121000")
        assert eventually(lambda: bool(list((settings.ASTERISK_DIR / "spool/voicemail/default/1000").rglob("*.wav"))))
        with writers(one, tmp_path / "over"):
            assert [each.register() for each in plugged_in] == [200, 200]
            manage(one, "backup", *given)
    one.stop()
    manifest = archive.verify(path, PASSPHRASE)
    head = in_portal(one, "from core.audit.models import AuditHead; print(AuditHead.objects.get().count)")
    assert int(head) > manifest.log_count > PROCESSES * THREADS

    assert "Restored: 22 extensions" in manage(other, "restore", *given)
    known = f"{manifest.log_count}:{manifest.log_hash}"
    assert f"{manifest.log_count:,} entries, none altered" in manage(other, "verify_audit", "--known", known)
    assert in_portal(other, OPENED).strip() == "22"
    shutil.rmtree(one.directory / "asterisk")
    other.start()
    settings.ASTERISK_DIR = other.directory / "asterisk"
    with phones(other) as (callee, caller), tones():
        talking(caller, callee)
        for each in (caller, callee):
            for call in tuple(each._calls.values()):
                call.hangup()
        ear = open_mailbox(callee, "*2")
        ear.call.press("1")
        assert ear.hears_tone(NOTE)
