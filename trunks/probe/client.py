"""Whether a provider takes a trunk: one question, which changes nothing there, and what it answers.

A trunk that registers asks for its registrations (a REGISTER without Contact, RFC 3261, 10.3); any other sends OPTIONS.
"""

import re
import secrets
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

from django.utils.translation import gettext_lazy as _

from trunks.probe import server_addresses, sip_message
from trunks.probe.server_addresses import Address
from trunks.probe.sip_message import Reply, SipError

SECONDS = 5.0
FIRST_WAIT, LONGEST_WAIT = 0.5, 4.0  # T1 and T2 of RFC 3261: a datagram can be lost
MOST_BYTES = 65_536
MOST_WORDS = 80
END_OF_HEAD = b"\r\n\r\n"

IsAnswer = Callable[[Reply], bool]


class Transport(StrEnum):
    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class Outcome(StrEnum):
    OK = "ok"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 (or a wrong name: most providers do not say which)
    UNKNOWN_NAME = "unknown_name"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    NAME_NOT_FOUND = "name_not_found"
    UNREACHABLE = "unreachable"
    TLS_FAILED = "tls_failed"
    ODD_ANSWER = "odd_answer"


SENTENCES = {
    Outcome.OK: _("The provider answered. These settings work."),
    Outcome.WRONG_PASSWORD: _("The provider does not accept this user name and password."),
    Outcome.UNKNOWN_NAME: _("The provider does not know this user name."),
    Outcome.REFUSED: _("The provider refused the request."),
    Outcome.NO_ANSWER: _("The provider did not answer in time."),
    Outcome.NAME_NOT_FOUND: _("No server was found under this host name."),
    Outcome.UNREACHABLE: _("Cannot connect to this server."),
    Outcome.TLS_FAILED: _("An encrypted connection (TLS) could not be set up."),
    Outcome.ODD_ANSWER: _("The answer is not one of a SIP server."),
}
ADVICE = {
    Outcome.WRONG_PASSWORD: _("Copy both again from your provider's page. Leave out spaces around them."),
    Outcome.UNKNOWN_NAME: _("Copy it again from your provider's page. It may be a phone number or an account number."),
    Outcome.REFUSED: _("Ask your provider why, and quote this answer."),
    Outcome.NO_ANSWER: _("Check server, port, and transport, and that the firewall lets SIP out."),
    Outcome.NAME_NOT_FOUND: _("Check how the server is spelled."),
    Outcome.UNREACHABLE: _("Check port and transport, and that the firewall lets SIP out."),
    Outcome.TLS_FAILED: _("Ask your provider which server takes TLS, or choose another transport."),
    Outcome.ODD_ANSWER: _("Check server and port."),
}


@dataclass(frozen=True)
class Settings:
    """`port`: 0 where none was given. `domain`: "" is the host. `auth_user`: "" is the user."""

    host: str
    port: int
    transport: Transport
    user: str = ""
    password: str = field(default="", repr=False)
    auth_user: str = ""
    domain: str = ""
    registers: bool = True


@dataclass(frozen=True)
class Result:
    """`words`: of the provider, or of the system where none answered; one printable line of at most 80 characters."""

    outcome: Outcome
    words: str
    seconds: float


@dataclass
class _Failed(Exception):
    outcome: Outcome
    words: str = ""


class _NotThere(_Failed):
    """Nobody was heard at that address."""


def probe(trunk: Settings, seconds: float = SECONDS, trust: ssl.SSLContext | None = None) -> Result:
    """Raises SipError where what was typed could not stand in a message."""
    started = time.monotonic()
    try:
        outcome, words = _ask(trunk, started + seconds, trust)
    except _Failed as failed:
        outcome, words = failed.outcome, failed.words
    return Result(outcome, _one_line(words), time.monotonic() - started)


def _one_line(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:MOST_WORDS].rstrip()


def _ask(trunk: Settings, until: float, trust: ssl.SSLContext | None) -> tuple[Outcome, str]:
    _Dialogue(trunk)  # refuses before anybody is asked
    *others, last = _addresses(trunk, until)
    for address in others:  # a machine may have no way to one of them, as to IPv6
        with suppress(_NotThere):
            return _ask_address(trunk, address, (time.monotonic() + until) / 2, trust)
    return _ask_address(trunk, last, until, trust)


def _ask_address(trunk: Settings, address: Address, until: float, trust: ssl.SSLContext | None) -> tuple[Outcome, str]:
    dialogue = _Dialogue(trunk)
    with _connection(trunk, address, until, trust) as connection:
        reply = dialogue.final_reply(connection)
    return dialogue.outcome(reply), f"{reply.status} {reply.reason}"


def _addresses(trunk: Settings, until: float) -> list[Address]:
    """Looked up beside, for the system's resolver knows no limit of time."""
    found: SimpleQueue[list[Address] | str] = SimpleQueue()

    def look_up() -> None:
        try:
            found.put(server_addresses.find(trunk.host, trunk.port, trunk.transport) or "")
        except (OSError, UnicodeError) as error:
            found.put(getattr(error, "strerror", None) or "")

    Thread(target=look_up, daemon=True).start()
    try:
        addresses = found.get(timeout=max(0.0, until - time.monotonic()))
    except Empty:
        raise _Failed(Outcome.NAME_NOT_FOUND) from None
    if isinstance(addresses, str):
        raise _Failed(Outcome.NAME_NOT_FOUND, addresses)
    return addresses


class _Connection:
    """To one address of the provider, in bounded time and bytes."""

    def __init__(self, opened: socket.socket, until: float) -> None:
        self.socket, self.until = opened, until
        self.left = MOST_BYTES
        host, port = opened.getsockname()[:2]
        self.own = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def exchange(self, message: bytes, is_answer: IsAnswer) -> Reply:
        """Raises _Failed."""
        try:
            return self._exchange(message, is_answer)
        except TimeoutError as error:
            raise _NotThere(Outcome.NO_ANSWER) from error
        except ssl.SSLError as error:  # as from who wants a certificate of ours
            raise _Failed(Outcome.TLS_FAILED, _tls_words(error)) from error
        except OSError as error:
            raise _NotThere(Outcome.UNREACHABLE, error.strerror or "") from error
        except SipError as error:
            raise _Failed(Outcome.ODD_ANSWER) from error

    def _exchange(self, message: bytes, is_answer: IsAnswer) -> Reply:
        raise NotImplementedError

    def _receive(self, until: float) -> bytes:
        remaining = until - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self.socket.settimeout(remaining)
        received = self.socket.recv(MOST_BYTES)
        self.left -= len(received)
        if self.left < 0:
            raise SipError("too many bytes")
        return received


class _Datagrams(_Connection):
    def _exchange(self, message: bytes, is_answer: IsAnswer) -> Reply:
        wait = FIRST_WAIT
        while True:
            self.socket.send(message)
            again = min(self.until, time.monotonic() + wait)
            with suppress(TimeoutError):
                return self._answer(again, is_answer)
            if time.monotonic() >= self.until:
                raise TimeoutError
            wait = min(2 * wait, LONGEST_WAIT)

    def _answer(self, until: float, is_answer: IsAnswer) -> Reply:
        while True:
            received = self._receive(until)
            if received.strip():  # else it keeps a router's door open
                reply = sip_message.parse(received.partition(END_OF_HEAD)[0])
                if is_answer(reply):
                    return reply


class _Stream(_Connection):
    def __init__(self, opened: socket.socket, until: float) -> None:
        super().__init__(opened, until)
        self.rest = b""

    def _exchange(self, message: bytes, is_answer: IsAnswer) -> Reply:
        self.socket.settimeout(max(0.01, self.until - time.monotonic()))
        self.socket.sendall(message)
        while True:
            reply = self._message()
            if is_answer(reply):
                return reply

    def _message(self) -> Reply:
        while END_OF_HEAD not in self.rest.lstrip(b"\r\n"):
            self._read_more()
        head, _, self.rest = self.rest.lstrip(b"\r\n").partition(END_OF_HEAD)
        reply = sip_message.parse(head)
        size = reply.get("content-length") or "0"
        if not re.fullmatch("[0-9]{1,5}", size):
            raise SipError("no size")
        while len(self.rest) < int(size):
            self._read_more()
        self.rest = self.rest[int(size) :]
        return reply

    def _read_more(self) -> None:
        received = self._receive(self.until)
        if not received:
            raise TimeoutError  # closed: no answer will come
        self.rest += received


def _connection(trunk: Settings, address: Address, until: float, trust: ssl.SSLContext | None) -> _Connection:
    kind = socket.SOCK_DGRAM if trunk.transport == Transport.UDP else socket.SOCK_STREAM
    family, place = address
    opened = socket.socket(family, kind)
    try:
        opened.settimeout(max(0.01, until - time.monotonic()))
        opened.connect(place)
        if trunk.transport == Transport.TLS:
            opened = _encrypted(opened, trunk.host, trust or ssl.create_default_context())
    except TimeoutError as error:
        opened.close()
        raise _NotThere(Outcome.NO_ANSWER) from error
    except OSError as error:
        opened.close()
        raise _NotThere(Outcome.UNREACHABLE, error.strerror or "") from error
    except _Failed:
        opened.close()
        raise
    return _Datagrams(opened, until) if kind == socket.SOCK_DGRAM else _Stream(opened, until)


def _encrypted(opened: socket.socket, host: str, trust: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        return trust.wrap_socket(opened, server_hostname=host)
    except TimeoutError:
        raise
    except (OSError, ValueError) as error:  # ssl's errors are OSErrors; a name that no certificate can have
        raise _Failed(Outcome.TLS_FAILED, _tls_words(error)) from error


def _tls_words(error: Exception) -> str:
    """As "certificate has expired", "wrong version number"."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or ""
    return reason.replace("_", " ").lower()


class _Dialogue:
    """What is asked, and what an answer means."""

    def __init__(self, trunk: Settings) -> None:
        self.trunk = trunk
        self.method = "REGISTER" if trunk.registers else "OPTIONS"
        domain = trunk.domain or trunk.host
        self.uri, self.person = sip_message.uri(domain), sip_message.uri(domain, trunk.user)
        sip_message.uri(trunk.host)
        if not (trunk.user + trunk.auth_user).isprintable():
            raise SipError("a user name that is not printable")
        self.call_id, self.tag = secrets.token_hex(12), secrets.token_hex(4)
        self.sequence = 0
        self.has_signed = False

    def final_reply(self, connection: _Connection) -> Reply:
        reply = self._exchange(connection)
        while reply.status in (401, 407) and self.trunk.password:
            asked = sip_message.challenge(reply)
            if asked is None:
                raise _Failed(Outcome.ODD_ANSWER, f"{reply.status} {reply.reason}")
            if self.has_signed and not (asked.is_stale and self.sequence < 3):
                break
            user = self.trunk.auth_user or self.trunk.user
            cnonce = secrets.token_hex(8)
            signed = sip_message.authorization(asked, self.method, self.uri, user, self.trunk.password, cnonce)
            self.has_signed = True
            reply = self._exchange(connection, signed)
        return reply

    def _exchange(self, connection: _Connection, *signed: sip_message.Header) -> Reply:
        self.sequence += 1
        sequence = f"{self.sequence} {self.method}"
        via = f"SIP/2.0/{self.trunk.transport.upper()} {connection.own};branch=z9hG4bK{secrets.token_hex(8)};rport"
        message = sip_message.request(
            self.method,
            self.uri,
            [
                ("Via", via),
                ("Max-Forwards", "70"),
                ("From", f"<{self.person}>;tag={self.tag}"),
                ("To", f"<{self.person if self.trunk.registers else self.uri}>"),
                ("Call-ID", self.call_id),
                ("CSeq", sequence),
                ("User-Agent", "pbxportal"),
                *signed,
            ],
        )
        return connection.exchange(message, lambda reply: self._answers(reply, sequence))

    def _answers(self, reply: Reply, sequence: str) -> bool:
        is_ours = reply.get("call-id") == self.call_id and reply.get("cseq").split() == sequence.split()
        return is_ours and reply.status >= 200

    def outcome(self, reply: Reply) -> Outcome:
        status = reply.status
        if status < 300:
            return Outcome.OK
        if self.has_signed and status in (401, 403, 407):
            return Outcome.WRONG_PASSWORD
        if status in (401, 407):  # it asks for a password, or does not know our address
            return Outcome.WRONG_PASSWORD if self.trunk.registers else Outcome.REFUSED
        if self.trunk.registers:
            return Outcome.UNKNOWN_NAME if status in (404, 604) else Outcome.REFUSED
        # Whoever does not know OPTIONS, or whom they are for, is there all the same.
        return Outcome.OK if (status < 500 and status != 403) or status == 501 else Outcome.REFUSED
