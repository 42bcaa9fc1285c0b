"""The far end of trunks: a second Asterisk, which plays a telephone company.

It writes down each call that comes in, with all its headers, and treats it as it was told to for that number.
"""

import os
import re
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from asterisk.ami import protocol
from asterisk.ami.protocol import Message
from asterisk.nodes import from_settings
from asterisk.process import embedded
from asterisk.process.fetch import Program
from core import whole_file
from tests import certificates
from tests.settings import free_port

CONF = Path(__file__).parent / "conf"
ADDRESS = "127.0.0.2"
CUSTOMERS = {"acme": "t7Rw9KqX2mZv5LpB", "globex": "Kx3vNq8TzW5mJr2H"}
BOOT_SECONDS = 30
HANG_UP_SECONDS = 10
# What Asterisk looks for, and needs nothing of.
EMPTY = ("acl", "ccss", "cdr", "cel", "features", "indications", "pjproject", "udptl")


class Answer(StrEnum):
    """A context of conf/extensions.conf."""

    ECHO = "echo"
    TONE = "tone"
    RINGING = "ringing"  # for ever
    SILENT = "silent"  # 100 Trying, and no more
    BUSY = "busy"  # 486
    UNAVAILABLE = "unavailable"  # 503
    UNKNOWN = "unknown"  # 404


@dataclass(frozen=True)
class Call:
    """As the provider saw it. `customer`: "" where only its address is known. `headers`: names in lower letters."""

    customer: str
    dialled: str
    headers: dict[str, str]


def free_rtp_port() -> int:
    """Of a hundred pairs, above those that free_port() finds and below those of the tested Asterisk."""
    return 17_000 + os.getpid() % 15 * 200


class Provider:
    """Started by start(), and running until stop()."""

    def __init__(self, program: Program, directory: Path) -> None:
        self.program, self.seen = program, directory / "seen"
        self.passwords = dict(CUSTOMERS)
        self.trusted: tuple[str, ...] = ()
        self.process: subprocess.Popen[bytes] | None = None
        self.node = replace(
            from_settings(),
            directory=directory,
            sip_bind=ADDRESS,
            sip_port=int(free_port()),
            sip_tls_port=int(free_port()),
            rtp_first=free_rtp_port(),
            rtp_last=free_rtp_port() + 198,
            ami_port=int(free_port()),
            ami_user="provider",
            ami_secret="provider",
        )

    def start(self) -> None:
        for name in ("etc", "lib", "spool", "log"):
            (self.node.directory / name).mkdir(parents=True, exist_ok=True)
        certificate = self.node.directory / "server.pem"
        certificate.write_bytes(b"".join(certificates.made("localhost", ADDRESS)))
        values = {
            "DIRECTORY": str(self.node.directory),
            "RUN": str(embedded.run_directory(self.node)),
            "MODULES": str(self.program.modules),
            "DATA": str(self.program.data),
            "ADDRESS": ADDRESS,
            "SIP_PORT": str(self.node.sip_port),
            "SIP_TLS_PORT": str(self.node.sip_tls_port),
            "RTP_FIRST": str(self.node.rtp_first),
            "RTP_LAST": str(self.node.rtp_last),
            "AMI_PORT": str(self.node.ami_port),
            "AMI_USER": self.node.ami_user,
            "AMI_SECRET": self.node.ami_secret,
            "CERTIFICATE": str(certificate),
            "SEEN": str(self.seen),
        }
        for template in (embedded.CONF / "asterisk.conf", *CONF.glob("*.conf")):
            (self.node.directory / "etc" / template.name).write_text(embedded.fill(template.read_text(), values))
        for name in EMPTY:
            (self.node.directory / "etc" / f"{name}.conf").touch()
        self.seen.touch()
        self._write_customers()
        with (self.node.directory / "log/start.log").open("wb") as log:
            self.process = subprocess.Popen(
                embedded.command(self.program, self.node), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        embedded.wait_until_booted(self.node, BOOT_SECONDS)

    def stop(self) -> None:
        """Its calls end; who is registered is known again after start()."""
        if self.process:
            self.process.terminate()
            self.process.wait(BOOT_SECONDS)
            self.process = None

    def kill(self) -> None:
        """As a power cut would: nobody is told, and the last second is forgotten."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """It hears no more, and says nothing, until thaw()."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)
        state = Path(f"/proc/{self.process.pid}/stat")
        while state.read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.01)  # a thread of it may still be answering

    def thaw(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def lose_registrations(self) -> None:
        """As after a change of machines there."""
        self.kill()
        (self.node.directory / "lib/astdb.sqlite3").unlink(missing_ok=True)
        self.start()

    def begin_anew(self) -> None:
        """All is as at the first start, but for who is registered."""
        if self.process is None:
            self.start()
        self.thaw()
        self.hang_up()
        with suppress(ProviderError):  # it was told nothing
            self.ask("DBDelTree", Family="answer")
        self.seen.write_text("")
        if self.passwords != CUSTOMERS or self.trusted:
            self.passwords, self.trusted = dict(CUSTOMERS), ()
            self._reload_customers()

    def set_password(self, customer: str, password: str) -> None:
        self.passwords[customer] = password
        self._reload_customers()

    def trust(self, *addresses: str) -> None:
        """Take calls from there without a password. A call whose From names a customer is that customer's still."""
        self.trusted = addresses
        self._reload_customers()

    def answer(self, how: Answer, number: str = "all") -> None:
        self.ask("DBPut", Family="answer", Key=number, Val=how.value)

    def calls(self) -> list[Call]:
        found, headers = [], dict[str, dict[str, str]]()
        for mark, kind, first, second in self._lines():
            if kind == "header":
                headers.setdefault(mark, {}).setdefault(first.lower(), second)
            elif kind == "call":
                found.append(Call(first if first in self.passwords else "", second, headers.get(mark, {})))
        return found

    def outcomes(self) -> list[tuple[str, str]]:
        """Number and DIALSTATUS (ANSWER, BUSY, ...) of each call from outside that is over."""
        return [(second, first) for _, kind, first, second in self._lines() if kind == "outcome"]

    def contacts(self, customer: str) -> list[str]:
        with suppress(ProviderError):  # nobody is registered
            listed = self.ask("PJSIPShowContacts", "ContactListComplete")
            return [each["Uri"] for each in listed if customer in (each.get("Aor"), each.get("Endpoint"))]
        return []

    def call(self, number: str, caller: str, customer: str, name: str = "", seconds: int = 20) -> None:
        """Call a registered customer, to any number."""
        uri = re.sub("^sip:([^@]*@)?", f"sip:{number}@", self.contacts(customer)[0])
        self._originate(f"PJSIP/{customer}/{uri}", number, caller, name, seconds)

    def call_address(self, number: str, caller: str, place: str, name: str = "", seconds: int = 20) -> None:
        """`place`: host:port, and ;transport=tcp where it is not UDP."""
        self._originate(f"PJSIP/outside/sip:{number}@{place}", number, caller, name, seconds)

    def hang_up(self) -> None:
        """Every call. What became of each is written down then."""
        with suppress(ProviderError):  # there is none
            self.ask("Hangup", Channel="/.*/")
        until = time.monotonic() + HANG_UP_SECONDS
        while self.ask("CoreShowChannels", "CoreShowChannelsComplete")[-1]["ListItems"] != "0":
            if time.monotonic() > until:
                raise ProviderError("calls that do not end")
            time.sleep(0.02)

    def ask(self, action: str, last: str = "", **headers: object) -> list[Message]:
        """All that is answered; `last`: the event that ends a list. Raises ProviderError."""
        with socket.create_connection(("127.0.0.1", self.node.ami_port), 5) as link:
            link.settimeout(5)
            login = {"Username": self.node.ami_user, "Secret": self.node.ami_secret, "Events": "off"}
            link.sendall(protocol.encode("Login", login) + protocol.encode(action, {"ActionID": "1", **headers}))
            rest, answer = b"", list[Message]()
            while not answer or (last and answer[-1].get("Event") != last):
                received = link.recv(65536)
                if not received:
                    raise ProviderError("closed")
                complete, rest = protocol.decode(rest + received)
                answer += (each for each in complete if each.get("ActionID") == "1")
                if answer and answer[0].get("Response") == "Error":
                    raise ProviderError(answer[0].get("Message", ""))
        return answer

    def _originate(self, to: str, number: str, caller: str, name: str, seconds: int) -> None:
        variables = {"TO": to, "DID": number, "FROM": caller, "FROM_NAME": name, "SECONDS": str(seconds)}
        self.ask(
            "Originate",
            Channel="Local/s@call/n",
            Context="tone",
            Exten="s",
            Priority=1,
            Timeout=1000 * (seconds + 5),
            Variable=",".join(f"{each}={value}" for each, value in variables.items()),
            Async="true",
        )

    def _reload_customers(self) -> None:
        self._write_customers()
        self.ask("Reload", Module="res_pjsip.so")

    def _write_customers(self) -> None:
        parts = [customer(name, password) for name, password in self.passwords.items()]
        parts += [trusted(number, address) for number, address in enumerate(self.trusted)]
        whole_file.write(self.node.directory / "etc/customers.conf", "\n".join(parts))

    def _lines(self) -> list[list[str]]:
        return [line.split("|", 3) for line in self.seen.read_text().splitlines() if line.count("|") >= 3]


class ProviderError(Exception):
    """It would not."""


def customer(name: str, password: str) -> str:
    return f"""
[{name}](line)
auth={name}
aors={name}

[{name}]
type=auth
auth_type=userpass
username={name}
password={password}

[{name}]
type=aor
max_contacts=5
minimum_expiration=5
"""


def trusted(number: int, address: str) -> str:
    return f"""
[trusted-{number}](line)

[trusted-{number}-address]
type=identify
endpoint=trusted-{number}
match={address}
"""
