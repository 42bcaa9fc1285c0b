"""A short talk with Asterisk over its manager interface: log in, ask, hang up."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from django.conf import settings

from asterisk import wire
from asterisk.wire import Message
from extensions.pbx import PbxError

TIMEOUT_SECONDS = 5.0
RELOAD_SECONDS = 60.0

# All that the portal ever asks for. Asterisk's manager.conf refuses more as well.
ALLOWED = {"Login", "Logoff", "Ping", "Reload", "Getvar", "ExtensionState", "PJSIPShowEndpoint"}


class AmiError(PbxError):
    """Anything that kept us from hearing "Success"."""


class AmiUnreachable(AmiError):
    """No connection, or the connection broke, or no answer in time."""


class AmiRefused(AmiError):
    """Asterisk answered, and the answer was no."""


class Ami:
    """An open, logged-in connection. Each call raises AmiError."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket, self._rest, self._ids = connection, b"", count(1)
        self._waiting: list[Message] = []

    def _read(self, until: float) -> None:
        remaining = until - time.monotonic()
        if remaining <= 0:
            raise AmiUnreachable("The PBX did not answer in time.")
        try:
            self._socket.settimeout(remaining)
            received = self._socket.recv(65536)
        except OSError as error:
            raise AmiUnreachable(f"The PBX did not answer: {error}.") from error
        if not received:
            raise AmiUnreachable("The PBX closed the connection.")
        self._rest += received

    def _receive(self, until: float) -> Message:
        while not self._waiting:
            self._read(until)
            self._waiting, self._rest = wire.decode(self._rest)
        return self._waiting.pop(0)

    def _answers(self, action: str, headers: dict[str, object], timeout: float) -> Iterator[Message]:
        if action not in ALLOWED:
            raise AmiRefused(f"The portal never asks for {action}.")
        mark = str(next(self._ids))
        try:
            self._socket.sendall(wire.encode(action, {"ActionID": mark, **headers}))
        except OSError as error:
            raise AmiUnreachable(f"The PBX cannot be reached: {error}.") from error
        until = time.monotonic() + timeout
        while True:
            message = self._receive(until)
            if message.get("ActionID") == mark:
                yield message

    def ask(self, action: str, timeout: float = TIMEOUT_SECONDS, **headers: object) -> Message:
        answer = next(self._answers(action, headers, timeout))
        if answer.get("Response") == "Error":
            raise AmiRefused(answer.get("Message", "The PBX refused."))
        return answer

    def ask_for_list(self, action: str, timeout: float = TIMEOUT_SECONDS, **headers: object) -> list[Message]:
        """The events of an answer that is a list."""
        events = []
        for message in self._answers(action, headers, timeout):
            if message.get("Response") == "Error":
                raise AmiRefused(message.get("Message", "The PBX refused."))
            if message.get("EventList") == "Complete":
                break
            if "Event" in message:
                events.append(message)
        return events

    def read_banner(self, timeout: float) -> None:
        until = time.monotonic() + timeout
        while b"\r\n" not in self._rest:
            self._read(until)
        self._rest = self._rest.split(b"\r\n", 1)[1]

    def log_in(self, timeout: float) -> None:
        try:
            self.ask("Login", timeout, Username=settings.AMI_USER, Secret=settings.AMI_SECRET, Events="off")
        except AmiRefused as refusal:
            raise AmiUnreachable(f"The PBX does not let the portal in: {refusal}. Check AMI_SECRET.") from refusal


@contextmanager
def connected(timeout: float = TIMEOUT_SECONDS) -> Iterator[Ami]:
    try:
        connection = socket.create_connection((settings.AMI_HOST, settings.AMI_PORT), timeout)
    except OSError as error:
        raise AmiUnreachable(f"The PBX cannot be reached: {error}.") from error
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ami = Ami(connection)
        ami.read_banner(timeout)
        ami.log_in(timeout)
        yield ami
