"""A SIP phone for tests: `Phone` in a program, or by hand `python -m tests.phones.phone --help`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from types import TracebackType
from urllib.parse import urlsplit

from . import sip
from .audio import Audio
from .call import Call, CallFailedError, IncomingCall, OutgoingCall
from .dialog import token
from .line import ALLOW, Line
from .subscription import DIALOG, Package, Subscription, message_summary
from .wire import GIVE_UP, PhoneError, PhoneTimeoutError, Wire

__all__ = [
    "Call",
    "CallFailedError",
    "IncomingCall",
    "OutgoingCall",
    "Phone",
    "PhoneError",
    "PhoneTimeoutError",
]


class Phone:
    """One UDP phone. `user` stands in From and To, `auth_name` is the digest user name."""

    def __init__(
        self,
        number: str,
        auth_name: str,
        password: str,
        server: tuple[str, int],
        user: str | None = None,
        *,
        name: str = "",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.number = number
        self.auto_ring = True
        self.notices: dict[str, str] = {}
        self.wire = Wire((host, port), server)
        self.line = Line(self.wire, user or number, auth_name, password, name)
        self._calls: dict[str, OutgoingCall | IncomingCall] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._incoming: Queue[IncomingCall] = Queue()
        self._registration = self.line.own_dialog()
        self.wire.on_request = self._on_request
        self.wire.start()

    def __enter__(self) -> Phone:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Like a power cut: no BYE, no end of registration. May be called twice."""
        self.wire.close()
        for call in self._calls.values():
            call.audio.close()
        for call in self._calls.values():
            call.audio.join()

    @property
    def light(self) -> str:
        """Of its messages, as it was last told without asking: see message_summary; "" before."""
        said = self.notices.get("message-summary", "")
        return message_summary(said.encode()) if said else ""

    @property
    def port(self) -> int:
        return self.wire.port

    @property
    def reachable(self) -> bool:
        return not self.wire.muted

    @reachable.setter
    def reachable(self, value: bool) -> None:
        """A phone out of reach neither hears nor says anything, sound included."""
        self.wire.muted = not value
        for call in self._calls.values():
            call.audio.muted = not value

    def register(self, expires: int = 120) -> int:
        """The final status; 408 when the server is silent. Not refreshed by itself."""
        extra = [("Expires", str(expires)), ALLOW]
        dialog = self._registration
        return self.line.ask_and_wait(lambda added: dialog.request("REGISTER", [*extra, *added])).status

    def unregister(self) -> int:
        return self.register(expires=0)

    def call(self, target: str) -> OutgoingCall:
        """Dial; any text may be dialled. The INVITE is on its way when this returns."""
        with self.wire.changed:
            call = OutgoingCall(self.line, self.line.dialog(target), Audio(self.wire.host))
            self._calls[call.dialog.call_id] = call
            call.start()
        return call

    def wait_call(self, timeout: float = 20) -> IncomingCall:
        """The next incoming call not yet handed out, oldest first."""
        try:
            return self._incoming.get(timeout=timeout)
        except Empty:
            raise PhoneTimeoutError(f"no call for {self.number} within {timeout:g} s") from None

    def was_called(self) -> bool:
        """Whether a call is here that is not yet handed out: the reply to OPTIONS follows what was sent before it."""
        self.options()
        return not self._incoming.empty()

    def subscribe(self, target: str, expires: int = 120, package: Package = DIALOG) -> Subscription:
        """Watch a number; look at `status` to see whether the server agreed."""
        subscription = Subscription(self.line, self.line.dialog(target), package)
        with self.wire.changed:
            self._subscriptions[subscription.dialog.call_id] = subscription
        subscription.refresh(expires)
        return subscription

    def options(self, count: int = 1) -> float:
        """Seconds until the reply to an OPTIONS, whatever its status; the slowest of `count`."""
        return max(self._one_options() for _ in range(count))

    def _one_options(self) -> float:
        arrived: list[float] = []
        started = time.monotonic()

        def note(_request: sip.Message, reply: sip.Message) -> None:
            arrived.append(time.monotonic() - started if reply.status != 408 else -1)

        self.wire.send_request(self.line.own_dialog().request("OPTIONS", []), note)
        self.wire.wait_for(lambda: bool(arrived), GIVE_UP + 5, "reply to OPTIONS")
        if arrived[0] < 0:
            raise PhoneTimeoutError("no reply to OPTIONS")
        return arrived[0]

    def _on_request(self, request: sip.Message) -> None:
        call = self._calls.get(request.call_id)
        subscription = self._subscriptions.get(request.call_id)
        if call:
            call._on_request(request)
        elif request.method == "INVITE":
            self._on_invite(request)
        elif request.method == "NOTIFY" and subscription:
            subscription._on_notify(request)
        elif request.method in ("NOTIFY", "OPTIONS"):
            self.notices |= {request.get("Event"): request.body.decode()} if request.body else {}
            self.wire.respond(sip.reply(request, 200, token(), (ALLOW,)))
        else:
            self.wire.respond(sip.reply(request, 481, token()))

    def _on_invite(self, request: sip.Message) -> None:
        call = IncomingCall(self.line, request, Audio(self.wire.host))
        self._calls[request.call_id] = call
        if self.auto_ring:
            call.ring()
        else:
            self.wire.respond(sip.reply(request, 100))
        self._incoming.put(call)


def _say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def _hung_up(call: Call) -> Iterator[None]:
    try:
        yield
    finally:
        call.hangup()


def _talk(call: Call, tone: int, seconds: float) -> None:
    with _hung_up(call):
        call.start_audio(tone)
        until = time.monotonic() + seconds
        while time.monotonic() < until and not call.ended:
            time.sleep(min(1, max(0.01, until - time.monotonic())))
            _say(f"heard {call.audio_received}")
    _say("call over")


def _dial(phone: Phone, target: str, tone: int, seconds: float) -> None:
    call = phone.call(target)
    _say(f"calling {target}")
    try:
        call.wait_answered(seconds)
    except PhoneError as error:
        call.hangup()
        _say(f"not answered: {error}")
        return
    _say(f"answered by {call.connected_name!r} {call.connected_number}")
    _talk(call, tone, seconds)


def _wait(phone: Phone, answer: bool, tone: int, seconds: float) -> None:
    _say("waiting for a call")
    try:
        call = phone.wait_call(seconds)
    except PhoneTimeoutError as error:
        _say(error)
        return
    _say(f"call from {call.caller_name!r} {call.caller_number}")
    if answer:
        call.answer()
        _talk(call, tone, seconds)
    else:
        call.wait_ended(seconds)
        _say("cancelled" if call.cancelled else f"ended with {call.status}")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A SIP phone over UDP that plays a tone.")
    parser.add_argument("--server", required=True, metavar="HOST:PORT")
    parser.add_argument("--host", default="127.0.0.1", help="the phone's own address")
    parser.add_argument("--number", required=True)
    parser.add_argument("--auth-name", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--call", metavar="NUMBER", help="call this number instead of waiting for a call")
    parser.add_argument("--answer", action="store_true", help="answer the call waited for")
    parser.add_argument("--tone", type=int, default=400, metavar="HZ")
    parser.add_argument("--seconds", type=float, default=10)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    options = _arguments(argv)
    parts = urlsplit(f"//{options.server}")
    server = (parts.hostname or "", parts.port or 5060)
    with Phone(options.number, options.auth_name, options.password, server, host=options.host) as phone:
        status = phone.register()
        _say(f"register {options.number}: {status}")
        if status != 200:
            return 1
        if options.call:
            _dial(phone, options.call, options.tone, options.seconds)
        else:
            _wait(phone, options.answer, options.tone, options.seconds)
        phone.unregister()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
