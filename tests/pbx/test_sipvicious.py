"""SIPVicious, as attackers run it: it finds no extension and no password, and its address is blocked."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from asterisk.live.guard import Guard
from asterisk.models import BlockedAddress
from core.preferences.models import Preferences
from tests.pbx.office import Office, eventually
from tests.pbx.test_attacks import OFFICE, OTHER, is_blocked, is_recognized, stranger
from tests.pbx.test_attacks import guard as guard
from tests.phones.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)

HERE = "127.0.0.1"  # where the programs ask from
PASSWORD = "Q7mXp2LkV9tRz4Wn"


def run(tool: str, home: Path, *arguments: str) -> str:
    """What it has said when its address is blocked: what gets no answer tries for ever."""
    program = str(Path(sys.executable).parent / f"sipvicious_{tool}")
    command = [program, "-p", str(settings.SIP_PORT), *arguments, "127.0.0.1"]
    said = home / "said"
    with said.open("wb") as out:
        env = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
        process = subprocess.Popen(command, env=env, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        try:
            assert is_blocked(HERE), said.read_text()
            eventually(lambda: process.poll() is not None, 3)
        finally:
            process.kill()
            process.wait()
    return said.read_text()


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """Passwords to try, with the right one late."""
    words = tmp_path / "words"
    words.write_text("\n".join([*(f"guess{each}" for each in range(100)), PASSWORD, ""]))
    return words


@pytest.fixture
def phones(guard: Guard, office: Office) -> list[Phone]:
    """Others' phones, elsewhere; and an extension that anybody would try first."""
    office.extension(number="1100", registration_name="1100", registration_password=PASSWORD)
    return [office.registered(host=OFFICE) for _ in range(3)]


def attack(tool: str, home: Path, words: Path) -> str:
    arguments = {
        "svmap": (),
        "svwar": ("--force", "-e", "1090-1190", "--maximumtime=1"),
        "svcrack": ("-u", "1100", "-d", str(words), "--maximumtime=1"),
    }
    return run(tool, home, *arguments[tool])


@pytest.mark.parametrize("tool", ["svmap", "svwar", "svcrack"])
def test_it_is_blocked_at_its_first_message(
    office: Office, phones: list[Phone], tmp_path: Path, words: Path, tool: str
) -> None:
    assert is_recognized(stranger(office, OTHER), "OPTIONS", ("User-Agent", "friendly-scanner"))
    said = attack(tool, tmp_path, words)
    assert BlockedAddress.objects.get(network=HERE).reason == "program"
    assert found_nothing(said)
    assert {phone.register() for phone in phones} == {200}


def test_under_another_name_it_is_blocked_by_its_tries(
    office: Office, phones: list[Phone], tmp_path: Path, words: Path
) -> None:
    Preferences.objects.update(attacks_agents="somebody else", attacks_dialled="")
    assert is_recognized(stranger(office, OTHER), "OPTIONS", ("User-Agent", "somebody else"))
    said = attack("svcrack", tmp_path, words)
    assert BlockedAddress.objects.get(network=HERE).reason == "attempts"
    assert found_nothing(said)
    assert {phone.register() for phone in phones} == {200}


def found_nothing(said: str) -> bool:
    """No password; and svwar takes each 403 of those after its block for an extension, of whatever number."""
    return PASSWORD not in said and set(re.findall(r"^\| (\d{4}) ", said, re.MULTILINE)) != {"1100"}
