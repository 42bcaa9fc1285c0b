"""SIP over UDP: the socket, its thread, retransmission in both directions (RFC 3261, 17)."""

from __future__ import annotations

import heapq
import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from . import sip
from .dialog import token

T1, T2, GIVE_UP, LINGER = 0.5, 4.0, 8.0, 32.0
TICK = 0.05
REMEMBERED = 500

OnReply = Callable[[sip.Message, sip.Message], None]  # the request as sent, the reply
Key = tuple[str, str]

log = logging.getLogger(__name__)


def heedless(_request: sip.Message, _reply: sip.Message) -> None:
    """For a request whose outcome changes nothing."""


class PhoneError(Exception):
    """A phone did not get what it was told to wait for."""


class PhoneTimeoutError(PhoneError):
    """Nothing happened in the time allowed."""


@dataclass
class Exchange:
    request: sip.Message
    on_reply: OnReply
    started: float
    heard: bool = False
    finished: bool = False

    @property
    def quiet(self) -> bool:
        """An INVITE is repeated until any reply, everything else until the final one."""
        return self.finished or (self.heard and self.request.method == "INVITE")


class Wire:
    """Callbacks run in the reader thread, holding `changed`."""

    def __init__(self, local: tuple[str, int], server: tuple[str, int]) -> None:
        self.changed = threading.Condition()
        self.muted = False
        self.on_request: Callable[[sip.Message], None] = lambda _request: None
        family, _, _, _, found = socket.getaddrinfo(*server, socket.AF_INET6 if ":" in local[0] else socket.AF_INET)[0]
        self.server = (str(found[0]), server[1])
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.bind(local)
        self._socket.settimeout(TICK)
        self.host: str
        self.port: int
        self.host, self.port = self._socket.getsockname()[:2]
        self._exchanges: dict[Key, Exchange] = {}
        self._replies: dict[Key, sip.Message] = {}
        self._unacknowledged: dict[tuple[str, int], sip.Message] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sip-{self.port}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()
        self._socket.close()

    def wait_for(self, done: Callable[[], bool], timeout: float, what: str) -> None:
        with self.changed:
            if not self.changed.wait_for(done, timeout):
                raise PhoneTimeoutError(f"{what}: not within {timeout:g} s")

    def send(self, message: sip.Message) -> None:
        """Once, without waiting for anything."""
        if self.muted or self._closed.is_set():
            return
        log.debug("%s > %s", self.port, message.start)
        self._socket.sendto(message.encode(), self.server)

    def send_ack(self, message: sip.Message) -> None:
        self.send(self._stamped(message))

    def send_request(self, request: sip.Message, on_reply: OnReply) -> None:
        """Repeat until answered; when nobody answers, a 408 of our own is the reply."""
        with self.changed:
            exchange = Exchange(self._stamped(request), on_reply, time.monotonic())
            self._exchanges[exchange.request.branch, request.method] = exchange
            self.send(exchange.request)
            self._later(T1, lambda: self._repeat_request(exchange, T1))

    def respond(self, reply: sip.Message) -> None:
        """Send now, again at each repetition of the request, and an INVITE's final one until the ACK."""
        with self.changed:
            self._replies[reply.branch, reply.method] = reply
            while len(self._replies) > REMEMBERED:
                del self._replies[next(iter(self._replies))]
            self.send(reply)
            if reply.method == "INVITE" and reply.status >= 200:
                self._unacknowledged[reply.call_id, reply.cseq] = reply
                self._later(T1, lambda: self._repeat_reply(reply, T1))

    def _stamped(self, request: sip.Message) -> sip.Message:
        if request.branch:
            return request
        via = f"SIP/2.0/UDP {sip.host_port(self.host, self.port)};rport;branch=z9hG4bK{token()}"
        return request.with_header("Via", via)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), action))

    def _repeat_request(self, exchange: Exchange, interval: float) -> None:
        if exchange.quiet:
            return
        if time.monotonic() - exchange.started > GIVE_UP:
            self._deliver(exchange, sip.reply(exchange.request, 408))
            return
        self.send(exchange.request)
        following = min(2 * interval, T2)
        self._later(following, lambda: self._repeat_request(exchange, following))

    def _repeat_reply(self, reply: sip.Message, interval: float) -> None:
        key = (reply.call_id, reply.cseq)
        if self._unacknowledged.get(key) is not reply:
            return
        if interval > GIVE_UP:
            del self._unacknowledged[key]
            return
        self.send(reply)
        self._later(2 * interval, lambda: self._repeat_reply(reply, 2 * interval))

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                data, sender = self._socket.recvfrom(65535)
            except (TimeoutError, ConnectionError):
                data, sender = b"", self.server
            with self.changed:
                if data.strip() and sender[:2] == self.server and not self.muted:
                    self._receive(data)
                self._run_due()
                self.changed.notify_all()

    def _run_due(self) -> None:
        while self._timers and self._timers[0][0] <= time.monotonic():
            heapq.heappop(self._timers)[2]()

    def _receive(self, data: bytes) -> None:
        try:
            message = sip.parse(data)
        except sip.SipError as error:
            log.warning("%s: %s", self.port, error)
            return
        log.debug("%s < %s", self.port, message.start)
        if message.is_request:
            self._receive_request(message)
        else:
            self._receive_reply(message)

    def _receive_request(self, request: sip.Message) -> None:
        if request.method == "ACK":
            self._unacknowledged.pop((request.call_id, request.cseq), None)
            return
        before = self._replies.get((request.branch, request.method))
        if before:
            self.send(before)
        else:
            self.on_request(request)

    def _receive_reply(self, reply: sip.Message) -> None:
        exchange = self._exchanges.get((reply.branch, reply.method))
        if not exchange:
            return
        if reply.method == "INVITE" and reply.status >= 300:
            self.send(sip.ack_of_failure(exchange.request, reply))
        # A repeated 2xx goes up again: its ACK belongs to the dialog.
        if not exchange.finished or (reply.method == "INVITE" and reply.status < 300):
            self._deliver(exchange, reply)

    def _deliver(self, exchange: Exchange, reply: sip.Message) -> None:
        exchange.heard = True
        if reply.status >= 200 and not exchange.finished:
            exchange.finished = True
            key = (exchange.request.branch, exchange.request.method)
            self._later(LINGER, lambda: self._forget(key))
        exchange.on_reply(exchange.request, reply)

    def _forget(self, key: Key) -> None:
        self._exchanges.pop(key, None)
