"""What the PBX has of an extension: one line a value. Pure, without Django: frozen dataclasses, and what makes them.

`Extension` and `HandOver` say what is taken of the wish. `Login`, `Dial` and `Mailbox` are the engine's rows, of which
the views in schema.sql make what Asterisk reads. LOGIN_VALUES, DIAL_VALUES and MAILBOX_VALUES say what Asterisk is to
show of a row. Snapshot, render, store, drift check and read-back are made from these.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from hashlib import md5
from operator import attrgetter
from typing import Any

REALM = "pbx"
RING_SECONDS = 30
CALLER_NAME_BYTES = 79  # what Asterisk keeps of an endpoint's caller ID name; longer ones go whole into the channel
PRESENCE = "enabled"  # the field that has no column: without it there is no row

NUMBER = re.compile(r"[1-9][0-9]{1,7}")
CALLER_ID = re.compile(r"[0-9*#+]{1,31}")
REGISTRATION_NAME = re.compile(r"[A-Za-z0-9._-]{1,63}")
TRANSPORTS = ("any", "udp", "tcp", "tls")
ENCRYPTIONS = ("off", "offered", "required")
NETWORKS = re.compile(r"([0-9a-f.:]{2,39}(/[0-9]{1,3})?(, |$)){0,10}")
PASSWORD = re.compile(r"[\x21-\x7e]{1,63}")  # those of phones that come from another PBX may be short
E164 = re.compile(r"(\+[1-9][0-9]{5,14})?")
LOCATION_BYTES = 79  # what Asterisk keeps of a caller's name
OUTBOUND_CALLS = {
    "none": 0,
    "national": 1,
    "abroad": 2,
    "all": 3,
}  # as the dial plan compares them with what a call costs
COUNTRIES = re.compile(r"([A-Z]{2}(,[A-Z]{2}){0,99})?")
IS_LIMIT = range(10_000).__contains__
PIN = re.compile(r"[0-9]{3,15}")

Answers = Mapping[str, Mapping[str, str]]  # an event, or a family of realtime rows -> its fields, as Asterisk says them


def gettext_noop(text: str) -> str:
    """Marks what pages show translated, as Django's does."""
    return text


@dataclass(frozen=True)
class Source:
    """`of`: the fields of extensions.fields that a value is taken from. `fits`: what a PBX can take."""

    of: tuple[str, ...]
    field_name: str
    fits: Callable[[Any], object]


@dataclass(frozen=True)
class Column:
    """`is_credential`: registrations that were made with another value are void."""

    made_from: Callable[[Any], Any]
    is_secret: bool = False
    is_credential: bool = False


@dataclass(frozen=True)
class Value:
    """A value that Asterisk shows of a row. `thing` and `name`: what it calls them, or people do.

    `field_name`: the name of the recorded field that an administrator knows it by; "": Asterisk's own name alone.
    `column`: of the row. `prefix`: what stands before the column's text. `asked`: the column of ps_endpoints that is to
    be asked for, where no event has the value.
    """

    thing: str
    name: str
    wanted: Callable[[Any], str]
    said: Callable[[Answers], str]
    field_name: str = ""
    column: str = ""
    prefix: str = ""
    asked: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.thing, self.name


IS_SWITCH = (True, False).__contains__


def taken(*of: str, fits: Callable[[Any], object], field_name: str = "") -> dict[str, Source]:
    return {"source": Source(of, field_name or of[0], fits)}


def made(made_from: Callable[[Any], Any], *, is_secret: bool = False, is_credential: bool = False) -> dict[str, Column]:
    return {"column": Column(made_from, is_secret, is_credential)}


def quoted(name: str) -> str:
    """In the quotes of "name" <number>, Asterisk's own escape."""
    return name.replace("\\", "\\\\").replace('"', '\\"')


def cut(name: str, size: int) -> str:
    """The name in at most `size` bytes of UTF-8, whole characters only."""
    return name.encode()[:size].decode(errors="ignore")


def digest(name: str, password: str) -> str:
    """RFC 8760's MD5 of user:realm:password: all that Asterisk needs to check a registration."""
    return "MD5:" + md5(f"{name}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()


def is_name(text: str) -> bool:
    return bool(text) and all(c.isprintable() or c in "\u200c\u200d" for c in text)


def is_name_or_empty(text: str) -> bool:
    return not text or is_name(text)


@dataclass(frozen=True)
class Extension:
    """What is taken of an extension that is to work; `caller_name`: as the PBX is to show it."""

    number: str = field(metadata=taken("number", fits=NUMBER.fullmatch))
    caller_name: str = field(metadata=taken("first_name", "last_name", field_name="name", fits=is_name))
    caller_id: str = field(metadata=taken("caller_id", fits=CALLER_ID.fullmatch))
    registration_name: str = field(metadata=taken("registration_name", fits=REGISTRATION_NAME.fullmatch))
    registration_password: str = field(repr=False, metadata=taken("registration_password", fits=PASSWORD.fullmatch))
    max_phones: int = field(
        default=1,
        metadata=taken("max_phones", fits=(1, 2, 3).__contains__),
    )
    allowed_networks: str = field(default="", metadata=taken("allowed_networks", fits=NETWORKS.fullmatch))
    transport: str = field(default="any", metadata=taken("transport", fits=TRANSPORTS.__contains__))
    media_encryption: str = field(default="offered", metadata=taken("media_encryption", fits=ENCRYPTIONS.__contains__))
    outbound_number: str = field(default="", metadata=taken("outbound_number", fits=E164.fullmatch))
    emergency_number: str = field(default="", metadata=taken("emergency_number", fits=E164.fullmatch))
    location: str = field(default="", metadata=taken("location", fits=is_name_or_empty))
    outbound_calls: str = field(default="abroad", metadata=taken("outbound_calls", fits=OUTBOUND_CALLS.__contains__))
    outbound_countries: str = field(default="", metadata=taken("outbound_countries", fits=COUNTRIES.fullmatch))
    outbound_calls_at_once: int = field(default=0, metadata=taken("outbound_calls_at_once", fits=IS_LIMIT))
    outbound_call_minutes: int = field(default=0, metadata=taken("outbound_call_minutes", fits=IS_LIMIT))
    outbound_day_minutes: int = field(default=0, metadata=taken("outbound_day_minutes", fits=IS_LIMIT))
    outbound_in_hours: bool = field(default=False, metadata=taken("outbound_in_hours", fits=IS_SWITCH))
    voicemail: bool = field(default=False, metadata=taken("voicemail", fits=IS_SWITCH))
    voicemail_pin: str = field(default="1928", repr=False, metadata=taken("voicemail_pin", fits=PIN.fullmatch))
    voicemail_asks_pin: bool = field(default=True, metadata=taken("voicemail_asks_pin", fits=IS_SWITCH))
    voicemail_says_date: bool = field(default=True, metadata=taken("voicemail_says_date", fits=IS_SWITCH))
    voicemail_says_caller: bool = field(default=False, metadata=taken("voicemail_says_caller", fits=IS_SWITCH))
    voicemail_says_length: bool = field(default=False, metadata=taken("voicemail_says_length", fits=IS_SWITCH))


@dataclass(frozen=True)
class Disabled:
    """What is taken of an extension that is disabled: its phones may call emergency numbers, and nothing else."""

    number: str = field(metadata=taken("number", fits=NUMBER.fullmatch))
    caller_name: str = field(metadata=taken("first_name", "last_name", field_name="name", fits=is_name))
    registration_name: str = field(metadata=taken("registration_name", fits=REGISTRATION_NAME.fullmatch))
    registration_password: str = field(repr=False, metadata=taken("registration_password", fits=PASSWORD.fullmatch))
    outbound_number: str = field(default="", metadata=taken("outbound_number", fits=E164.fullmatch))
    emergency_number: str = field(default="", metadata=taken("emergency_number", fits=E164.fullmatch))
    location: str = field(default="", metadata=taken("location", fits=is_name_or_empty))


@dataclass(frozen=True)
class HandOver:
    """A number without phones of its own: calls to it ring the phones of the number `to`."""

    number: str = field(metadata=taken("number", field_name="handed_to", fits=NUMBER.fullmatch))
    to: str = field(metadata=taken("handed_to", fits=NUMBER.fullmatch))


@dataclass(frozen=True)
class Login:
    """A row of sip_login."""

    id: str = field(metadata=made(attrgetter("number")))
    number: str = field(metadata=made(attrgetter("number")))
    registration_name: str = field(metadata=made(attrgetter("registration_name"), is_credential=True))
    password_digest: str = field(
        metadata=made(
            lambda each: digest(each.registration_name, each.registration_password), is_secret=True, is_credential=True
        )
    )
    caller_name: str = field(metadata=made(attrgetter("caller_name")))
    caller_id: str = field(
        metadata=made(lambda each: f'"{quoted(cut(each.caller_name, CALLER_NAME_BYTES))}" <{each.caller_id}>')
    )
    max_contacts: int = field(metadata=made(attrgetter("max_phones")))
    permit: str = field(default="", metadata=made(lambda each: each.allowed_networks.replace(", ", ",")))
    transport: str = field(default="any", metadata=made(attrgetter("transport")))
    media_encryption: str = field(default="offered", metadata=made(attrgetter("media_encryption")))
    outbound: int = field(default=2, metadata=made(lambda each: OUTBOUND_CALLS[each.outbound_calls]))
    outbound_number: str = field(default="", metadata=made(lambda each: each.outbound_number.lstrip("+")))
    emergency_number: str = field(default="", metadata=made(lambda each: each.emergency_number.lstrip("+")))
    location: str = field(default="", metadata=made(lambda each: cut(each.location, LOCATION_BYTES)))
    countries: str = field(default="", metadata=made(lambda each: each.outbound_countries.replace(",", ":")))
    calls_at_once: int = field(default=0, metadata=made(attrgetter("outbound_calls_at_once")))
    call_seconds: int = field(default=0, metadata=made(lambda each: each.outbound_call_minutes * 60))
    day_seconds: int = field(default=0, metadata=made(lambda each: each.outbound_day_minutes * 60))
    in_hours: int = field(default=0, metadata=made(lambda each: int(each.outbound_in_hours)))


@dataclass(frozen=True)
class Dial:
    """A row of pbx_number: what happens when the number is called. `rings`: whose phones; "": its own."""

    number: str = field(metadata=made(attrgetter("number")))
    ring_seconds: int = field(metadata=made(lambda _: RING_SECONDS))
    rings: str = field(default="", metadata=made(lambda _: ""))


@dataclass(frozen=True)
class Mailbox:
    """A row of mailbox: where callers of the number leave messages. `pin` in clear: Asterisk compares its text."""

    number: str = field(metadata=made(attrgetter("number")))
    pin: str = field(repr=False, metadata=made(attrgetter("voicemail_pin"), is_secret=True))
    asks_pin: int = field(metadata=made(lambda each: int(each.voicemail_asks_pin)))
    says_date: int = field(metadata=made(lambda each: int(each.voicemail_says_date)))
    says_caller: int = field(metadata=made(lambda each: int(each.voicemail_says_caller)))
    says_length: int = field(metadata=made(lambda each: int(each.voicemail_says_length)))


@dataclass(frozen=True)
class EmergencyLogin:
    """A row of emergency_login: the account by which the phones of a disabled extension call emergency numbers."""

    number: str = field(metadata=made(attrgetter("number")))
    registration_name: str = field(metadata=made(attrgetter("registration_name"), is_credential=True))
    password_digest: str = field(
        metadata=made(
            lambda each: digest(each.registration_name, each.registration_password), is_secret=True, is_credential=True
        )
    )
    caller_name: str = field(metadata=made(attrgetter("caller_name")))
    outbound_number: str = field(default="", metadata=made(lambda each: each.outbound_number.lstrip("+")))
    emergency_number: str = field(default="", metadata=made(lambda each: each.emergency_number.lstrip("+")))
    location: str = field(default="", metadata=made(lambda each: cut(each.location, LOCATION_BYTES)))


Row = Login | Dial | Mailbox | EmergencyLogin
# In the order of the attributes of render.Rows.
TABLES: dict[str, type[Row]] = {
    "sip_login": Login,
    "pbx_number": Dial,
    "mailbox": Mailbox,
    "emergency_login": EmergencyLogin,
}


def sources(kind: type[Extension] | type[Disabled] | type[HandOver]) -> dict[str, Source]:
    return {each.name: each.metadata["source"] for each in fields(kind)}


def columns(kind: type[Row]) -> dict[str, Column]:
    return {each.name: each.metadata["column"] for each in fields(kind)}


SECRET = {name for kind in TABLES.values() for name, column in columns(kind).items() if column.is_secret}


def text_of(column: str) -> Callable[[Any], str]:
    return lambda row: str(getattr(row, column))


def said_in(thing: str, name: str) -> Callable[[Answers], str]:
    return lambda answers: answers.get(thing, {}).get(name, "")


def fixed(event: str, name: str, text: str) -> Value:
    """What is the same of every row."""
    return Value(event, name, lambda _: text, said_in(event, name))


def shown(
    event: str,
    name: str,
    column: str,
    field_name: str = "",
    *,
    wanted: Callable[[Login], str] | None = None,
    prefix: str = "",
) -> Value:
    """What an event shows of a column: its text, where `wanted` does not say otherwise."""
    return Value(event, name, wanted or text_of(column), said_in(event, name), field_name, column, prefix)


def realtime(thing: str, name: str, column: str, field_name: str, *, family: str, asked: str = "") -> Value:
    """What Asterisk reads of a realtime row."""
    return Value(thing, name, text_of(column), said_in(family, asked or column), field_name, column, asked=asked)


def identified_by(login: Login) -> str:
    return "username,auth_username" if login.registration_name == login.id else "username"


def account_code(login: Login) -> str:
    only = "" if login.transport == "any" else login.transport
    return f"{only}=" if login.registration_name == login.id else only


CALLER_NAME = "CALLERID(name)="
# In the order in which they are compared.
LOGIN_VALUES = (
    shown("EndpointDetail", "ObjectName", "id"),
    shown("EndpointDetail", "Aors", "id"),
    shown("EndpointDetail", "Auth", "id"),
    fixed("EndpointDetail", "Context", "from-extension"),
    fixed("EndpointDetail", "SubscribeContext", "hints"),
    Value("EndpointDetail", "IdentifyBy", identified_by, said_in("EndpointDetail", "IdentifyBy")),
    fixed("EndpointDetail", "Allow", "(ulaw|alaw|g722|opus)"),
    fixed("EndpointDetail", "AllowOverlap", "false"),
    fixed("EndpointDetail", "DirectMedia", "false"),
    shown(
        "EndpointDetail",
        "Accountcode",
        "transport",
        "transport",
        wanted=account_code,
    ),
    shown(
        "EndpointDetail",
        "MediaEncryption",
        "media_encryption",
        "media_encryption",
        wanted=lambda login: "no" if login.media_encryption == "off" else "sdes",
    ),
    shown(
        "EndpointDetail",
        "MediaEncryptionOptimistic",
        "media_encryption",
        "media_encryption",
        wanted=lambda login: "true" if login.media_encryption == "offered" else "false",
    ),
    fixed("EndpointDetail", "MediaUseReceivedTransport", "true"),
    fixed("EndpointDetail", "TrustIdInbound", "false"),
    fixed("EndpointDetail", "TosAudio", "184"),
    fixed("EndpointDetail", "Acl", "deny/permit"),
    shown("EndpointDetail", "ContactAcl", "permit", wanted=lambda login: "deny/permit" if login.permit else "contacts"),
    shown("EndpointDetail", "Callerid", "caller_id", "caller_id"),
    shown(
        "EndpointDetail",
        "SetVar",
        "caller_name",
        "name",
        wanted=lambda login: CALLER_NAME + login.caller_name.replace("\\", "\\\\"),
        prefix=CALLER_NAME,
    ),
    shown("AuthDetail", "ObjectName", "id"),
    fixed("AuthDetail", "AuthType", "digest"),
    shown("AuthDetail", "Username", "registration_name", "registration_name"),
    fixed("AuthDetail", "Realm", REALM),
    fixed("AuthDetail", "NonceLifetime", "8"),
    shown("AuthDetail", "PasswordDigest", "password_digest", "registration_password"),
    shown("AorDetail", "ObjectName", "id"),
    shown("AorDetail", "MaxContacts", "max_contacts", "max_phones"),
    fixed("AorDetail", "RemoveExisting", "false"),
    fixed("AorDetail", "RemoveUnavailable", "true"),
    fixed("AorDetail", "MaximumExpiration", "3600"),
    realtime("Calls", gettext_noop("what may be dialed"), "outbound", "outbound_calls", family="outside_caller"),
    realtime("Calls", gettext_noop("in business hours only"), "in_hours", "outbound_in_hours", family="outside_caller"),
    realtime("Calls", gettext_noop("caller ID"), "outbound_number", "outbound_number", family="outside_caller"),
    realtime(
        "Calls", gettext_noop("emergency caller ID"), "emergency_number", "emergency_number", family="outside_caller"
    ),
    realtime("Calls", gettext_noop("location"), "location", "location", family="outside_caller"),
    realtime("Calls", gettext_noop("allowed countries"), "countries", "outbound_countries", family="outside_caller"),
    realtime(
        "Calls", gettext_noop("calls at once"), "calls_at_once", "outbound_calls_at_once", family="outside_caller"
    ),
    realtime(
        "Calls", gettext_noop("seconds of a call"), "call_seconds", "outbound_call_minutes", family="outside_caller"
    ),
    realtime(
        "Calls", gettext_noop("seconds in 24 hours"), "day_seconds", "outbound_day_minutes", family="outside_caller"
    ),
    # Asterisk says of its own lists only that they are there.
    realtime("EndpointDetail", "Networks", "permit", "allowed_networks", family="ps_endpoints", asked="permit"),
)
DIAL_VALUES = (
    realtime(
        gettext_noop("Dial plan"),
        gettext_noop("ring time in seconds"),
        "ring_seconds",
        "dial_plan",
        family="pbx_number",
    ),
    realtime("Dial plan", gettext_noop("number to ring"), "rings", "handed_to", family="pbx_number"),
)


def switch(name: str, column: str, field_name: str) -> Value:
    """One that Asterisk reads as yes or no."""
    return Value(
        "Voicemail",
        name,
        lambda row: "yes" if getattr(row, column) else "no",
        said_in("voicemail", name),
        field_name,
        column,
    )


MAILBOX_VALUES = (
    Value(
        "EndpointDetail",
        "Mailboxes",
        lambda mailbox: f"{mailbox.number}@default",
        said_in("EndpointDetail", "Mailboxes"),
        "voicemail",
        "number",
    ),
    Value("Voicemail", "password", text_of("pin"), said_in("voicemail", "password"), "voicemail_pin", "pin"),
    switch("asks_pin", "asks_pin", "voicemail_asks_pin"),
    switch("envelope", "says_date", "voicemail_says_date"),
    switch("saycid", "says_caller", "voicemail_says_caller"),
    switch("sayduration", "says_length", "voicemail_says_length"),
)
# What Asterisk shows of a disabled extension, too.
EMERGENCY_VALUES = tuple(value for value in LOGIN_VALUES if value.column in columns(EmergencyLogin))
