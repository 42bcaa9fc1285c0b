"""README's way to the internet, taken: a portal behind a router, with a certificate of an authority outside.

Phones at home call some at a desk, behind another router: encrypted over TLS, through a renewal, plain, and by IPv6.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from asterisk.process.fetch import Program as AsteriskProgram
from tests.browser.command import LISTENERS, ROOT, Command
from tests.browser.lan import Machine
from tests.clients import readme
from tests.clients.account import Account
from tests.clients.internet import AUTHORITY, DESK, DESK6, LAPTOP, OFFICE_OUTSIDE, PORTAL, PORTAL6, Internet, internet
from tests.clients.pjsua import Pjsua
from tests.clients.program import Program
from tests.front.pebble import Pebble
from tests.pbx.office import eventually
from tests.pbx.test_calls import CLOSE

NAME = "pbx.example.com"
SIP, TLS, HTTPS = 5060, 5061, 443
SECONDS = 60
VALID_SECONDS = 30
FIREWALL = """
table inet filter {{
  chain input {{
    type filter hook input priority filter; policy drop;
    ct state established,related accept; iif lo accept; meta l4proto ipv6-icmp accept; {rules}
  }}
}}
"""
OPENED = f"""
from core.preferences.models import Preferences
from extensions.review import preferences
from tests.node import apply, apply_preferences
from tests.people import make_extension
before, after = Preferences.load(), Preferences.load()
after.network_outside = {OFFICE_OUTSIDE!r}
after.save()
preferences.follow(None, before, after)
print(apply_preferences(None).outcome)
encrypted = {{'transport': 'tls', 'media_encryption': 'required'}}
for number in ('1000', '1001', '1002', '1003', '1004', '1005', '1006'):
    extension = make_extension(number, **(encrypted if number == '1000' else {{}}))
    apply([number], None)
    print(number, extension.registration_name, extension.registration_password)
"""
SHOWN = """
import socket, ssl, sys
host, port, name, roots = sys.argv[1:]
context = ssl.create_default_context(cadata=roots)
with socket.create_connection((host, port), 20) as link, context.wrap_socket(link, server_hostname=name) as secure:
    print(secure.getpeercert()["serialNumber"])
"""
GUESSED = f"""
import sys
from tests.phones.phone import Phone
host, most, number, name, password = sys.argv[1:]
with Phone(number, name, password, ({PORTAL6!r}, {SIP}), host=host) as phone:
    said = [phone.register() for _ in range(int(most))]
    print(said[-1])
"""
STRANGERS = "fd99::/64"


class AtHome(Pjsua):
    """On a machine of its own."""

    TONE = 440
    inside: Sequence[str] = ()

    def begin(self, command: Sequence[str | Path], **environment: str) -> Program:
        return super().begin([*self.inside, *command], PHONE_HOST=LAPTOP, **environment)

    def hears(self, frequency: int) -> bool:
        return abs(self.heard().frequency - frequency) < CLOSE

    @property
    def registrations(self) -> int:
        return repr(self.program).count("registered ")


class AtDesk(Program):
    def hears(self, frequency: int) -> bool:
        found = re.findall(r"heard .* ([\d.]+) Hz", repr(self))
        return bool(found) and abs(float(found[-1]) - frequency) < CLOSE

    def goes(self) -> None:
        """When its call is over it ends its registration: each number has one phone."""
        self.wait_for("call over")
        assert self.wait_end() == 0

    def says_anew(self) -> bool:
        before = repr(self).count("heard ")
        return eventually(lambda: repr(self).count("heard ") > before)


class Site:
    """The portal, its authority, and what is done with them."""

    def __init__(self, command: Command, net: Internet, pebble: Pebble) -> None:
        self.command, self.net, self.pebble, self.signer = command, net, pebble, pebble.signer()
        self.accounts: dict[str, Account] = {}

    def opens(self) -> None:
        outcome, *made = said(
            self.net.portal, "manage.py", "shell", "-v", "0", "-c", OPENED, **self.command.environment
        )
        assert outcome == "proved"
        for number, name, password in map(str.split, made):
            port = TLS if number == "1000" else SIP
            self.accounts[number] = Account(OFFICE_OUTSIDE, str(port), number, name, password)

    def shown_outside(self, port: int) -> str:
        """The number of the certificate that somebody at home is shown who trusts the authority; "" if that fails."""
        command = [*self.net.laptop.inside, sys.executable, "-c", SHOWN, OFFICE_OUTSIDE, str(port), NAME, self.signer]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    def at_desk(self, number: str, *more: str, address: str = DESK) -> AtDesk:
        account = self.accounts[number]
        server = f"[{PORTAL6}]:{SIP}" if ":" in address else f"{PORTAL}:{SIP}"
        command = [*self.net.desk.inside, sys.executable, "-m", "tests.phones.phone", "--host", address]
        command += ["--server", server, "--number", number, "--auth-name", account.authentication_name]
        return AtDesk([*command, "--password", account.password, "--seconds", "90", *more])

    def at_home(self, number: str, directory: Path, transport: str, offers: str) -> AtHome:
        AtHome.inside = self.net.laptop.inside
        return AtHome(self.accounts[number], directory, transport, offers)

    def guess(self, address: str, most: int, number: str, password: str) -> str:
        """What was said to the last of so many tries to register."""
        name = self.accounts[number].authentication_name
        (last,) = said(self.net.desk, "-c", GUESSED, address, str(most), number, name, password)
        return last


def said(machine: Machine, *command: str, **environment: str) -> list[str]:
    """What Python says there."""
    ran = subprocess.run(
        [*machine.inside, sys.executable, *command],
        cwd=ROOT, env=environment or None, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, program: AsteriskProgram) -> Iterator[Site]:
    folder, authority = tmp_path_factory.mktemp("portal"), tmp_path_factory.mktemp("authority")
    with ExitStack() as stack:
        net = stack.enter_context(internet(readme.let_through()))
        rules = " ".join(f"{each} accept;" for each in readme.let_through())
        subprocess.run([*net.portal.inside, "nft", "-f", "-"], input=FIREWALL.format(rules=rules).encode(), check=True)
        setting = re.search(r"echo (\S+)", readme.command(readme.INTERNET, "sysctl"))
        assert setting
        net.portal.run(f"sysctl -qw {setting[1]}")
        pebble = Pebble(authority, HTTPS, 80, VALID_SECONDS, net.authority.inside, AUTHORITY, OFFICE_OUTSIDE)
        stack.enter_context(pebble)
        ordinary = [*net.portal.inside, "setpriv", "--bounding-set", "-net_bind_service"]
        command = Command(folder, ROOT / "var" / "asterisk-program", ordinary, SIP_BIND="0.0.0.0,::")
        for name in (*LISTENERS, "RTP_FIRST", "RTP_LAST"):  # as on a machine of its own
            del command.environment[name]
        url, _, _ = readme.command(readme.INTERNET, "PORTAL_URL=https://pbx.example.com make").partition(" make run")
        command.environment |= dict([url.split("=")]) | {
            "DJANGO_SETTINGS_MODULE": "tests.clients.eager_settings",
            "ACME_DIRECTORY": pebble.directory,
            "ACME_ROOT": str(pebble.root),
        }
        _, _, reach = readme.command(readme.NETWORK, "manage.py").partition(".venv/bin/python ")
        said(net.portal, *reach.split(), **command.environment)
        stack.enter_context(command)
        command.start()
        started = folder / "asterisk/log/start.log"
        assert eventually(lambda: started.exists() and "Asterisk Ready" in started.read_text(), SECONDS)
        site = Site(command, net, pebble)
        site.opens()
        yield site


def test_an_encrypted_phone_behind_another_router_talks_through_a_renewal(site: Site, tmp_path: Path) -> None:
    assert eventually(lambda: site.shown_outside(TLS) != "", SECONDS), site.command.text
    assert site.shown_outside(HTTPS)
    with closing(site.at_home("1000", tmp_path, "tls", "mandatory")) as laptop:
        laptop.register()
        with closing(site.at_desk("1001", "--answer", "--tone", "700")) as desk:
            desk.wait_for("waiting for a call")
            laptop.call("1001")
            desk.wait_for("call from")
            assert eventually(lambda: desk.hears(AtHome.TONE)), (desk, laptop)
            assert eventually(lambda: laptop.hears(700)), (desk, laptop)
            first = site.shown_outside(TLS)
            assert eventually(lambda: site.shown_outside(TLS) not in ("", first), SECONDS)
            assert laptop.registrations == 1, laptop
            assert desk.says_anew()
            assert desk.hears(AtHome.TONE)
            assert laptop.hears(700)
            laptop.hang_up()
            laptop.wait_over()
            desk.goes()
        called_from_the_desk(site, laptop)


def called_from_the_desk(site: Site, laptop: AtHome) -> None:
    with closing(site.at_desk("1001", "--call", laptop.account.user_name, "--tone", "900")) as desk:
        laptop.answer()
        assert eventually(lambda: desk.hears(AtHome.TONE)), (desk, laptop)
        assert eventually(lambda: laptop.hears(900)), (desk, laptop)
        laptop.hang_up()
        laptop.wait_over()
        desk.goes()


def test_a_plain_phone_behind_another_router_is_called(site: Site, tmp_path: Path) -> None:
    with closing(site.at_home("1002", tmp_path, "udp", "")) as laptop:
        laptop.register()
        called_from_the_desk(site, laptop)


def test_a_phone_that_offers_ice_is_heard_and_hears_where_the_pbx_says(site: Site, tmp_path: Path) -> None:
    with (
        closing(site.at_home("1006", tmp_path, "udp", "ice")) as laptop,
        closing(site.at_desk("1001", "--answer", "--tone", "700")) as desk,
    ):
        desk.wait_for("waiting for a call")
        laptop.register()
        laptop.call("1001")
        assert eventually(lambda: desk.hears(AtHome.TONE)), (desk, laptop)
        assert eventually(lambda: laptop.hears(700)), (desk, laptop)
        laptop.hang_up()
        laptop.wait_over()
        desk.goes()


def test_a_phone_with_ipv6_is_called_by_one_behind_a_router_and_by_its_like(site: Site, tmp_path: Path) -> None:
    with closing(site.at_home("1004", tmp_path, "udp", "")) as laptop:
        laptop.register()
        with closing(site.at_desk("1003", "--answer", "--tone", "700", address=DESK6)) as desk:
            desk.wait_for("waiting for a call")
            laptop.call("1003")
            assert eventually(lambda: desk.hears(AtHome.TONE)), (desk, laptop)
            assert eventually(lambda: laptop.hears(700)), (desk, laptop)
            laptop.hang_up()
            laptop.wait_over()
            desk.goes()
    with closing(site.at_desk("1003", "--answer", "--tone", "700", address=DESK6)) as called:
        called.wait_for("waiting for a call")
        with closing(site.at_desk("1001", "--call", "1003", "--tone", "900", address=DESK6)) as calling:
            assert eventually(lambda: called.hears(900)), (called, calling)
            assert eventually(lambda: calling.hears(700)), (called, calling)


def test_an_attacker_is_blocked_with_all_of_its_ipv6_network(site: Site) -> None:
    desk, portal = site.net.desk, site.net.portal
    for address in ("fd99::9", "fd99::a"):
        desk.run(f"ip addr add {address}/64 dev lan nodad")
    portal.run(f"ip route add {STRANGERS} via {DESK6}")
    assert site.guess("fd99::a", 1, "1005", "wrong") == "401"
    site.guess("fd99::9", 12, "1005", "wrong")
    assert eventually(lambda: site.guess("fd99::a", 1, "1005", "wrong") == "403")
    assert site.guess(DESK6, 1, "1005", site.accounts["1005"].password) == "200"
