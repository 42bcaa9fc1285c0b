"""Every request of a phone is answered, in a call and outside of one, and does what it is for."""

from collections.abc import Callable

import pytest

from asterisk.process.embedded import Embedded
from tests.pbx.office import Office, eventually, talking
from tests.phones import sip
from tests.phones.call import Call
from tests.phones.dialog import Dialog
from tests.phones.phone import Phone

TEXT = ("Content-Type", "text/plain")
DTMF = ("Content-Type", "application/dtmf-relay")


def answer_to(phone: Phone, make: Callable[[list[sip.Pair]], sip.Message], seconds: float = 2) -> int:
    """The final status; 0 where there is none in that time."""
    replies: list[sip.Message] = []
    with phone.wire.changed:
        phone.line.ask(make, lambda _request, reply: replies.append(reply))
    eventually(lambda: bool(replies) and replies[-1].status >= 200, seconds)
    return replies[-1].status if replies else 0


def asked_in(call: Call, phone: Phone, method: str, body: bytes = b"", *headers: sip.Pair) -> int:
    return answer_to(phone, lambda extra: call.dialog.request(method, [*headers, *extra], body))


def asked_of(phone: Phone, target: str, method: str, body: bytes = b"", *headers: sip.Pair) -> int:
    dialog: Dialog = phone.line.dialog(target)
    return answer_to(phone, lambda extra: dialog.request(method, [*headers, *extra], body))


@pytest.mark.parametrize("method", ["INFO", "MESSAGE", "OPTIONS", "REFER", "UPDATE"])
def test_a_method_in_a_call_has_an_answer(office: Office, method: str) -> None:
    caller, callee = office.registered(), office.registered()
    outgoing, incoming = talking(caller, callee)
    assert asked_in(outgoing, caller, method) >= 200
    assert not incoming.ended
    assert not outgoing.ended


@pytest.mark.parametrize(
    "method", ["INFO", "MESSAGE", "NOTIFY", "OPTIONS", "PUBLISH", "REFER", "SUBSCRIBE", "UPDATE", "X"]
)
def test_every_method_outside_of_a_call_has_an_answer(office: Office, method: str) -> None:
    caller, callee = office.registered(), office.registered()
    assert asked_of(caller, callee.number, method) >= 200
    assert asked_of(caller, callee.number, method, b"hello", TEXT) >= 200


@pytest.mark.parametrize("digit", ["5", "*", "#", "A"])
def test_a_digit_by_info_reaches_the_other_phone(office: Office, digit: str) -> None:
    caller, callee = office.registered(), office.registered()
    outgoing, incoming = talking(caller, callee)
    status = asked_in(outgoing, caller, "INFO", f"Signal={digit}\r\nDuration=160\r\n".encode(), DTMF)
    assert status == 200
    assert eventually(lambda: digit in incoming.audio_received.digits)


def test_an_empty_info_is_taken(office: Office) -> None:
    caller, callee = office.registered(), office.registered()
    outgoing, _incoming = talking(caller, callee)
    assert asked_in(outgoing, caller, "INFO") == 200


def test_a_text_message_outside_of_a_call_is_refused_in_words(office: Office, asterisk: Embedded) -> None:
    caller, callee = office.registered(), office.registered()
    assert asked_of(caller, callee.number, "MESSAGE", b"hello", TEXT) in (404, 405, 488, 501)


def refer(call: Call, phone: Phone, target: str) -> int:
    host, port = phone.wire.server
    return asked_in(call, phone, "REFER", b"", ("Refer-To", f"<sip:{target}@{host}:{port}>"))


def test_a_blind_transfer_to_a_number_that_does_not_exist_is_refused_and_the_call_goes_on(office: Office) -> None:
    caller, callee = office.registered(), office.registered()
    outgoing, incoming = talking(caller, callee)
    told: list[bytes] = []
    hear = callee.wire.on_request

    def hear_and_note(request: sip.Message) -> None:
        told.append(request.body)
        hear(request)

    callee.wire.on_request = hear_and_note
    assert refer(incoming, callee, "9999") == 202  # taken, and then told what became of it (RFC 3515)
    assert eventually(lambda: any(body.startswith(b"SIP/2.0 404") for body in told)), told
    outgoing.start_audio(400)
    assert eventually(lambda: abs(incoming.audio_received.frequency - 400) < 5)
    assert not outgoing.ended
    assert not incoming.ended


def test_a_blind_transfer_to_a_number_that_exists_rings_it(office: Office) -> None:
    caller, callee, third = office.registered(), office.registered(), office.registered()
    outgoing, incoming = talking(caller, callee)
    assert refer(incoming, callee, third.number) == 202
    transferred = third.wait_call()
    assert transferred.caller_number == caller.number
    transferred.answer()
    outgoing.start_audio(700)
    assert eventually(lambda: abs(transferred.audio_received.frequency - 700) < 5)
