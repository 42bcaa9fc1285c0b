"""One number for several extensions: who rings, who is passed over, and what becomes of a call that nobody answers."""

import pytest

from extensions import actions
from extensions.models import SipExtension
from tests.node import apply
from tests.pbx.lines import apply_lines, group_of, in_country, provider, route_in, trunk_to
from tests.pbx.office import Office, dial, eventually, refusal, rings, talking
from tests.pbx.prompts import tones
from tests.pbx.test_privacy import call_with
from tests.pbx.test_requests import refer
from tests.pbx.voicemail.mailbox import leave_message, messages, with_mailbox
from tests.phones import sip
from trunks import changes, record
from trunks.models import RingGroup

pytestmark = pytest.mark.django_db(transaction=True)

ALL, IN_ORDER = RingGroup.Strategy.ALL, RingGroup.Strategy.IN_ORDER


def members(office: Office, count: int = 2, **wish: object) -> list[SipExtension]:
    return [office.extension(**wish) for _ in range(count)]


def test_all_ring_and_the_first_who_answers_has_the_call(office: Office) -> None:
    one, two = members(office)
    phones, caller = [office.registered(one), office.registered(two)], office.registered()
    group_of(one, two)
    apply_lines()
    outgoing = caller.call("6200")
    calls = [phone.wait_call() for phone in phones]
    assert [call.caller_number for call in calls] == [caller.number] * 2
    for call in calls:
        call.ring()
    outgoing.wait_ringing()
    calls[1].answer()
    outgoing.wait_answered()
    calls[0].wait_ended()
    outgoing.start_audio(400)
    assert eventually(lambda: calls[1].audio_received.packets > 0)
    outgoing.hangup()
    calls[1].wait_ended()


def test_they_ring_one_after_the_other(office: Office) -> None:
    one, two, three = members(office, 3)
    phones, caller = [office.registered(each) for each in (one, two, three)], office.registered()
    group_of(three, one, two, strategy=IN_ORDER, ring_seconds=300)
    apply_lines()
    outgoing = caller.call("6200")
    first = phones[2].wait_call()
    assert not phones[0].was_called()
    first.reject()
    second = phones[0].wait_call()
    assert not phones[1].was_called()
    second.answer()
    outgoing.wait_answered()
    assert not rings(phones[1])


def test_who_does_not_answer_is_followed_by_the_next(office: Office) -> None:
    one, two = members(office)
    phones, caller = [office.registered(one), office.registered(two)], office.registered()
    group_of(one, two, strategy=IN_ORDER, ring_seconds=1)
    apply_lines()
    outgoing = caller.call("6200")
    first = phones[0].wait_call()
    phones[1].wait_call().answer()
    first.wait_ended()
    outgoing.wait_answered()


@pytest.mark.parametrize("strategy", [ALL, IN_ORDER])
def test_who_is_busy_disabled_or_has_no_phone_is_passed_over(office: Office, ada: object, strategy: str) -> None:
    busy, disabled, away, other, free = members(office, 5, voicemail=True)
    talker, off = office.registered(busy), office.registered(disabled)
    phone, caller, colleague = office.registered(free), office.registered(), office.registered(other)
    talking(talker, colleague)
    actions.disable(disabled.number, None)
    apply([disabled.number], None)
    group_of(busy, disabled, away, other, free, strategy=strategy, ring_seconds=300)
    apply_lines()
    outgoing = caller.call("6200")
    phone.wait_call().answer()
    outgoing.wait_answered()
    assert not any(each.was_called() for each in (talker, off, colleague))


def test_nobody_elses_phone_or_mailbox_takes_a_members_call(office: Office) -> None:
    """Neither where a phone sends the call on, nor where who has left has handed calls over."""
    one, left, colleague = office.extension(voicemail=True), office.extension(voicemail=True), office.extension()
    phone, other, caller = office.registered(one), office.registered(colleague), office.registered()
    SipExtension.objects.filter(pk=left.pk).update(enabled=False, left_on="2026-01-01", handed_to=colleague)
    apply([left.number], None)
    group_of(one, left)
    apply_lines()
    outgoing = caller.call("6200")
    phone.wait_call().redirect(colleague.number)
    assert refusal(outgoing) in (480, 486, 603)
    assert not rings(other)


@pytest.mark.parametrize("strategy", [ALL, IN_ORDER])
def test_a_call_that_nobody_answers_goes_on(office: Office, strategy: str) -> None:
    one, two, last = members(office, 3)
    phones, caller = [office.registered(one), office.registered(two)], office.registered()
    end = office.registered(last)
    group_of(one, two, strategy=strategy, ring_seconds=1, goes_to=f"extension:{last.number}")
    apply_lines()
    outgoing = caller.call("6200")
    end.wait_call().answer()
    outgoing.wait_answered()
    assert all(phone.was_called() for phone in phones)


def test_it_goes_to_a_mailbox(office: Office) -> None:
    one, last, caller = office.extension(), with_mailbox(office), office.registered()
    group_of(one, goes_to=f"voicemail:{last.number}")
    apply_lines()
    with tones():
        leave_message(caller, "6200")
    assert eventually(lambda: [each["callerid"] for each in messages(last.number)] != [])
    assert caller.number in messages(last.number)[0]["callerid"]


@pytest.mark.parametrize(("answer", "status"), [("busy", 486), ("none", 480), ("away", 480)])
def test_it_is_hung_up_and_the_caller_told_why(office: Office, answer: str, status: int) -> None:
    one = office.extension()
    caller = office.registered()
    phone = office.registered(one) if answer != "away" else None
    group_of(one, ring_seconds=1)
    apply_lines()
    call = caller.call("6200")
    if phone:
        incoming = phone.wait_call()
        if answer == "busy":
            incoming.reject()
    assert refusal(call) == status


def test_a_disabled_group_rings_nobody_and_its_calls_go_on(office: Office) -> None:
    one, last = members(office)
    phone, end, caller = office.registered(one), office.registered(last), office.registered()
    group_of(one, enabled=False, goes_to=f"extension:{last.number}")
    apply_lines()
    outgoing = caller.call("6200")
    end.wait_call().answer()
    outgoing.wait_answered()
    assert not phone.was_called()


@pytest.mark.parametrize("strategy", ["all", "order"])
def test_who_calls_the_group_is_not_rung_by_it(office: Office, strategy: str) -> None:
    one, two = members(office)
    caller, phone = office.registered(one), office.registered(two)
    group_of(one, two, strategy=strategy)
    apply_lines()
    outgoing = caller.call("6200")
    phone.wait_call().answer()
    outgoing.wait_answered()
    assert not caller.was_called()


def test_who_asks_for_privacy_is_not_shown(office: Office) -> None:
    one = office.extension()
    phone, caller = office.registered(one), office.registered()
    group_of(one)
    apply_lines()
    call_with(caller, "6200", ("Privacy", "id"))
    incoming = phone.wait_call()
    assert caller.number not in incoming.invite.get("From")
    assert incoming.asserted is None


def test_it_is_called_from_outside_and_by_its_new_number(office: Office) -> None:
    one = office.extension()
    phone, caller = office.registered(one), office.registered()
    group = group_of(one)
    with provider() as world:
        in_country()
        trunk_to(world)
        route_in("+493012345678", goes_to=group.destination)
        apply_lines()
        with changes.edited(None):
            RingGroup.objects.update(number="6300")
        apply_lines()
        outgoing = dial(world, "+493012345678")
        phone.wait_call().answer()
        outgoing.wait_answered()
        outgoing.hangup()
        assert refusal(caller.call("6200")) == 404
        caller.call("6300")
        assert phone.wait_call()


def test_a_call_is_transferred_to_it(office: Office) -> None:
    one = office.extension()
    phone, caller, callee = office.registered(one), office.registered(), office.registered()
    group_of(one)
    apply_lines()
    outgoing, _incoming = talking(caller, callee)
    assert refer(outgoing, caller, "6200") == 202
    call = phone.wait_call()
    assert call.caller_number == callee.number
    call.answer()
    call.start_audio(400)


def test_a_hundred_members_ring(office: Office) -> None:
    """Their contacts would not fit into one Dial."""
    all_of_them = members(office, 3)
    phones, caller = [office.registered(each) for each in all_of_them], office.registered()
    group = group_of(*all_of_them)
    with record.edited(None):
        group.members = [f"9{number:07}" for number in range(97)] + group.members
        group.save()
    apply_lines()
    outgoing = caller.call("6200")
    calls = [phone.wait_call() for phone in phones]
    calls[2].answer()
    outgoing.wait_answered()


def test_who_did_not_answer_has_missed_no_call(office: Office) -> None:
    """The phone is told that another has answered, and the caller who."""
    one, two = members(office)
    phones, caller = [office.registered(one), office.registered(two)], office.registered()
    group_of(one, two)
    apply_lines()
    told = []
    hear = phones[0].wire.on_request

    def hear_and_note(request: sip.Message) -> None:
        told.append((request.method, request.get("Reason")))
        hear(request)

    phones[0].wire.on_request = hear_and_note
    outgoing = caller.call("6200")
    calls = [phone.wait_call() for phone in phones]
    calls[0].ring()
    calls[1].answer()
    outgoing.wait_answered()
    calls[0].wait_ended()
    reasons = [reason for method, reason in told if method == "CANCEL"]
    assert any("completed elsewhere" in reason.lower() for reason in reasons), told
    assert eventually(lambda: outgoing.connected_number == two.number)
