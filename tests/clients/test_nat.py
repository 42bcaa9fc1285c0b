"""Phones at home call one at a desk, each behind its own router: encrypted over TLS, through a renewal, and plain."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from asterisk.process.fetch import Program as AsteriskProgram
from tests.browser.command import LISTENERS, ROOT, Command
from tests.clients.account import Account
from tests.clients.internet import DESK, LAPTOP, OFFICE_OUTSIDE, PORTAL, Internet, internet
from tests.clients.pjsua import Pjsua
from tests.clients.program import Program
from tests.pbx.office import eventually
from tests.pbx.test_calls import CLOSE

SIP, TLS, RTP = 5060, 5061, "10000-10098"
FORWARDS = f"th dport {{ {SIP}, {TLS}, {RTP} }} dnat to {PORTAL};"
SECONDS = 30
OPENED = """
from core.preferences.models import Preferences
from extensions.review import preferences
from tests.node import apply, apply_preferences
from tests.people import make_extension
before, after = Preferences.load(), Preferences.load()
after.network_outside = {outside!r}
after.save()
preferences.follow(None, before, after)
print(apply_preferences(None).outcome)
for number, wish in (('1000', {{'transport': 'tls', 'media_encryption': 'required'}}), ('1001', {{}}), ('1002', {{}})):
    extension = make_extension(number, **wish)
    apply([number], None)
    print(number, extension.registration_name, extension.registration_password)
"""
CERTIFIED = """
from asterisk.process import certificate
from tests import certificates
print(certificate.install(*certificates.made({name!r})))
"""


class AtHome(Pjsua):
    """On a machine of its own."""

    inside: Sequence[str] = ()

    def begin(self, command: Sequence[str | Path], **environment: str) -> Program:
        return super().begin([*self.inside, *command], PHONE_HOST=LAPTOP, **environment)


class Site:
    """The portal, and what is done with it."""

    def __init__(self, command: Command, net: Internet) -> None:
        self.command, self.net = command, net
        self.accounts: dict[str, Account] = {}

    def does(self, script: str) -> list[str]:
        program = [*self.net.portal.inside, sys.executable, "manage.py", "shell", "-v", "0", "-c", script]
        ran = subprocess.run(
            program, cwd=ROOT, env=self.command.environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.splitlines()

    def opens(self) -> None:
        outcome, *made = self.does(OPENED.format(outside=OFFICE_OUTSIDE))
        assert outcome == "proved"
        for number, name, password in map(str.split, made):
            self.accounts[number] = Account(
                OFFICE_OUTSIDE, str(TLS if number == "1000" else SIP), number, name, password
            )

    def desk_phone(self, number: str, *more: str) -> "DeskPhone":
        account = self.accounts[number]
        command = [*self.net.desk.inside, sys.executable, "-m", "tests.phones.phone", "--host", DESK]
        command += ["--server", f"{PORTAL}:{SIP}", "--number", number, "--auth-name", account.authentication_name]
        return DeskPhone([*command, "--password", account.password, "--seconds", "60", *more])


class DeskPhone(Program):
    def hears(self, frequency: int) -> bool:
        found = re.findall(r"heard .* ([\d.]+) Hz", repr(self))
        return bool(found) and abs(float(found[-1]) - frequency) < CLOSE

    def says_anew(self) -> bool:
        before = repr(self).count("heard ")
        return eventually(lambda: repr(self).count("heard ") > before)


@pytest.fixture
def site(tmp_path: Path, program: AsteriskProgram) -> Iterator[Site]:
    with (
        internet(FORWARDS) as net,
        Command(tmp_path, ROOT / "var" / "asterisk-program", inside=net.portal.inside, SIP_BIND="0.0.0.0") as command,  # noqa: S104
    ):
        for name in set(LISTENERS) - {"PORTAL_BIND"}:  # as on a machine of its own
            del command.environment[name]
        first, last = RTP.split("-")
        command.environment |= {"RTP_FIRST": first, "RTP_LAST": last}
        command.start()
        site = Site(command, net)
        site.opens()
        yield site


@contextmanager
def talking(
    site: Site, number: str, transport: str, offers: str, directory: Path
) -> Iterator[tuple[DeskPhone, AtHome]]:
    """The phone at home has called the one at the desk, and both hear each other."""
    directory.mkdir()
    AtHome.inside = site.net.laptop.inside
    with (
        closing(site.desk_phone("1001", "--answer", "--tone", "700")) as desk,
        closing(AtHome(site.accounts[number], directory, transport, offers)) as laptop,
    ):
        desk.wait_for("waiting for a call")
        laptop.register()
        laptop.call("1001")
        desk.wait_for("call from")
        assert eventually(lambda: desk.hears(AtHome.TONE)), (desk, laptop)
        assert eventually(lambda: abs(laptop.heard().frequency - 700) < CLOSE), (desk, laptop)
        yield desk, laptop
        laptop.hang_up()
        laptop.wait_over()
        desk.wait_for("call over")


def test_phones_behind_another_router_talk(site: Site, tmp_path: Path) -> None:
    assert site.does(CERTIFIED.format(name="pbx.example.com")) == ["True"]
    with talking(site, "1000", "tls", "mandatory", tmp_path / "encrypted") as (desk, _):
        assert site.does(CERTIFIED.format(name="renewed.example.com")) == ["True"]
        assert desk.says_anew()
        assert desk.hears(AtHome.TONE)
    with talking(site, "1002", "udp", "", tmp_path / "plain"):
        pass
