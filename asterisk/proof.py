"""What Asterisk believes of a number, compared with the rows that it was given."""

from dataclasses import dataclass

from asterisk.ami import Ami, AmiRefused
from asterisk.render import REALM, Login, Rows
from asterisk.wire import Message

SECRET = {"PasswordDigest"}
# object and field of Asterisk's answer -> the name that an administrator knows
NAMES = {
    "Callerid": "Caller ID",
    "SetVar": "name",
    "Username": "Registration Name",
    "PasswordDigest": "Registration Password",
    "MaxContacts": "IP Phone Concurrent Registrations",
}


@dataclass(frozen=True)
class Difference:
    number: str
    field: str
    wanted: str
    said: str

    def __str__(self) -> str:
        return f"the PBX said “{self.said}” instead of “{self.wanted}”."


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
            "Callerid": login.caller_id,
            "SetVar": "CALLERID(name)=" + login.caller_name.replace("\\", "\\\\"),
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
            "QualifyFrequency": "30",
        },
    }


def endpoint(ami: Ami, number: str) -> list[Message]:
    """Everything that Asterisk says of the endpoint, its auth, aor and contacts; [] when it knows none."""
    try:
        return ami.ask_for_list("PJSIPShowEndpoint", Endpoint=number)
    except AmiRefused as refusal:
        if "Unable to retrieve" in str(refusal):
            return []
        raise


def contacts(answer: list[Message]) -> list[Message]:
    return [message for message in answer if message.get("Event") == "ContactStatusDetail"]


def _compare(number: str, field: str, wanted: str, said: str) -> list[Difference]:
    if wanted == said:
        return []
    if field in SECRET:
        wanted = said = "(secret)"
    return [Difference(number, NAMES.get(field, field), wanted, said)]


def _login(number: str, login: Login | None, answer: list[Message]) -> list[Difference]:
    if login is None:
        return [Difference(number, "login", "gone", "still there")] if answer else []
    if not answer:
        return [Difference(number, "login", "there", "Unable to retrieve endpoint")]
    said = {message["Event"]: message for message in answer if "Event" in message}
    return [
        difference
        for event, wanted in expected(login).items()
        for field, text in wanted.items()
        for difference in _compare(number, field, text, said.get(event, {}).get(field, ""))
    ]


def differences(ami: Ami, number: str, wanted: Rows, answer: list[Message]) -> list[Difference]:
    """`answer`: what Asterisk has said of the endpoint."""
    found = _login(number, wanted.login, answer)
    ring = ami.ask("Getvar", Variable=f"REALTIME_FIELD(pbx_number,number,{number},ring_seconds)").get("Value", "")
    found += _compare(number, "dial plan", str(wanted.dial.ring_seconds) if wanted.dial else "", ring)
    if wanted.login:
        hint = ami.ask("ExtensionState", Context="hints", Exten=number).get("Hint", "")
        found += _compare(number, "hint", f"PJSIP/{number}", hint)
    return found
