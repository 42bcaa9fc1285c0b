"""Nothing that a phone dials, or calls itself, reaches what it should not."""

import pytest

from tests.pbx.office import Office, dial, eventually, contacts, qualify, refusal, stays_silent, talking
from tests.phones.phone import Phone

# A and B stand for the numbers of two colleagues, whose phones must stay silent.
HOSTILE = [
    "A&B", "A,B", "A&PJSIP/B", "PJSIP/A", "PJSIP/A&PJSIP/B", "Local/A@ring", "Local/A@ring/n", "A@ring", "A@number",
    "A@from-extension", "A/B", "A|B", "A:B", "A!B", "A~B", "A^B", "A(B)", "A[B]", "A=B", "A$B", "A'B", 'A"B', "A\\B",
    "+A", "+1A", "00A", "0A", "A0", "A#", "#A", "*A", "A*", "**A", "*8A", "A ", " A", "A\t", "A\n", "A\r\n", "A\0", "A\0B",
    "A.", "A!", "_A", "_X", "_X!", "_.", "_!", "X", "XXXX", "N", "Z", "[0-9]", "-A", "A-", "A.B", "A;user=phone",
    "A;B", "A;phone-context=B", "A?Replaces=1", "*43A", "*44", "*4", "*", "#", "**", "*43&A", "*43,1", "43",
    "h", "i", "s", "t", "o", "a", "T", "e", "fax", "failed", "H", "I", "S", "ring", "number", "unknown", "busy", "absent",
    "from-extension", "hints", "default", "general", "globals",
    "${SHELL(id)}", "${EXTEN}", "${CHANNEL(endpoint)}", "$[1+1]", "${A}", "A${EXTEN}", "$(id)", "`id`", "A;id", "A'--",
    "A' OR '1'='1", "A%", "%", "_", "A\" OR \"\"=\"", "../A", "A\\", "A,1,Goto(ring)", "Goto(ring,A,1)", "A)&System(id",
    "١٠٠٠", "１０００", "𝟏𝟎𝟎𝟎", "A\u200b", "\u202eA", "Á", "９９９９",
    "1" * 9, "1" * 79, "1" * 80, "1" * 255, "A" * 20, "1" * 2000,
]  # fmt: skip


@pytest.fixture
def colleagues(office: Office) -> list[Phone]:
    return [office.registered(), office.registered()]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_hostile_dialled_string_rings_nobody(office: Office, colleagues: list[Phone], text: str) -> None:
    target = text.replace("A", colleagues[0].number).replace("B", colleagues[1].number)
    call = office.registered().call(target)
    call.wait_ended()
    assert call.status // 100 == 4, call.status
    assert all(stays_silent(phone) for phone in colleagues)
