"""A SIP dialog as a value holder: who talks to whom, under which tags, with which next number."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from . import sip


def token() -> str:
    return secrets.token_hex(8)


@dataclass
class Dialog:
    local: str  # From of our requests, without tag
    remote: str  # To of our requests, with the other side's tag once known
    target: str  # the request URI
    contact: str
    call_id: str = field(default_factory=token)
    local_tag: str = field(default_factory=token)
    routes: list[str] = field(default_factory=list)
    cseq: int = 0

    @classmethod
    def answering(cls, request: sip.Message, contact: str) -> Dialog:
        """The called side's view."""
        target = request.address("Contact")
        return cls(
            local=request.get("To"),
            remote=request.get("From"),
            target=target.uri if target else request.uri,
            contact=contact,
            call_id=request.call_id,
            routes=request.all("Record-Route"),
        )

    def request(self, method: str, extra: list[sip.Pair], body: bytes = b"") -> sip.Message:
        self.cseq += 1
        return self._numbered(method, self.cseq, extra, body)

    def ack(self, invite: sip.Message) -> sip.Message:
        return self._numbered("ACK", invite.cseq, [], b"")

    def learn(self, reply: sip.Message) -> None:
        """Take the other side's tag, contact and route from its reply."""
        self.remote = reply.get("To")
        contact = reply.address("Contact")
        if contact:
            self.target = contact.uri
        self.routes = reply.all("Record-Route")[::-1]

    def _numbered(self, method: str, number: int, extra: list[sip.Pair], body: bytes) -> sip.Message:
        headers = [
            ("Max-Forwards", "70"),
            ("From", f"{self.local};tag={self.local_tag}"),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{number} {method}"),
            ("Contact", self.contact),
            *(("Route", route) for route in self.routes),
            *extra,
        ]
        return sip.request(method, self.target, headers, body)
