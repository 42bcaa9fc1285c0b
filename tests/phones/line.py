"""Who a phone is, and requests in its name: one challenge is answered, a second one is the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from . import sip
from .dialog import Dialog, token
from .wire import GIVE_UP, OnReply, Wire

Make = Callable[[list[sip.Pair]], sip.Message]  # builds the request with these headers added

ALLOW = ("Allow", "INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE, NOTIFY")


@dataclass
class Line:
    wire: Wire
    user: str
    auth_name: str
    password: str = field(repr=False)
    name: str = ""

    @property
    def address(self) -> str:
        uri = f"<{sip.sip_uri(self.user, self.wire.server[0])}>"
        return f"{sip.quoted(self.name)} {uri}" if self.name else uri

    @property
    def contact(self) -> str:
        return f"<{sip.sip_uri(self.user, self.wire.host, self.wire.port)}>"

    def dialog(self, target: str) -> Dialog:
        """Towards a number, through the server."""
        uri = sip.sip_uri(target, *self.wire.server)
        return Dialog(self.address, f"<{uri}>", uri, self.contact)

    def own_dialog(self) -> Dialog:
        """With the server itself, about this phone."""
        return Dialog(self.address, self.address, sip.sip_uri("", *self.wire.server), self.contact)

    def ask(self, make: Make, on_reply: OnReply) -> None:
        def first(request: sip.Message, reply: sip.Message) -> None:
            answer = self._authorization(request, reply)
            if answer:
                self.wire.send_request(make([answer]), on_reply)
            else:
                on_reply(request, reply)

        with self.wire.changed:
            self.wire.send_request(make([]), first)

    def ask_and_wait(self, make: Make) -> sip.Message:
        """The final reply; a 408 of our own when the server is silent."""
        final: list[sip.Message] = []

        def collect(_request: sip.Message, reply: sip.Message) -> None:
            if reply.status >= 200:
                final.append(reply)

        self.ask(make, collect)
        self.wire.wait_for(lambda: bool(final), 2 * GIVE_UP + 5, "final reply")
        return final[0]

    def _authorization(self, request: sip.Message, reply: sip.Message) -> sip.Pair | None:
        if reply.status not in (401, 407):
            return None
        return sip.authorization(request, reply, self.auth_name, self.password, token())
