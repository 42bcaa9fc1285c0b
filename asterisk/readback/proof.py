"""What Asterisk believes of a number, compared with the rows that it was given."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext, gettext_noop

from asterisk import sip_uri
from asterisk.ami.client import TIMEOUT_SECONDS, Ami, AmiRefused, Question
from asterisk.ami.protocol import Message
from asterisk.engine.columns import DIAL_VALUES, EMERGENCY_VALUES, LOGIN_VALUES, MAILBOX_VALUES, SECRET, Answers, Value
from asterisk.engine.render import Rows
from asterisk.sip_uri import HostPort
from core.audit import fields
from core.coded_text import CodedText

Columns = dict[str, str]
BETWEEN, EQUALS = "\x1e", "\x1f"  # between the columns of a row, and in them: no name or number can hold them
Key = tuple[str, str]  # what Asterisk calls the object, and its field

LOGIN: Key = ("", "login")
EMERGENCY: Key = ("", "emergency")  # the login of a disabled extension
EMERGENCY_CONTEXT = "emergency-only"
HINT: Key = (gettext_noop("Hint"), gettext_noop("device"))
VALUES = (*LOGIN_VALUES, *DIAL_VALUES, *MAILBOX_VALUES)
BY_KEY: dict[Key, Value] = {value.key: value for value in VALUES}
ALONE = {LOGIN, EMERGENCY, *(value.key for value in DIAL_VALUES)}  # what is compared where only one side has the login
ASKED = [value.asked for value in LOGIN_VALUES if value.asked]
THERE, GONE = "there", "gone"  # of LOGIN
TEXTS = {THERE: CodedText("proof.there"), GONE: CodedText("proof.gone")}
TABLE = "REALTIME_FIELD(pbx_table,name,token,value)"
OBJECTS = {
    "EndpointDetail": gettext_noop("Endpoint"),
    "AuthDetail": gettext_noop("Registration"),
    "AorDetail": gettext_noop("Phones"),
}
# The recorded field of what is no value of a row.
NAMES = {LOGIN: "registration", EMERGENCY: "emergency_login", HINT: "lamp"}


@dataclass(frozen=True)
class Difference:
    number: str
    field: CodedText | str
    wanted: CodedText | str
    said: CodedText | str

    @property
    def text(self) -> CodedText:
        return CodedText("proof.differs", said=self.said, wanted=self.wanted)


@dataclass(frozen=True)
class Said:
    """What Asterisk says of a number. `endpoint`: with its auth, aor and contacts; [] when it knows none."""

    number: str
    endpoint: list[Message]
    read: Mapping[str, Columns]  # family -> what was read of its row
    hint: str

    @property
    def answers(self) -> Answers:
        return {**{message["Event"]: message for message in self.endpoint}, **self.read}


def values(rows: Rows) -> dict[Key, str]:
    """Every value that Asterisk is to show of a number with these rows."""
    login, dial, mailbox, emergency = rows.of_tables
    found = {LOGIN: THERE if login else GONE, EMERGENCY: THERE if emergency else GONE}
    found |= {value.key: value.wanted(dial) if dial else "" for value in DIAL_VALUES}
    found |= {value.key: value.wanted(mailbox) if mailbox else "" for value in MAILBOX_VALUES}
    if emergency:
        found |= {value.key: value.wanted(emergency) for value in EMERGENCY_VALUES}
    if login:
        found |= {value.key: value.wanted(login) for value in LOGIN_VALUES}
        found[HINT] = f"PJSIP/{login.number}&Custom:{login.number}"
    return found


def compared() -> dict[str, list[str]]:
    """Object -> the fields of it that are compared, in an administrator's words and language."""
    found: dict[str, list[str]] = {}
    for value in VALUES:
        its = gettext(value.name) if value.field_name == "dial_plan" else str(field_text(value.key))
        found.setdefault(OBJECTS.get(value.thing, value.thing), []).append(its)
    found[HINT[0]] = [gettext(HINT[1])]
    return {gettext(thing): its for thing, its in found.items()}


def questions(number: str, *, hint: bool = True) -> list[Question]:
    asked: list[Question] = [
        ("PJSIPShowEndpoint", {"Endpoint": number}),
        ("Getvar", {"Variable": f"REALTIME(pbx_number,number,{number},{BETWEEN},{EQUALS})"}),
        ("Getvar", {"Variable": f"REALTIME(voicemail,mailbox,{number},{BETWEEN},{EQUALS})"}),
        ("Getvar", {"Variable": f"REALTIME(outside_caller,id,{number},{BETWEEN},{EQUALS})"}),
    ]
    asked += [("Getvar", {"Variable": f"REALTIME_FIELD(ps_endpoints,id,{number},{column})"}) for column in ASKED]
    return [*asked, ("ShowDialPlan", {"Context": "hints", "Extension": number})] if hint else asked


def ask(ami: Ami, numbers: Iterable[str], *, hints: bool = True) -> Iterator[Said]:
    """What Asterisk says of each, in their order. `hints`: no row makes them, so they cannot drift."""
    asked = list(numbers)
    answers = ami.ask_many(question for number in asked for question in questions(number, hint=hints))
    for number in asked:
        shown, dial, mailbox, caller, *more = islice(answers, len(questions(number, hint=hints)))
        columns = {column: _granted(answer).get("Value", "") for column, answer in zip(ASKED, more, strict=False)}
        lamp = _hint(number, more[-1]) if hints else ""
        read = {
            "pbx_number": _columns(dial),
            "voicemail": _columns(mailbox),
            "outside_caller": _columns(caller),
            "ps_endpoints": columns,
        }
        yield Said(number, _endpoint(shown), read, lamp)


def _hint(number: str, answer: list[Message]) -> str:
    """By the dial plan: asking for the extension's state would have Asterisk make a hint of its own for each number."""
    _granted(answer)
    found = {message["Extension"]: message["Application"] for message in answer if message.get("Priority") == "hint"}
    its = found.get(number) or next(iter(found.values()), "")
    return its.replace("${EXTEN}", number)


def _granted(answer: list[Message]) -> Message:
    if answer[0].get("Response") == "Error":
        raise AmiRefused(answer[0].get("Message", CodedText("pbx.refused")))
    return answer[0]


def _endpoint(answer: list[Message]) -> list[Message]:
    if "Unable to retrieve" in answer[0].get("Message", ""):
        return []
    _granted(answer)
    return [message for message in answer if "Event" in message and "EventList" not in message]


# What Asterisk's realtime driver reads for its objects: family -> the column that it finds a row by.
FAMILIES = {
    "ps_endpoints": "id",
    "outside_caller": "id",
    "ps_auths": "id",
    "ps_aors": "id",
    "pbx_number": "number",
    "voicemail": "mailbox",
}


def read(ami: Ami, numbers: Iterable[str]) -> Iterator[tuple[str, dict[str, Columns]]]:
    """The rows that Asterisk reads for each number, by family: a tenth of the price of asking what it makes of them.

    It cuts an answer at 1,023 bytes.
    """
    asked = list(numbers)
    answers = ami.ask_many(
        ("Getvar", {"Variable": f"REALTIME({family},{column},{number},{BETWEEN},{EQUALS})"})
        for number in asked
        for family, column in FAMILIES.items()
    )
    for number in asked:
        rows = islice(answers, len(FAMILIES))
        yield number, {family: _columns(row) for family, row in zip(FAMILIES, rows, strict=True)}


def written(ami: Ami, numbers: list[str]) -> Iterator[str]:
    """All that is written of each number, as Asterisk reads it: for a fifth of the price of `read`; cut as that is."""
    answers = ami.ask_many(
        ("Getvar", {"Variable": f"REALTIME_FIELD(written,number,{number},text)"}) for number in numbers
    )
    return (_granted(answer).get("Value", "") for answer in answers)


def registered(ami: Ami) -> dict[str, list[Message]]:
    """The contacts of each number that has any."""
    found: dict[str, list[Message]] = {}
    for contact in ami.ask_for_list("PJSIPShowRegistrationInboundContactStatuses"):
        if contact.get("ID"):
            found.setdefault(contact["AOR"], []).append(contact)
    return found


def _columns(answer: list[Message]) -> Columns:
    pairs = (pair.partition(EQUALS) for pair in _granted(answer).get("Value", "").split(BETWEEN))
    return {name: value for name, _between, value in pairs if name and value}


def endpoint(ami: Ami, number: str) -> list[Message]:
    return next(map(_endpoint, ami.ask_many(questions(number)[:1])))


def table(ami: Ami, timeout: float = TIMEOUT_SECONDS) -> str:
    """The token of the file that Asterisk reads; "" while it reads none."""
    return ami.ask("Getvar", timeout, Variable=TABLE).get("Value", "")


def address(contact: Message) -> HostPort:
    """Where Asterisk sends what it has for the phone; not what the phone takes its own address for."""
    uri = sip_uri.parse(contact.get("URI", ""))
    return (uri and uri.destination) or HostPort("")


def transport(contact: Message) -> str:
    """What the phone is reached over, as the URI says it: udp, tcp, tls."""
    uri = sip_uri.parse(contact.get("URI", ""))
    return (uri.parameters.get("transport", "") if uri else "").lower() or "udp"


def contacts(answer: list[Message]) -> list[Message]:
    return [message for message in answer if message.get("Event") == "ContactStatusDetail"]


def told(said: Said, keys: Iterable[Key]) -> dict[Key, str]:
    """Asterisk's text for each value that is compared."""
    answers = said.answers
    context = answers.get("EndpointDetail", {}).get("Context", "")
    own = {
        LOGIN: THERE if context and context != EMERGENCY_CONTEXT else GONE,
        EMERGENCY: THERE if context == EMERGENCY_CONTEXT else GONE,
        HINT: said.hint,
    }
    return {key: own[key] if key in own else BY_KEY[key].said(answers) for key in keys}


def differing(one: Mapping[Key, str], other: Mapping[Key, str]) -> list[Key]:
    """The values of both that differ; of a login that only one has, no more than that."""
    keys = [key for key in {**one, **other} if one.get(key, "") != other.get(key, "")]
    return [key for key in keys if key in ALONE] if {LOGIN, EMERGENCY} & set(keys) else keys


def field_text(key: Key) -> CodedText | str:
    """The label of a recorded field; of what no administrator knows, Asterisk's own name."""
    name = BY_KEY[key].field_name if key in BY_KEY else NAMES[key]
    return fields.label_of(name) if name else key[1]


def value_text(key: Key, value: str) -> CodedText | str:
    """The value without what Asterisk puts before it; of a secret, that it is one."""
    if is_secret(key):
        return CodedText("proof.secret")
    if key in (LOGIN, EMERGENCY):
        return TEXTS[value]
    return value.removeprefix(BY_KEY[key].prefix) if key in BY_KEY else value


def is_secret(key: Key) -> bool:
    return key in BY_KEY and BY_KEY[key].column in SECRET


def differences(wanted: Mapping[Key, str], said: Said) -> list[Difference]:
    heard = told(said, wanted)
    return [
        Difference(said.number, field_text(key), value_text(key, wanted[key]), value_text(key, heard[key]))
        for key in differing(wanted, heard)
    ]
