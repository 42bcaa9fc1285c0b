"""A bad wire between the portal and Asterisk's manager interface."""

import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

WHOLE = b"\r\n\r\n"
BANNER = rb"Asterisk Call Manager/[^\r]*\r\n"


class Proxy:
    """Hands on what both sides say, as it has been told to: late, or cut off in the middle."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.delay = 0.0
        self.cut_after: int | None = None
        self.handed_on = 0
        self.says_no: tuple[int, str] | None = None
        self.when_asked: dict[bytes, Callable[[], None]] = {}
        Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                try:
                    far = socket.create_connection(self._to)
                except OSError:
                    near.close()
                    continue
                self.handed_on = 0
                Thread(target=self._hand_on, args=(near, far, self._ask), daemon=True).start()
                Thread(target=self._hand_on, args=(far, near, self._answer), daemon=True).start()

    def _hand_on(self, source: socket.socket, sink: socket.socket, way: Callable[[bytes], bytes]) -> None:
        with suppress(OSError), source, sink:
            while (received := self._receive(source)) and (given := way(received)):
                sink.sendall(given)
                if len(given) < len(received):
                    break
            for end in (source, sink):
                end.shutdown(socket.SHUT_RDWR)

    def _receive(self, source: socket.socket) -> bytes:
        """Whole messages, where answers are exchanged: Asterisk may send one in pieces."""
        received = more = source.recv(65536)
        while more and self.says_no and not received.endswith(WHOLE) and not re.fullmatch(BANNER, received):
            received += (more := source.recv(65536))
        return received

    def _ask(self, received: bytes) -> bytes:
        for action, deed in list(self.when_asked.items()):
            if b"Action: " + action in received:
                deed()
        return received

    def _answer(self, received: bytes) -> bytes:
        time.sleep(self.delay)
        if self.says_no:
            received = self._instead(received, *self.says_no)
        if self.cut_after is not None:
            received = received[: max(0, self.cut_after - self.handed_on)]
        self.handed_on += len(received)
        return received

    def _instead(self, received: bytes, first: int, message: str) -> bytes:
        """In place of the answers to the action of that id and all later ones: errors, or "" for empty values."""

        def error(found: re.Match[bytes]) -> bytes:
            mark = int(found[1])
            if mark < first:
                return found[0]
            if not message:
                return re.sub(rb"\r\nValue: [^\r]*", b"\r\nValue: ", found[0])
            return f"Response: Error\r\nActionID: {mark}\r\nMessage: {message}\r\n\r\n".encode()

        return re.sub(rb"Response: \w+\r\nActionID: (\d+)\r\n(?:.+\r\n)*\r\n", error, received)
