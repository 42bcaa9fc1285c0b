"""A provider in a thread: takes SIP over UDP, TCP or TLS, and answers as a test says."""

import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from tests.phones import sip

TICK = 0.05
Answers = Callable[[sip.Message], list[bytes]]


def reply(to: sip.Message, status: int, reason: str = "", *extra: sip.Pair) -> bytes:
    made = sip.reply(to, status, "far-end", extra)
    return (replace(made, start=f"SIP/2.0 {status} {reason}") if reason else made).encode()


@dataclass
class Registrar:
    """Asks for a digest, and knows some people's passwords."""

    passwords: dict[str, str]
    algorithms: tuple[str, ...] = ("MD5",)
    qop: str = 'qop="auth"'
    realm: str = "provider"
    status_of_wrong: int = 401
    stale_answers: int = 0
    heard: list[sip.Message] = field(default_factory=list)

    def __call__(self, request: sip.Message) -> list[bytes]:
        self.heard.append(request)
        given = sip.parameters(request.get("Authorization"))
        if given and given["username"] not in self.passwords:
            return [reply(request, 404, "Not found here")]
        if not given or self.stale_answers:
            self.stale_answers -= bool(given)
            return [self.challenge(request, "stale=true" if given else "")]
        if self.is_right(request.method, given):
            return [reply(request, 100, "Trying"), reply(request, 200, "OK")]
        if self.status_of_wrong == 401:
            return [self.challenge(request)]
        return [reply(request, self.status_of_wrong, "Wrong password")]

    def challenge(self, request: sip.Message, *more: str) -> bytes:
        headers = []
        for algorithm in self.algorithms:
            parts = [f'Digest realm="{self.realm}"', 'nonce="n1"', 'opaque="o1"', f"algorithm={algorithm}", self.qop]
            headers.append(("WWW-Authenticate", ", ".join(filter(None, [*parts, *more]))))
        return reply(request, 401, "Unauthorized", *headers)

    def is_right(self, method: str, given: dict[str, str]) -> bool:
        def digest(text: str) -> str:
            name = given["algorithm"].replace("-", "").lower()
            return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

        secret = digest(f"{given['username']}:{self.realm}:{self.passwords[given['username']]}")
        middle = f"n1:{given['nc']}:{given['cnonce']}:auth" if self.qop else "n1"
        expected = digest(f"{secret}:{middle}:{digest(f'{method}:' + given['uri'])}")
        return given["response"] == expected and given["opaque"] == "o1" and given["realm"] == self.realm


@contextmanager
def serving(transport: str, answers: Answers, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port on 127.0.0.1."""
    over = threading.Event()
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as door:
        door.bind(("127.0.0.1", 0))
        door.settimeout(TICK)
        if transport == "udp":
            thread = threading.Thread(target=_datagrams, args=(door, answers, over))
        else:
            door.listen()
            thread = threading.Thread(target=_streams, args=(door, answers, over, context))
        thread.start()
        yield door.getsockname()[1]
        over.set()
        thread.join()


def _datagrams(door: socket.socket, answers: Answers, over: threading.Event) -> None:
    while not over.is_set():
        with suppress(TimeoutError):
            data, sender = door.recvfrom(65535)
            for each in answers(sip.parse(data)):
                door.sendto(each, sender)


def _streams(door: socket.socket, answers: Answers, over: threading.Event, context: ssl.SSLContext | None) -> None:
    while not over.is_set():
        with suppress(OSError):  # a visitor who leaves, or whose TLS fails
            visitor, _ = door.accept()
            visitor.settimeout(2)
            with context.wrap_socket(visitor, server_side=True) if context else visitor as line:
                _stream(line, answers, over)


def _stream(line: socket.socket, answers: Answers, over: threading.Event) -> None:
    heard = b""
    line.settimeout(TICK)
    while not over.is_set():
        with suppress(TimeoutError):
            received = line.recv(65535)
            if not received:
                return
            heard += received
        while b"\r\n\r\n" in heard:
            head, _, heard = heard.partition(b"\r\n\r\n")
            for each in answers(sip.parse(head + b"\r\n\r\n")):
                line.sendall(each)
