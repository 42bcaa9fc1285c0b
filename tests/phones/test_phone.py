"""Two phones that talk to each other directly: each is the other's server."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from . import sip
from .phone import Call, CallFailedError, IncomingCall, OutgoingCall, Phone, PhoneTimeoutError

NOWHERE = ("127.0.0.1", 9)
NAME = 'Ada "Ace" O\\Neil 日本語 😀'

Pair = tuple[Phone, Phone]


@pytest.fixture
def phones() -> Iterator[Pair]:
    with Phone("1001", "", "", NOWHERE, name=NAME) as ada, Phone("1002", "", "", NOWHERE) as vic:
        ada.wire.server, vic.wire.server = (vic.wire.host, vic.port), (ada.wire.host, ada.port)
        yield ada, vic


def connect(phones: Pair) -> tuple[OutgoingCall, IncomingCall]:
    outgoing = phones[0].call("1002")
    incoming = phones[1].wait_call()
    incoming.answer()
    outgoing.wait_answered()
    return outgoing, incoming


def heard(call: Call, frequency: int) -> bool:
    return abs(call.audio_received.frequency - frequency) < 5


def test_a_call_rings_is_answered_and_carries_sound_both_ways(phones: Pair) -> None:
    outgoing = phones[0].call("1002")
    incoming = phones[1].wait_call()
    outgoing.wait_ringing()
    assert (outgoing.early, incoming.caller_name, incoming.caller_number) == (True, NAME, "1001")
    incoming.answer()
    outgoing.wait_answered()
    outgoing.start_audio(400)
    incoming.start_audio(700)
    until = time.monotonic() + 20
    while not (heard(outgoing, 700) and heard(incoming, 400)):
        assert time.monotonic() < until, (outgoing.audio_received, incoming.audio_received)
        time.sleep(0.02)


@pytest.mark.parametrize("who", [0, 1])
def test_either_side_hangs_up(phones: Pair, who: int) -> None:
    sides = connect(phones)
    sides[who].hangup()
    sides[1 - who].wait_ended()
    assert [side.status for side in sides] == [200, 200]


def test_a_caller_who_gives_up_cancels(phones: Pair) -> None:
    outgoing = phones[0].call("1002")
    incoming = phones[1].wait_call()
    outgoing.wait_ringing()
    outgoing.hangup()
    incoming.wait_ended()
    outgoing.wait_ended()
    assert (incoming.cancelled, outgoing.status) == (True, 487)


def test_a_refusal_reaches_the_caller(phones: Pair) -> None:
    outgoing = phones[0].call("1002")
    phones[1].wait_call().reject(486)
    with pytest.raises(CallFailedError) as refusal:
        outgoing.wait_answered()
    assert (refusal.value.status, outgoing.status) == (486, 486)


def test_an_invite_to_a_phone_out_of_reach_is_repeated(phones: Pair) -> None:
    phones[1].reachable = False
    outgoing = phones[0].call("1002")
    with pytest.raises(PhoneTimeoutError):
        phones[1].wait_call(0.2)
    phones[1].reachable = True
    assert phones[1].wait_call().caller_number == "1001"
    outgoing.wait_ringing()


def test_a_lost_answer_is_repeated(phones: Pair) -> None:
    outgoing = phones[0].call("1002")
    incoming = phones[1].wait_call()
    outgoing.wait_ringing()
    phones[0].reachable = False
    incoming.answer()
    time.sleep(0.2)
    phones[0].reachable = True
    assert not outgoing.answered
    outgoing.wait_answered()


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
def test_a_new_name_for_the_other_side_is_noted_during_the_call(phones: Pair, method: str) -> None:
    outgoing, incoming = connect(phones)
    identity = ("P-Asserted-Identity", f"{sip.quoted('Eve 😀')} <sip:1003@127.0.0.1>")
    reply = incoming.line.ask_and_wait(lambda extra: incoming.dialog.request(method, [identity, *extra]))
    assert reply.status == 200
    assert (outgoing.connected_name, outgoing.connected_number) == ("Eve 😀", "1003")


def test_options_are_answered(phones: Pair) -> None:
    phones[0].options(3)  # or it raises an error
