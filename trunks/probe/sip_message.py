"""The few SIP messages of a test: built, parsed, signed (RFC 3261, digests of RFC 8760). No sockets, no clock."""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote

Header = tuple[str, str]
HASHES = {"MD5": "md5", "SHA-256": "sha256"}
USER_SAFE = "-_.!~*'()&=+$,;?/"  # what RFC 3261 lets stand unescaped in the user part
HOST = re.compile(r"(?!-)[A-Za-z0-9.-]{1,253}|(?=[^:]*:[^:]*:)[0-9A-Fa-f:.]{2,45}")
STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9]{2}) (.*)")
PARAMETER = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]+))')
SHORT = {"i": "call-id", "l": "content-length"}
LONGEST_CHALLENGE = 2000


class SipError(ValueError):
    """It is no SIP message, or would be none."""


@dataclass(frozen=True)
class Reply:
    status: int
    reason: str
    headers: tuple[Header, ...]

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name]

    def get(self, name: str) -> str:
        return next(iter(self.all(name)), "")


@dataclass(frozen=True)
class Challenge:
    header: str  # the one that answers it
    algorithm: str
    realm: str
    nonce: str
    opaque: str
    has_qop: bool
    is_stale: bool  # the nonce of the answer before was too old, and the password perhaps right


def uri(host: str, user: str = "") -> str:
    """Raises SipError."""
    if not HOST.fullmatch(host):
        raise SipError(f"no host: {host!r}")
    place = f"[{host}]" if ":" in host else host
    return f"sip:{quote(user, safe=USER_SAFE)}@{place}" if user else f"sip:{place}"


def request(method: str, uri: str, headers: list[Header]) -> bytes:
    """Raises SipError where a part would not be one line of printable text: it could begin a header of its own."""
    lines = [f"{method} {uri} SIP/2.0", *(f"{name}: {value}" for name, value in headers), "Content-Length: 0"]
    for line in lines:
        if not line.isprintable():
            raise SipError(f"not one line of printable text: {line!r}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def parse(head: bytes) -> Reply:
    """`head`: up to the empty line. Raises SipError."""
    start, *lines = re.sub(r"\r\n[ \t]+", " ", head.decode(errors="replace").strip("\r\n")).split("\r\n")
    status = STATUS.fullmatch(start)
    if not status:
        raise SipError(f"no SIP: {start[:60]!r}")
    split = (line.partition(":") for line in lines)
    headers = ((name.strip().lower(), value.strip()) for name, _, value in split)
    return Reply(int(status[1]), status[2], tuple((SHORT.get(name, name), value) for name, value in headers))


def challenge(reply: Reply) -> Challenge | None:
    """The first in the answer that can be answered here; None: there is none."""
    asking, answering = ("www-authenticate", "Authorization")
    if reply.status == 407:
        asking, answering = ("proxy-authenticate", "Proxy-Authorization")
    for value in reply.all(asking):
        if not value.isprintable() or len(value) > LONGEST_CHALLENGE:
            continue
        named = {name.lower(): plain or _unescaped(quoted) for name, quoted, plain in PARAMETER.findall(value)}
        algorithm = named.get("algorithm", "MD5").upper()
        qop = [each.strip() for each in named.get("qop", "").split(",")] if "qop" in named else []
        known = value.lower().startswith("digest ") and algorithm in HASHES and (not qop or "auth" in qop)
        if known and "realm" in named and "nonce" in named:
            return Challenge(
                answering,
                algorithm,
                named["realm"],
                named["nonce"],
                named.get("opaque", ""),
                bool(qop),
                named.get("stale", "").lower() == "true",
            )
    return None


def authorization(asked: Challenge, method: str, uri: str, user: str, password: str, cnonce: str) -> Header:
    def digest(text: str) -> str:
        return hashlib.new(HASHES[asked.algorithm], text.encode(), usedforsecurity=False).hexdigest()

    fields = [("username", user), ("realm", asked.realm), ("nonce", asked.nonce), ("uri", uri)]
    if asked.opaque:
        fields.append(("opaque", asked.opaque))
    secret, what = digest(f"{user}:{asked.realm}:{password}"), digest(f"{method}:{uri}")
    middle = f"{asked.nonce}:00000001:{cnonce}:auth" if asked.has_qop else asked.nonce
    fields.append(("response", digest(f"{secret}:{middle}:{what}")))
    parts = [f"{name}={_quoted(value)}" for name, value in fields]
    parts.append(f"algorithm={asked.algorithm}")
    if asked.has_qop:
        parts += ["qop=auth", "nc=00000001", f"cnonce={_quoted(cnonce)}"]
    return asked.header, "Digest " + ", ".join(parts)


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
