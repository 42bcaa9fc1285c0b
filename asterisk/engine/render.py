"""From a snapshot to the rows that Asterisk reads. Pure: the same snapshot gives the same rows."""

import re
from dataclasses import dataclass, field
from hashlib import md5

REALM = "pbx"
RING_SECONDS = 30
CALLER_NAME_BYTES = 79  # what Asterisk keeps of an endpoint's caller ID name; longer ones go whole into the channel

NUMBER = re.compile(r"[1-9][0-9]{1,7}")
CALLER_ID = re.compile(r"[0-9*#+]{1,31}")
REGISTRATION_NAME = re.compile(r"[A-Za-z0-9._-]{1,63}")
NETWORKS = re.compile(r"([0-9a-f.:]{2,39}(/[0-9]{1,3})?(, |$)){0,10}")
PASSWORD = re.compile(r"[\x21-\x7e]{10,63}")


@dataclass(frozen=True)
class Extension:
    number: str
    caller_name: str
    caller_id: str
    registration_name: str
    registration_password: str = field(repr=False)
    max_phones: int = 1
    allowed_networks: str = ""


@dataclass(frozen=True)
class HandOver:
    """A number without phones of its own: calls to it ring the phones of the number `to`."""

    number: str
    to: str


@dataclass(frozen=True)
class Snapshot:
    """`extensions`: those of `numbers` that are to work; of the others those not handed over are to be gone."""

    numbers: tuple[str, ...]
    extensions: tuple[Extension, ...]
    handed_over: tuple[HandOver, ...] = ()


class RenderError(ValueError):
    """A value that the PBX must not see. `field` is its name; the value itself is not repeated."""

    def __init__(self, number: str, field: str) -> None:
        self.number, self.field = number, field
        super().__init__("It holds what a PBX cannot take, and was not sent.")


@dataclass(frozen=True)
class Login:
    """A row of sip_login."""

    id: str
    number: str
    registration_name: str
    password_digest: str
    caller_name: str
    caller_id: str
    max_contacts: int
    permit: str = ""


@dataclass(frozen=True)
class Dial:
    """A row of pbx_number: what happens when the number is called. `rings`: whose phones; "": its own."""

    number: str
    ring_seconds: int
    rings: str = ""


@dataclass(frozen=True)
class Rows:
    """All rows of one number; None for what it has not."""

    login: Login | None = None
    dial: Dial | None = None


def quoted(name: str) -> str:
    """In the quotes of "name" <number>, Asterisk's own escape."""
    return name.replace("\\", "\\\\").replace('"', '\\"')


def cut(name: str, size: int) -> str:
    """The name in at most `size` bytes of UTF-8, whole characters only."""
    return name.encode()[:size].decode(errors="ignore")


def digest(name: str, password: str) -> str:
    """RFC 8760's MD5 of user:realm:password: all that Asterisk needs to check a registration."""
    return "MD5:" + md5(f"{name}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()


def _check(extension: Extension) -> None:
    for name, pattern in (
        ("number", NUMBER),
        ("caller_id", CALLER_ID),
        ("registration_name", REGISTRATION_NAME),
        ("registration_password", PASSWORD),
        ("allowed_networks", NETWORKS),
    ):
        if not pattern.fullmatch(getattr(extension, name)):
            raise RenderError(extension.number, name)
    caller = extension.caller_name
    if not caller or not all(c.isprintable() or c in "\u200c\u200d" for c in caller):
        raise RenderError(extension.number, "name")
    if extension.max_phones not in (1, 2, 3):
        raise RenderError(extension.number, "max_phones")


def rows(extension: Extension) -> Rows:
    _check(extension)
    number, name = extension.number, extension.caller_name
    login = Login(
        id=number,
        number=number,
        registration_name=extension.registration_name,
        password_digest=digest(extension.registration_name, extension.registration_password),
        caller_name=name,
        caller_id=f'"{quoted(cut(name, CALLER_NAME_BYTES))}" <{extension.caller_id}>',
        max_contacts=extension.max_phones,
        permit=extension.allowed_networks.replace(", ", ","),
    )
    return Rows(login, Dial(number, RING_SECONDS))


def handed_over(each: HandOver) -> Rows:
    for number in (each.number, each.to):
        if not NUMBER.fullmatch(number):
            raise RenderError(each.number, "handed_to")
    if each.number == each.to:
        raise RenderError(each.number, "handed_to")
    return Rows(dial=Dial(each.number, RING_SECONDS, each.to))


def render(snapshot: Snapshot) -> dict[str, Rows]:
    """number -> its rows, for every number of the snapshot, sorted."""
    wanted = {each.number: handed_over(each) for each in snapshot.handed_over}
    wanted |= {extension.number: rows(extension) for extension in snapshot.extensions}
    return {number: wanted.get(number, Rows()) for number in sorted(snapshot.numbers)}
