"""Talking with Asterisk over its manager interface: log in, ask, listen, hang up."""

import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count

from asterisk.ami.protocol import Message, decode, encode
from asterisk.nodes import Node
from core.coded_text import CodedText
from extensions.pbx import PbxError

TIMEOUT_SECONDS = 5.0
# Questions under way at once. Their answers must fit into the connection: Asterisk hangs up on who reads too slowly.
WINDOW = 16
BANNER = b"Asterisk Call Manager/"
REFUSES_SIGN_IN = "Authentication failed"
LARGEST_MESSAGE = 1_000_000

# All that the portal ever asks for. Asterisk's manager.conf refuses more as well.
ALLOWED = {
    "CoreShowChannels",
    "DeviceStateList",
    "Filter",
    "Getvar",
    "Login",
    "Logoff",
    "Ping",
    "PJSIPNotify",
    "PJSIPQualify",
    "PJSIPRegister",
    "PJSIPShowEndpoint",
    "PJSIPShowRegistrationInboundContactStatuses",
    "PJSIPShowRegistrationsOutbound",
    "Reload",
    "ShowDialPlan",
    "VoicemailMove",
    "VoicemailRefresh",
    "VoicemailRemove",
}


Question = tuple[str, dict[str, object]]  # action, headers


class AmiError(PbxError):
    """Anything that kept us from hearing "Success"."""


class AmiUnreachable(AmiError):
    """No connection, or the connection broke, or no answer in time."""


class AmiQuiet(AmiUnreachable):
    """No word in time."""


class SignInRefused(AmiUnreachable):
    """The user or the secret is not the PBX's: that does not pass by itself."""


class AmiRefused(AmiError):
    """Asterisk answered, and the answer was no."""


class Ami:
    """An open, logged-in connection. Each call raises AmiError."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket, self._rest, self._ids = connection, b"", count(1)
        self._waiting: deque[Message] = deque()
        self._heard: list[Message] = []

    def _read(self, until: float) -> None:
        remaining = until - time.monotonic()
        if remaining <= 0:
            raise AmiQuiet(CodedText("pbx.not_in_time"))
        try:
            self._socket.settimeout(remaining)
            received = self._socket.recv(65536)
        except TimeoutError as error:
            raise AmiQuiet(CodedText("pbx.not_in_time")) from error
        except OSError as error:
            raise AmiUnreachable(CodedText("pbx.no_answer", error=error)) from error
        if not received:
            raise AmiUnreachable(CodedText("pbx.closed"))
        self._rest += received
        if len(self._rest) > LARGEST_MESSAGE:
            raise AmiUnreachable(CodedText("pbx.endless"))

    def _receive(self, until: float) -> Message:
        while not self._waiting:
            self._read(until)
            complete, self._rest = decode(self._rest)
            self._waiting.extend(complete)
        return self._waiting.popleft()

    def _send(self, action: str, headers: dict[str, object]) -> str:
        if action not in ALLOWED:
            raise AmiRefused(f"The portal never asks for {action}.")
        mark = str(next(self._ids))
        try:
            self._socket.sendall(encode(action, {"ActionID": mark, **headers}))
        except OSError as error:
            raise AmiUnreachable(CodedText("pbx.unreachable", error=error)) from error
        return mark

    def _messages(self, mark: str, timeout: float) -> Iterator[Message]:
        until = time.monotonic() + timeout
        while True:
            message = self._receive(until)
            if message.get("ActionID") == mark:
                yield message
            elif "Event" in message:
                self._heard.append(message)

    def ask(self, action: str, timeout: float = TIMEOUT_SECONDS, **headers: object) -> Message:
        answer = next(self._messages(self._send(action, headers), timeout))
        if answer.get("Response") == "Error":
            raise AmiRefused(answer.get("Message", CodedText("pbx.refused")))
        return answer

    def ask_for_list(self, action: str, timeout: float = TIMEOUT_SECONDS, **headers: object) -> list[Message]:
        """The events of an answer that is a list."""
        events = []
        for message in self._messages(self._send(action, headers), timeout):
            if message.get("Response") == "Error":
                raise AmiRefused(message.get("Message", CodedText("pbx.refused")))
            if message.get("EventList") == "Complete":
                break
            if "Event" in message:
                events.append(message)
        return events

    def events(self, seconds: float) -> list[Message]:
        """What Asterisk has said by itself; waits at most so long for the first word, and gives [] without one."""
        until = time.monotonic() + seconds
        while not self._heard:
            try:
                self._heard.append(self._receive(until))
            except AmiQuiet:
                return []
        heard, self._heard = [*self._heard, *self._waiting], []
        self._waiting.clear()
        return heard

    def ask_many(self, questions: Iterable[Question], timeout: float = TIMEOUT_SECONDS) -> Iterator[list[Message]]:
        """The whole answer to each, in their order, as Asterisk keeps it. A refusal is an answer too."""
        marks: deque[str] = deque()
        for action, headers in questions:
            if len(marks) == WINDOW:
                yield self._answer(marks.popleft(), timeout)
            marks.append(self._send(action, headers))
        while marks:
            yield self._answer(marks.popleft(), timeout)

    def _answer(self, mark: str, timeout: float) -> list[Message]:
        messages = self._messages(mark, timeout)
        answer = [next(messages)]
        if answer[0].get("EventList") == "start":
            while answer[-1].get("EventList") != "Complete":
                answer.append(next(messages))
        return answer

    def read_banner(self, port: int, timeout: float) -> None:
        until = time.monotonic() + timeout
        while b"\r\n" not in self._rest and BANNER.startswith(self._rest[: len(BANNER)]):
            self._read(until)
        if not self._rest.startswith(BANNER):
            raise AmiUnreachable(CodedText("pbx.not_asterisk", port=str(port)))
        self._rest = self._rest.split(b"\r\n", 1)[1]

    def log_in(self, node: Node, timeout: float, events: str) -> None:
        try:
            self.ask("Login", timeout, Username=node.ami_user, Secret=node.ami_secret, Events=events)
        except AmiRefused as refusal:
            wrong = str(refusal) == REFUSES_SIGN_IN
            kind = SignInRefused if wrong else AmiUnreachable
            raise kind(CodedText("pbx.not_let_in" if wrong else "pbx.not_now", why=refusal)) from refusal


@contextmanager
def connected(node: Node, timeout: float = TIMEOUT_SECONDS, events: str = "off") -> Iterator[Ami]:
    """`timeout`: until it is logged in. `events`: the classes of what Asterisk says by itself, as in manager.conf."""
    until = time.monotonic() + timeout
    try:
        connection = socket.create_connection((node.ami_host, node.ami_port), timeout)
    except OSError as error:
        raise AmiUnreachable(CodedText("pbx.unreachable", error=error)) from error
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ami = Ami(connection)
        ami.read_banner(node.ami_port, until - time.monotonic())
        ami.log_in(node, until - time.monotonic(), events)
        yield ami
