"""Whose spreadsheet it is, and which column is which field: ours, and those of the systems that people leave."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.folding import fold
from extensions.fields import BY_NAME
from extensions.spreadsheets.columns import NAMES, SECRETS

FULL_NAME = "full_name"  # a target of its own: First Name and Last Name in one cell
TARGETS = (*NAMES, "password", *SECRETS, FULL_NAME)
HEADS_LOOKED_AT = 10  # lines: above the heads a file may have a title


@dataclass(frozen=True)
class Format:
    """`columns`: head as `key` has it -> target. `by_number`: phones register by the number, and no column says so."""

    code: str
    label: str
    signature: frozenset[str]
    columns: Mapping[str, str] = field(default_factory=dict)
    by_number: bool = False


def key(head: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(head)) or fold(head).strip()


OURS = {key(BY_NAME[name].label): name for name in (*NAMES, "password", *SECRETS)} | {
    key(name): name for name in (*NAMES, *SECRETS)
}
# What people call them in spreadsheets of their own.
USUAL = {
    "extension": "number",
    "ext": "number",
    "number": "number",
    "name": FULL_NAME,
    "fullname": FULL_NAME,
    "displayname": FULL_NAME,
    "email": "email",
    "mail": "email",
    "mobile": "mobile",
    "department": "organizations",
    "departments": "organizations",
    "organization": "organizations",
    "title": "job_title",
    "role": "role",
    "secret": "registration_password",
    "pin": "voicemail_pin",
}
FREEPBX = {
    "extension": "number",
    "name": FULL_NAME,
    "secret": "registration_password",
    "devinfosecret": "registration_password",
    "maxcontacts": "max_phones",
    "outboundcid": "outbound_number",
    "emergencycid": "emergency_number",
    "voicemail": "voicemail",
    "voicemailenable": "voicemail",
    "voicemailvmpwd": "voicemail_pin",
    "voicemailemail": "email",
    "vm": "voicemail",
    "vmpwd": "voicemail_pin",
    "email": "email",
}
FORMATS = (
    Format("freepbx", "FreePBX", frozenset({"extension", "secret", "tech"}), FREEPBX, by_number=True),
    Format("freepbx2", "FreePBX", frozenset({"extension", "devinfosecret"}), FREEPBX, by_number=True),
    Format(
        "fusionpbx",
        "FusionPBX",
        frozenset({"extension", "password", "effectivecalleridname"}),
        {
            "extension": "number",
            "password": "registration_password",
            "effectivecalleridname": FULL_NAME,
            "directoryfirstname": "first_name",
            "directorylastname": "last_name",
            "outboundcalleridnumber": "outbound_number",
            "emergencycalleridnumber": "emergency_number",
            "voicemailpassword": "voicemail_pin",
            "voicemailenabled": "voicemail",
            "voicemailmailto": "email",
        },
        by_number=True,
    ),
    Format(
        "wazo",
        "Wazo",
        frozenset({"firstname", "exten", "context"}),
        {
            "firstname": "first_name",
            "lastname": "last_name",
            "email": "email",
            "mobilephonenumber": "mobile",
            "exten": "number",
            "sipusername": "registration_name",
            "sipsecret": "registration_password",
            "voicemailnumber": "voicemail",
            "voicemailpassword": "voicemail_pin",
            "outgoingcallerid": "outbound_number",
        },
    ),
    Format(
        "mikopbx",
        "MikoPBX",
        frozenset({"number", "userusername"}),
        {
            "number": "number",
            "userusername": FULL_NAME,
            "useremail": "email",
            "mobilenumber": "mobile",
            "sipsecret": "registration_password",
        },
        by_number=True,
    ),
    Format(
        "3cx",
        "3CX",
        frozenset({"number", "authid", "authpassword"}),
        {
            "number": "number",
            "firstname": "first_name",
            "lastname": "last_name",
            "emailaddress": "email",
            "mobilenumber": "mobile",
            "authid": "registration_name",
            "authpassword": "registration_password",
            "enablevoicemail": "voicemail",
            "vmenabled": "voicemail",
            "vmpin": "voicemail_pin",
            "outboundcallerid": "outbound_number",
        },
    ),
    Format(
        "yeastar",
        "Yeastar",
        frozenset({"extensionnumber", "enablevoicemail"}),
        {
            **OURS,
            "organization": "organizations",
            "enablevoicemail": "voicemail",
            "voicemailpinauthentication": "voicemail_asks_pin",
            "voicemailaccesspin": "voicemail_pin",
            "newvoicemailnotification": "",  # in words that nobody else has
        },
    ),
    Format("ours", "pbxportal", frozenset({"extensionnumber"}), OURS),
)
OTHER = Format("other", "", frozenset(), {**USUAL, **OURS})
BY_CODE = {each.code: each for each in (*FORMATS, OTHER)}


def of_heads(heads: Sequence[str]) -> Format:
    keys = {key(head) for head in heads}
    return next((each for each in FORMATS if each.signature <= keys), OTHER)


def targets_of(heads: Sequence[str], of: Format) -> list[str]:
    """The target of each column, "" where it has none. Of two columns for one target the first counts.

    So does FreePBX's voicemail, which says of each extension yes or no, beside voicemail_enable.
    """
    found = [of.columns.get(key(head), "") for head in heads]
    first = {target: place for place, target in reversed([*enumerate(found)])}
    named = {"first_name", "last_name"} & set(found)
    return [
        target if first[target] == place and not (target == FULL_NAME and named) else ""
        for place, target in enumerate(found)
    ]


def line_of_heads(rows: Sequence[Sequence[str]]) -> int | None:
    """Which of the first rows names the most columns, the number's among them; None where none does."""
    counted = [
        (len(set(found) - {""}), -place)
        for place, row in enumerate(rows[:HEADS_LOOKED_AT])
        if "number" in (found := targets_of(row, of_heads(row)))
    ]
    return -max(counted)[1] if counted else None


def doubled(heads: Sequence[str]) -> str:
    """The first head that stands there twice, or ""."""
    seen = set()
    for head in heads:
        if head and key(head) in seen:
            return head
        seen.add(key(head))
    return ""
