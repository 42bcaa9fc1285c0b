"""Nothing that a phone dials, or registers as its address, reaches what it should not."""

import pytest

from tests.pbx.office import Office, contacts, dial, eventually, qualify, rings
from tests.phones import sip
from tests.phones.phone import Phone

# A and B stand for the numbers of two colleagues, whose phones must stay silent.
HOSTILE = {
    "several destinations": [
        "A&B", "A,B", "A&PJSIP/B", "PJSIP/A", "PJSIP/A&PJSIP/B", "PJSIP/A/sip:A@127.0.0.1", "Local/A@ring",
        "Local/A@ring/n", "A/B", "A|B", "A:B", "A!B", "A~B", "A^B", "A(B)", "A[B]", "A=B", "A$B", "A'B", 'A"B', "A\\B",
    ],
    "another context": [
        "A@ring", "A@number", "A@from-extension", "ring,A,1", "number,A,1", "ring", "number", "unknown", "busy",
        "absent", "from-extension", "hints", "default", "general", "globals",
    ],
    "something around a number": [
        "+A", "+1A", "00A", "0A", "A0", "A#", "#A", "*A", "A*", "**A", "*8A", "A ", " A", "A\t", "A\n", "A\r\n",
        "A\r\nX: y", "A.", "A!", "-A", "A-", "A.B", "1-0-0-1", "A;user=phone", "A;B", "A;phone-context=B",
        "A?Replaces=1", "AB", "BA",
    ],
    "something around a feature code": [
        "*43A", "*431001", "*44", "*4", "*", "#", "**", "*43&A", "*43,1", "43", "*43 ", "*43#",
    ],
    "a pattern": [
        "_A", "_X", "_XX", "_XXX", "_XXXX", "_XXXXX", "_XXXXXX", "_XXXXXXX", "_XXXXXXXX", "_X!", "_.", "_!", "_[0-9]",
        "_[0-9*#+]!", "_[0-9*%23+]!",
        "X", "XXXX", "N", "Z", "[0-9]", "_", "_*43", "%", "!", ".",
    ],
    "an extension that Asterisk knows": [
        "h", "i", "s", "t", "o", "a", "T", "e", "fax", "failed", "H", "I", "S", "hangup", "start", "invalid", "timeout",
    ],
    "a program": [
        "${SHELL(id)}", "${EXTEN}", "${CHANNEL(endpoint)}", "$[1+1]", "${A}", "A${EXTEN}", "$(id)", "`id`", "A;id",
        "A'--", "A' OR '1'='1", 'A" OR ""="', "../A", "A\\", "A,1,Goto(ring)", "Goto(ring,A,1)", "A)&System(id",
        "%s%n", "A%s",
    ],
    "digits of other scripts": [
        "١٠٠٠", "१०००", "１０００", "𝟏𝟎𝟎𝟎", "A\u200b", "\u202eA", "\ufeffA", "Á", "A\u0301", "\x7fA",
    ],
    "very much": ["1" * 9, "1" * 79, "1" * 80, "1" * 255, "1" * 2000, "A" * 20, "*" * 500, "é" * 500],
}  # fmt: skip

ESCAPED = [
    "A%26B", "A%2CB", "PJSIP%2FA", "Local%2FA%40ring", "A%40ring", "%2BA", "A%20", "%20A", "A%3Buser=phone", "A%0d%0aB",
    "A%2526B", "%24%7BEXTEN%7D", "%5FX", "A%C0%80", "%FF%FEA", "A%F0%9F%98", "%E1%00A", "%00A", "%00",
]  # fmt: skip


@pytest.fixture
def colleagues(office: Office) -> list[Phone]:
    return [office.registered(), office.registered()]


def filled(text: str, colleagues: list[Phone]) -> str:
    return text.replace("A", colleagues[0].number).replace("B", colleagues[1].number)


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_dialled_string_does_not_exist(office: Office, colleagues: list[Phone], kind: str) -> None:
    phone = office.registered()
    calls = {text: phone.call(filled(text, colleagues)) for text in HOSTILE[kind]}
    for call in calls.values():
        call.wait_ended()
    assert {text: call.status for text, call in calls.items() if call.status // 100 != 4} == {}
    assert not rings(*colleagues)


def test_percent_signs_hide_nothing(office: Office, colleagues: list[Phone]) -> None:
    phone = office.registered()
    calls = {text: dial(phone, filled(text, colleagues)) for text in ESCAPED}
    for call in calls.values():
        call.wait_ended()
    assert {text: call.status for text, call in calls.items() if call.status // 100 != 4} == {}
    assert not rings(*colleagues)


def test_the_parameters_of_an_address_are_not_the_number(office: Office, colleagues: list[Phone]) -> None:
    """sip:1001@host;user=phone is 1001, by the standard; what follows the host is never dialled."""
    number, other = (phone.number for phone in colleagues)
    phone = office.registered()
    with phone.wire.changed:
        call = dial(phone, number, f";user=phone;x={other}&PJSIP/{other}")
    assert colleagues[0].wait_call().caller_number == phone.number
    call.wait_ringing()
    assert not rings(colleagues[1])


def test_a_zero_byte_ends_the_number(office: Office, colleagues: list[Phone]) -> None:
    """Who dials it reaches the number before it, like everybody, and nothing else."""
    number, other = (phone.number for phone in colleagues)
    call = dial(office.registered(), f"{number}%00{other}&PJSIP/{other}")
    colleagues[0].wait_call()
    call.wait_ringing()
    assert not rings(colleagues[1])


# --- addresses that a hostile phone registers ---

CONTACTS = [
    "sip:x&PJSIP/A@HOST",
    "sip:x&PJSIP/A/sip:A@HOST",
    "sip:x&Local/A@ring",
    "sip:x&Local/A@ring&y@HOST",
    "sip:x&A@HOST",
    "sip:&@HOST",
    "sip:x%26PJSIP%2FA@HOST",
    "sip:x,30,U(ring)@HOST",
    "sip:x^PJSIP/A@HOST",
    "sip:x!PJSIP/A@HOST",
    "sip:${EXTEN}@HOST",
    "sip:${SHELL(id)}@HOST",
    "sip:x@HOST;y=1&PJSIP/A",
    "sip:x@HOST;y&PJSIP/A/sip:A@HOST",
    "sip:x@HOST?y=1&PJSIP/A=2",
    "sip:x@HOST;y=%26PJSIP/A",
]


UNREADABLE = {
    "sip:x&Local/A@ring&y@HOST",
    "sip:x^PJSIP/A@HOST",
    "sip:${EXTEN}@HOST",
    "sip:${SHELL(id)}@HOST",
    "sip:x@HOST;y&PJSIP/A/sip:A@HOST",
}


def register_as(phone: Phone, contact: str, victim: Phone) -> None:
    """Whether or not Asterisk takes it. What it cannot read it drops, before it reads what comes next."""
    uri = contact.replace("HOST", f"127.0.0.1:{phone.port}").replace("A", victim.number)
    phone._registration.contact = f"<{uri}>"
    answers: list[sip.Message] = []
    phone.line.ask(lambda extra: phone._registration.request("REGISTER", extra), lambda _, reply: answers.append(reply))
    if contact in UNREADABLE:
        phone.options()
    else:
        assert eventually(lambda: bool(answers))


@pytest.mark.parametrize("contact", CONTACTS)
def test_an_address_cannot_be_several(office: Office, colleagues: list[Phone], contact: str) -> None:
    victim, caller = colleagues
    hostile = office.phone(office.extension())
    register_as(hostile, contact, victim)
    call = caller.call(hostile.number)
    assert eventually(lambda: call.early or call.ended)
    assert not rings(victim)
    assert call.early == rings(hostile)
    assert call.early or call.status // 100 == 4


def test_an_address_cannot_be_several_in_place_of_those_that_vanished(office: Office, colleagues: list[Phone]) -> None:
    victim, caller = colleagues
    extension = office.extension(max_phones=3)
    for _ in range(2):
        office.registered(extension).close()
    register_as(office.phone(extension), "sip:x&PJSIP/A&PJSIP/y@HOST", victim)
    assert len(contacts(extension.number)) == 3
    qualify(extension.number)
    assert eventually(lambda: [each["Status"] for each in contacts(extension.number)].count("Unreachable") == 2)
    call = caller.call(extension.number)
    assert eventually(lambda: call.early or call.ended)
    assert not rings(victim)
