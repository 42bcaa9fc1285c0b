"""SIP messages as values: parse, build, sign (RFC 3261). No sockets, no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import md5
from urllib.parse import quote, unquote

Pair = tuple[str, str]

COMPACT = {
    "c": "content-type",
    "f": "from",
    "i": "call-id",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "t": "to",
    "u": "allow-events",
    "v": "via",
}

REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    603: "Decline",
}

USER_SAFE = "-_.!~*'()&=+$,;?/"  # what RFC 3261 lets stand unescaped in the user part
COMMA = re.compile(r',(?=(?:[^"\\<>]|\\.|"(?:[^"\\]|\\.)*"|<[^>]*>)*$)')
NAME = r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^<"]*))'
NAME_ADDR = re.compile(rf"\s*{NAME}\s*<(?P<uri>[^>]*)>(?P<rest>.*)", re.DOTALL)
PARAM = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;]+))')


class SipError(ValueError):
    """These bytes are not a SIP message."""


@dataclass(frozen=True)
class Message:
    """A request or a response: start line, headers in order, body."""

    start: str
    headers: tuple[Pair, ...]
    body: bytes = b""

    @property
    def is_request(self) -> bool:
        return not self.start.startswith("SIP/2.0 ")

    @property
    def method(self) -> str:
        """Of a response: the method it answers."""
        return self.start.split(" ", 1)[0] if self.is_request else self.get("CSeq").split()[-1]

    @property
    def uri(self) -> str:
        return self.start.split(" ")[1]

    @property
    def status(self) -> int:
        return 0 if self.is_request else int(self.start.split(" ")[1])

    @property
    def call_id(self) -> str:
        return self.get("Call-ID")

    @property
    def cseq(self) -> int:
        return int(self.get("CSeq").split()[0])

    @property
    def branch(self) -> str:
        return parameters(self.get("Via")).get("branch", "")

    def get(self, name: str) -> str:
        """The first header of that name, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        """Every value of that name, one entry each, however the sender grouped them."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return [part.strip() for value in values for part in COMMA.split(value)]

    def address(self, name: str) -> Address | None:
        values = self.all(name)
        return parse_address(values[0]) if values else None

    def with_header(self, name: str, value: str) -> Message:
        return replace(self, headers=((name, value), *self.headers))

    def encode(self) -> bytes:
        headers = [*self.headers, ("Content-Length", str(len(self.body)))]
        lines = [self.start, *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body


@dataclass(frozen=True)
class Address:
    """What stands in From, To, Contact or P-Asserted-Identity, unescaped."""

    name: str
    uri: str
    tag: str = ""

    @property
    def number(self) -> str:
        user, at, _host = self.uri.partition(":")[2].rpartition("@")
        return unquote(user) if at else ""


def parse(data: bytes) -> Message:
    head, found, body = data.partition(b"\r\n\r\n")
    text = head.decode("utf-8", "surrogateescape")
    start, *lines = re.sub(r"\r\n[ \t]+", " ", text).split("\r\n")
    if not found or not re.fullmatch(r"SIP/2\.0 \d{3} .*|[A-Z]+ \S+ SIP/2\.0", start):
        raise SipError(f"no SIP start line: {start[:60]!r}")
    headers = tuple(_header(line) for line in lines)
    message = Message(start, tuple(pair for pair in headers if pair[0].lower() != "content-length"), body)
    if not re.fullmatch(r"\d+ [A-Z]+", message.get("CSeq")) or not message.call_id or not message.branch:
        raise SipError(f"CSeq, Call-ID or Via branch missing: {start[:60]!r}")
    return message


def _header(line: str) -> Pair:
    name, colon, value = line.partition(":")
    if not colon:
        raise SipError(f"not a header: {line[:60]!r}")
    name = name.strip()
    return COMPACT.get(name.lower(), name), value.strip()


def request(method: str, uri: str, headers: list[Pair], body: bytes = b"") -> Message:
    return Message(f"{method} {uri} SIP/2.0", tuple(headers), body)


def reply(
    to: Message,
    status: int,
    tag: str = "",
    extra: tuple[Pair, ...] = (),
    body: bytes = b"",
) -> Message:
    """The response to a request; `tag` is added to To when the request had none."""
    target = to.get("To")
    if tag and "tag" not in parameters(target.rpartition(">")[2] or target):
        target = f"{target};tag={tag}"
    headers = [pair for pair in to.headers if pair[0].lower() in ("via", "record-route")]
    headers += [("From", to.get("From")), ("To", target), ("Call-ID", to.call_id), ("CSeq", to.get("CSeq"))]
    return Message(f"SIP/2.0 {status} {REASONS.get(status, 'Unknown')}", (*headers, *extra), body)


def ack_of_failure(invite: Message, answer: Message) -> Message:
    return _companion("ACK", invite, answer.get("To"))


def cancel(invite: Message) -> Message:
    return _companion("CANCEL", invite, invite.get("To"))


def _companion(method: str, invite: Message, to: str) -> Message:
    """A request of the INVITE's own transaction: same URI, Via, number."""
    same = [(name, invite.get(name)) for name in ("Via", "From", "Call-ID", "Max-Forwards")]
    routes = [("Route", value) for value in invite.all("Route")]
    return request(method, invite.uri, [*same, ("To", to), ("CSeq", f"{invite.cseq} {method}"), *routes])


def sip_uri(user: str, host: str, port: int = 0) -> str:
    """Any text at all may be the user part; what the grammar forbids is percent-encoded."""
    place = host_port(host, port)
    return f"sip:{quote(user, safe=USER_SAFE)}@{place}" if user else f"sip:{place}"


def host_port(host: str, port: int = 0) -> str:
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def quoted(text: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'


def parse_address(value: str) -> Address:
    found = NAME_ADDR.match(value)
    if not found:
        uri, _, rest = value.partition(";")
        return Address("", uri.strip(), parameters(rest).get("tag", ""))
    name = found["plain"].strip() if found["quoted"] is None else _unescape(found["quoted"])
    return Address(name, found["uri"], parameters(found["rest"]).get("tag", ""))


def parameters(text: str) -> dict[str, str]:
    """Every name=value in a header, quoted or not."""
    found = PARAM.finditer(text)
    return {m[1].lower(): m[3] if m[2] is None else _unescape(m[2]) for m in found}


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def digest(method: str, uri: str, challenge: str, user: str, password: str, cnonce: str) -> str:
    """The value of Authorization that answers an MD5 challenge, with qop=auth when it is offered."""
    asked = parameters(challenge)
    secret = _md5(f"{user}:{asked['realm']}:{password}")
    what = _md5(f"{method}:{uri}")
    fields = [f"{name}={quoted(asked[name])}" for name in ("realm", "nonce", "opaque") if name in asked]
    fields += [f"username={quoted(user)}", f'uri="{uri}"', "algorithm=MD5"]
    if "auth" in re.split(r"\s*,\s*", asked.get("qop", "")):
        middle = f"{asked['nonce']}:00000001:{cnonce}:auth"
        fields += ["qop=auth", "nc=00000001", f'cnonce="{cnonce}"']
    else:
        middle = asked["nonce"]
    fields.append(f'response="{_md5(f"{secret}:{middle}:{what}")}"')
    return "Digest " + ", ".join(fields)


def _md5(text: str) -> str:
    return md5(text.encode("utf-8"), usedforsecurity=False).hexdigest()


def authorization(asked: Message, refusal: Message, user: str, password: str, cnonce: str) -> Pair | None:
    """The header that answers a 401 or 407, or None when it asks for nothing this phone can do."""
    name = "WWW-Authenticate" if refusal.status == 401 else "Proxy-Authenticate"
    challenges = [value for key, value in refusal.headers if key.lower() == name.lower()]
    for challenge in challenges:
        if parameters(challenge).get("algorithm", "MD5").upper() == "MD5":
            header = "Authorization" if refusal.status == 401 else "Proxy-Authorization"
            return header, digest(asked.method, asked.uri, challenge, user, password, cnonce)
    return None
