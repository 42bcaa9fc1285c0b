"""Whether Asterisk reloaded anything: it says so itself, to every manager connection that listens."""

import socket
from types import TracebackType
from typing import Self

from django.conf import settings

from asterisk.ami.protocol import decode, encode

QUIET_SECONDS = 0.3


class Reloads:
    """A connection of its own that hears of reloads and of nothing else."""

    def __enter__(self) -> Self:
        self._socket = socket.create_connection((settings.AMI_HOST, settings.AMI_PORT), 5)
        login = {"Username": settings.AMI_USER, "Secret": settings.AMI_SECRET, "Events": "system"}
        self._socket.sendall(encode("Login", login))
        self._socket.sendall(encode("Filter", {"Operation": "Add", "Filter": "Event: Reload"}))
        self.heard()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def heard(self) -> int:
        """How many since the last call."""
        self._socket.settimeout(QUIET_SECONDS)
        received = b""
        try:
            while more := self._socket.recv(65536):
                received += more
        except TimeoutError:
            messages, _ = decode(received)
            return sum(message.get("Event") == "Reload" for message in messages)
        raise ConnectionError("Asterisk closed the connection that listens for reloads.")
