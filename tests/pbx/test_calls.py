"""Real phones at a real Asterisk: who rings, who is heard, what is shown."""

from datetime import timedelta

import pytest
from django.utils import timezone

from asterisk import nodes
from asterisk.live import calls
from extensions.models import SipExtension
from tests.node import apply
from tests.pbx.office import Office, engine_tables, eventually, refusal, rings, talking
from tests.phones.call import Call

CLOSE = 5  # Hz

NAMES = [
    ("Grace", "Hopper"),
    ("Zoë", "Łukaszewska-Ångström"),
    ("山田", "太郎"),
    ("Мария", "Петрова"),
    ("عبد الله", "الخوارزمي"),
    ("नरेंद्र", "शर्मा"),
    ("Ada 😀", "👩‍👩‍👧‍👦"),
    ('Grace "Amazing"', "O'Hopper"),
    ("Back\\slash", "two\\\\"),
    ("", "\\"),
    ("", '"'),
    ("<sip:1002@evil>", ";tag=1, <9999>"),
    ("${SHELL(id)}", "$[1+1] %s %0d%0a"),
    ("Wolfeschlegelsteinhausenbergerdorff-Welche-Vor-Altern-Waren", ""),
    ("日" * 63, "本" * 63),
    ("é" * 63, "😀" * 63),
]


def hears(call: Call, frequency: int) -> bool:
    return eventually(lambda: abs(call.audio_received.frequency - frequency) < CLOSE)


@pytest.mark.parametrize("count", SipExtension.MAX_PHONES)
def test_a_call_rings_all_phones_of_the_number(office: Office, count: int) -> None:
    extension = office.extension(max_phones=count)
    phones = [office.registered(extension) for _ in range(count)]
    outgoing = office.registered().call(extension.number)
    ringing = [phone.wait_call() for phone in phones]
    outgoing.wait_ringing()
    first, *others = reversed(ringing)
    first.answer()
    outgoing.wait_answered()
    for call in others:
        call.wait_ended()
    assert [call.cancelled for call in others] == [True] * (count - 1)
    assert not first.ended


def test_a_caller_who_gives_up_stops_the_ringing_everywhere(office: Office) -> None:
    extension = office.extension(max_phones=2)
    phones = [office.registered(extension) for _ in range(2)]
    outgoing = office.registered().call(extension.number)
    ringing = [phone.wait_call() for phone in phones]
    outgoing.hangup()
    for call in [*ringing, outgoing]:
        call.wait_ended()
    assert [call.cancelled for call in ringing] == [True, True]
    assert outgoing.status == 487


def test_each_side_hears_the_other(office: Office) -> None:
    outgoing, incoming = talking(office.registered(), office.registered())
    outgoing.start_audio(400)
    incoming.start_audio(700)
    assert hears(outgoing, 700)
    assert hears(incoming, 400)


def test_each_call_is_counted_once_whatever_it_rings(office: Office) -> None:
    node = nodes.from_settings()
    both = office.extension(max_phones=2)
    phones = [office.registered(both) for _ in range(2)]
    hour = timezone.now() - timedelta(hours=1)
    before, earlier = calls.count(node), calls.begun_since(node, hour)
    talking(office.registered(), office.registered())
    office.registered().call(both.number)
    assert [phone.wait_call().ended for phone in phones] == [False, False]
    assert calls.count(node) == before + 2
    assert eventually(lambda: calls.begun_since(node, hour) == earlier + 2)
    talking(office.registered(), office.registered())
    assert eventually(lambda: calls.begun_since(node, hour) == earlier + 3)


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_either_side_hangs_up(office: Office, who: str) -> None:
    outgoing, incoming = talking(office.registered(), office.registered())
    one, other = (outgoing, incoming) if who == "caller" else (incoming, outgoing)
    one.hangup()
    other.wait_ended()
    assert (one.status, other.status) == (200, 200)


def test_a_number_takes_a_second_call_and_both_are_kept_apart(office: Office) -> None:
    callee = office.registered()
    calls = [talking(office.registered(), callee) for _ in range(2)]
    for (outgoing, incoming), tones in zip(calls, [(400, 700), (1000, 1300)], strict=True):
        outgoing.start_audio(tones[0])
        incoming.start_audio(tones[1])
    for (outgoing, incoming), tones in zip(calls, [(400, 700), (1000, 1300)], strict=True):
        assert hears(incoming, tones[0])
        assert hears(outgoing, tones[1])


# --- what is shown ---


@pytest.mark.parametrize(("first_name", "last_name"), NAMES)
def test_the_callee_sees_the_callers_whole_name(office: Office, first_name: str, last_name: str) -> None:
    caller = office.extension(first_name=first_name, last_name=last_name)
    callee = office.registered()
    office.registered(caller).call(callee.number)
    incoming = callee.wait_call()
    assert incoming.caller_name == caller.user.full_name
    assert incoming.caller_number == caller.number
    assert incoming.asserted
    assert incoming.asserted.name == caller.user.full_name
    assert incoming.asserted.number == caller.number


@pytest.mark.parametrize("caller_id", ["5551234", "*123#+", "+15551234567", "#", "0" * 31])
def test_the_callee_sees_the_callers_caller_id(office: Office, caller_id: str) -> None:
    callee = office.registered()
    office.registered(office.extension(caller_id=caller_id)).call(callee.number)
    incoming = callee.wait_call()
    assert incoming.caller_number == caller_id
    assert incoming.asserted
    assert incoming.asserted.number == caller_id


def test_a_name_that_a_phone_makes_up_is_not_shown(office: Office) -> None:
    caller, callee = office.extension(first_name="Vic"), office.registered()
    office.registered(caller, name='The "Boss" <9999>').call(callee.number)
    incoming = callee.wait_call()
    assert (incoming.caller_name, incoming.caller_number) == ("Vic", caller.number)


def test_an_identity_that_a_phone_makes_up_is_not_shown(office: Office) -> None:
    caller, callee = office.extension(first_name="Vic"), office.registered()
    phone = office.registered(caller)
    ask = phone.line.ask
    lies = [(name, '"Boss" <sip:9999@127.0.0.1>') for name in ("P-Asserted-Identity", "Remote-Party-ID")]
    phone.line.ask = lambda make, on_reply: ask(lambda extra: make([*lies, *extra]), on_reply)  # type: ignore[method-assign]
    phone.call(callee.number)
    incoming = callee.wait_call()
    assert (incoming.caller_name, incoming.caller_number) == ("Vic", caller.number)
    assert incoming.asserted
    assert (incoming.asserted.name, incoming.asserted.number) == ("Vic", caller.number)


def test_the_caller_sees_whom_the_call_reached(office: Office) -> None:
    callee = office.extension(first_name="Zoë", last_name="日本")
    outgoing, _ = talking(office.registered(), office.registered(callee))
    assert eventually(lambda: outgoing.connected_name == "Zoë 日本")
    assert outgoing.connected_number == callee.number


def test_a_changed_name_is_shown_on_the_very_next_call(office: Office) -> None:
    caller, callee = office.extension(first_name="Vic"), office.registered()
    phone = office.registered(caller)
    phone.call(callee.number)
    assert callee.wait_call().caller_name == "Vic"
    caller.user.first_name = "Victoria"
    caller.user.save()
    apply([caller.number], None)
    phone.call(callee.number)
    assert callee.wait_call().caller_name == "Victoria"


# --- calls that reach nobody ---


@pytest.mark.parametrize("number", ["9", "99", "9999", "99999999"])
def test_a_number_that_nobody_has_does_not_exist(office: Office, number: str) -> None:
    assert refusal(office.registered().call(number)) == 404


def test_a_number_that_nobody_registered_with_is_unavailable(office: Office) -> None:
    assert refusal(office.registered().call(office.extension().number)) == 480


def test_a_saved_number_that_is_not_applied_does_not_exist(office: Office) -> None:
    callee = office.extension()
    with engine_tables() as tables:
        tables.execute("DELETE FROM pbx_number WHERE number = ?", (callee.number,))
        assert refusal(office.registered().call(callee.number)) == 404


@pytest.mark.parametrize("status", [486, 600, 603])
def test_a_phone_that_refuses_is_busy(office: Office, status: int) -> None:
    callee = office.registered()
    outgoing = office.registered().call(callee.number)
    callee.wait_call().reject(status)
    assert refusal(outgoing) == 486


def test_one_phone_that_refuses_does_not_stop_the_other(office: Office) -> None:
    extension = office.extension(max_phones=2)
    one, other = office.registered(extension), office.registered(extension)
    outgoing = office.registered().call(extension.number)
    one.wait_call().reject(486)
    other.wait_call().answer()
    outgoing.wait_answered()


def test_a_call_that_nobody_answers_ends(office: Office) -> None:
    callee = office.registered()
    with engine_tables() as tables:
        tables.execute("UPDATE pbx_number SET ring_seconds = 1 WHERE number = ?", (callee.number,))
    outgoing = office.registered().call(callee.number)
    incoming = callee.wait_call()
    assert refusal(outgoing) == 480
    incoming.wait_ended()
    assert incoming.cancelled


def test_a_phone_that_has_vanished_leaves_the_call_ringing_nobody(office: Office) -> None:
    callee = office.registered()
    with engine_tables() as tables:
        tables.execute("UPDATE pbx_number SET ring_seconds = 1 WHERE number = ?", (callee.number,))
    callee.close()
    assert refusal(office.registered().call(callee.number)) == 480


# --- the echo test, and oneself ---


def test_the_echo_test_returns_the_phones_own_tone(office: Office) -> None:
    call = office.registered().call("*43")
    call.wait_answered()
    call.start_audio(600)
    assert hears(call, 600)
    call.hangup()


def test_calling_oneself_is_busy_and_rings_nothing(office: Office) -> None:
    phone = office.registered()
    assert refusal(phone.call(phone.number)) == 486
    assert not rings(phone)


def test_the_second_phone_of_a_number_does_not_ring_for_the_first(office: Office) -> None:
    extension = office.extension(max_phones=2)
    one, other = office.registered(extension), office.registered(extension)
    assert refusal(one.call(extension.number)) == 486
    assert not rings(other)
