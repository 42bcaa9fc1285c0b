"""What Asterisk believes of a number, compared with the rows that it was given."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext, gettext_noop

from asterisk.ami.client import TIMEOUT_SECONDS, Ami, AmiRefused, Question
from asterisk.ami.protocol import Message
from asterisk.engine.render import REALM, Login, Rows
from core.audit import fields
from core.coded_text import CodedText

Columns = dict[str, str]
BETWEEN, EQUALS = "\x1e", "\x1f"  # between the columns of a row, and in them: no name or number can hold them
Key = tuple[str, str]  # what Asterisk calls the object, and its field

LOGIN: Key = ("", "login")
DIAL_PLAN: Key = (gettext_noop("Dial plan"), gettext_noop("seconds that it rings"))
RINGS: Key = (gettext_noop("Dial plan"), gettext_noop("number that rings"))
HINT: Key = (gettext_noop("Hint"), gettext_noop("device"))
NETWORKS: Key = ("EndpointDetail", "Networks")  # Asterisk says of its own lists only that they are there
SECRET = {"PasswordDigest"}
THERE, GONE = "there", "gone"  # of LOGIN
TEXTS = {THERE: CodedText("proof.there"), GONE: CodedText("proof.gone")}
NAME_BEFORE = "CALLERID(name)="
TABLE = "REALTIME_FIELD(pbx_table,name,token,value)"
OBJECTS = {
    "EndpointDetail": gettext_noop("Endpoint"),
    "AuthDetail": gettext_noop("Registration"),
    "AorDetail": gettext_noop("Phones"),
}
# a field of Asterisk's answer -> the recorded field that an administrator knows it by
NAMES = {
    "Callerid": "caller_id",
    "SetVar": "name",
    "Username": "registration_name",
    "PasswordDigest": "registration_password",
    "MaxContacts": "max_phones",
    NETWORKS[1]: "allowed_networks",
    LOGIN[1]: "registration",
    DIAL_PLAN[1]: "dial_plan",
    RINGS[1]: "handed_to",
    HINT[1]: "lamp",
}


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
    dial: Columns
    networks: str
    hint: str


def expected(login: Login) -> dict[str, dict[str, str]]:
    """Event -> field -> text, as Asterisk shows what the row should have become."""
    return {
        "EndpointDetail": {
            "ObjectName": login.id,
            "Aors": login.id,
            "Auth": login.id,
            "Context": "from-extension",
            "SubscribeContext": "hints",
            "IdentifyBy": "username",
            "Allow": "(ulaw|alaw|g722|opus)",
            "AllowOverlap": "false",
            "DirectMedia": "false",
            "TrustIdInbound": "false",
            "Acl": "deny/permit" if login.permit else "",
            "Callerid": login.caller_id,
            "SetVar": NAME_BEFORE + login.caller_name.replace("\\", "\\\\"),
        },
        "AuthDetail": {
            "ObjectName": login.id,
            "AuthType": "digest",
            "Username": login.registration_name,
            "Realm": REALM,
            "PasswordDigest": login.password_digest,
        },
        "AorDetail": {
            "ObjectName": login.id,
            "MaxContacts": str(login.max_contacts),
            "RemoveExisting": "false",
            "RemoveUnavailable": "true",
            "MaximumExpiration": "3600",
        },
    }


def values(rows: Rows) -> dict[Key, str]:
    """Every value that Asterisk is to show of a number with these rows."""
    dial = rows.dial
    found = {LOGIN: THERE if rows.login else GONE, DIAL_PLAN: str(dial.ring_seconds) if dial else ""}
    found[RINGS] = dial.rings if dial else ""
    if rows.login:
        found |= {(event, name): text for event, its in expected(rows.login).items() for name, text in its.items()}
        found[HINT] = f"PJSIP/{rows.login.number}"
        found[NETWORKS] = rows.login.permit
    return found


def compared() -> dict[str, list[str]]:
    """Object -> the fields of it that are compared, in an administrator's words and language."""
    found: dict[str, list[str]] = {}
    for event, its in expected(Login("", "", "", "", "", "", 1)).items():
        found[OBJECTS[event]] = [str(field_text((event, name))) for name in its]
    found[OBJECTS["EndpointDetail"]].append(str(field_text(NETWORKS)))
    found |= {DIAL_PLAN[0]: [gettext(DIAL_PLAN[1]), str(field_text(RINGS))], HINT[0]: [gettext(HINT[1])]}
    return {gettext(thing): texts for thing, texts in found.items()}


def questions(number: str, *, hint: bool = True) -> list[Question]:
    asked: list[Question] = [
        ("PJSIPShowEndpoint", {"Endpoint": number}),
        ("Getvar", {"Variable": f"REALTIME(pbx_number,number,{number},{BETWEEN},{EQUALS})"}),
        ("Getvar", {"Variable": f"REALTIME_FIELD(ps_endpoints,id,{number},permit)"}),
    ]
    return [*asked, ("ShowDialPlan", {"Context": "hints", "Extension": number})] if hint else asked


def ask(ami: Ami, numbers: Iterable[str], *, hints: bool = True) -> Iterator[Said]:
    """What Asterisk says of each, in their order. `hints`: no row makes them, so they cannot drift."""
    asked = list(numbers)
    answers = ami.ask_many(question for number in asked for question in questions(number, hint=hints))
    for number in asked:
        shown, dial, networks, *hint = islice(answers, 4 if hints else 3)
        lamp = _hint(number, hint[0]) if hint else ""
        yield Said(number, _endpoint(shown), _columns(dial), _granted(networks).get("Value", ""), lamp)


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
FAMILIES = {"ps_endpoints": "id", "ps_auths": "id", "ps_aors": "id", "pbx_number": "number"}


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


def _columns(answer: list[Message]) -> Columns:
    pairs = (pair.partition(EQUALS) for pair in _granted(answer).get("Value", "").split(BETWEEN))
    return {name: value for name, _between, value in pairs if name and value}


def endpoint(ami: Ami, number: str) -> list[Message]:
    return next(map(_endpoint, ami.ask_many(questions(number)[:1])))


def table(ami: Ami, timeout: float = TIMEOUT_SECONDS) -> str:
    """The token of the file that Asterisk reads."""
    return ami.ask("Getvar", timeout, Variable=TABLE).get("Value", "")


def address(contact: Message) -> str:
    """host:port that the phone's words come from; not what the phone takes its own address for."""
    uri = contact.get("URI", "").rpartition("@")[2]
    return uri.partition(";")[0]


def contacts(answer: list[Message]) -> list[Message]:
    return [message for message in answer if message.get("Event") == "ContactStatusDetail"]


def told(said: Said, keys: Iterable[Key]) -> dict[Key, str]:
    """Asterisk's text for each value that is compared."""
    shown = {message["Event"]: message for message in said.endpoint}
    own = {LOGIN: THERE if said.endpoint else GONE, HINT: said.hint, NETWORKS: said.networks}
    own |= {DIAL_PLAN: said.dial.get("ring_seconds", ""), RINGS: said.dial.get("rings", "")}
    return {key: own[key] if key in own else shown.get(key[0], {}).get(key[1], "") for key in keys}


def differing(one: Mapping[Key, str], other: Mapping[Key, str]) -> list[Key]:
    """The values of both that differ; of a login that only one has, no more than that."""
    keys = [key for key in {**one, **other} if one.get(key, "") != other.get(key, "")]
    return [key for key in keys if key in (LOGIN, DIAL_PLAN, RINGS)] if LOGIN in keys else keys


def field_text(key: Key) -> CodedText | str:
    """The label of a recorded field; of what no administrator knows, Asterisk's own name."""
    return fields.label_of(NAMES[key[1]]) if key[1] in NAMES else key[1]


def value_text(key: Key, value: str) -> CodedText | str:
    if key[1] in SECRET:
        return CodedText("proof.secret")
    return TEXTS[value] if key == LOGIN else value


def differences(wanted: Mapping[Key, str], said: Said) -> list[Difference]:
    heard = told(said, wanted)
    return [
        Difference(said.number, field_text(key), value_text(key, wanted[key]), value_text(key, heard[key]))
        for key in differing(wanted, heard)
    ]
