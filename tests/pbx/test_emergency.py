"""Emergency calls by real phones: whatever else is wrong, 112 rings somewhere, and who is to know is told."""

import time
from collections.abc import Iterator

import pytest
from django.conf import settings

from accounts.models import User
from asterisk import outside
from core.audit.models import AuditRecord
from core.mail.models import Email
from extensions import actions
from tests.chaos.verdict import Verdict
from tests.conftest import TOLD_OF_CHANGES
from tests.node import apply
from tests.pbx.lines import (
    OTHER_PROVIDER,
    apply_lines,
    emergency,
    in_country,
    provider,
    route_over,
    trunk_to,
)
from tests.pbx.office import Office, engine_tables, eventually, refusal
from tests.phones.phone import IncomingCall, Phone

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "+493012345678"


@pytest.fixture
def world(asterisk: object) -> Iterator[Phone]:
    with provider() as phone:
        in_country()
        yield phone


@pytest.fixture
def other_world(asterisk: object) -> Iterator[Phone]:
    with provider(OTHER_PROVIDER) as phone:
        yield phone


def called(call: IncomingCall) -> str:
    return call.invite.start.split()[1].removeprefix("sip:").partition("@")[0]


def goes_through(caller: Phone, to: Phone, number: str = "112") -> IncomingCall:
    outgoing = caller.call(number)
    call = to.wait_call()
    assert called(call) == number
    call.answer()
    outgoing.wait_answered()
    outgoing.hangup()
    return call


@pytest.mark.parametrize("number", ["112", "110", "911"])
def test_every_emergency_number_of_the_country_goes_out(office: Office, world: Phone, number: str) -> None:
    trunk_to(world, number=NUMBER)
    apply_lines()
    goes_through(office.registered(), world, number)


def test_a_number_of_ones_own_is_one_too(office: Office, world: Phone) -> None:
    trunk_to(world)
    emergency(more_numbers="19222\n0112")
    apply_lines()
    phone = office.registered()
    goes_through(phone, world, "19222")
    goes_through(phone, world, "0112")


def test_it_goes_out_of_an_extension_that_may_dial_nothing(office: Office, world: Phone) -> None:
    trunk_to(world)
    apply_lines()
    goes_through(office.registered(office.extension(outbound_calls="none")), world)


def test_it_goes_out_over_a_transport_that_is_otherwise_refused(office: Office, world: Phone) -> None:
    route_over(trunk_to(world))
    apply_lines()
    phone = office.phone(office.extension(transport="tls"))
    assert refusal(phone.call("01711234567")) == 403
    goes_through(phone, world)


def test_it_goes_out_of_a_phone_that_is_not_registered(office: Office, world: Phone) -> None:
    trunk_to(world)
    apply_lines()
    goes_through(office.phone(office.extension()), world)


def test_it_goes_out_of_an_extension_that_is_disabled(office: Office, world: Phone, ada: User) -> None:
    trunk_to(world)
    apply_lines()
    extension, colleague = office.extension(emergency_number="+4930222222"), office.registered()
    phone = office.registered(extension)
    numbers = [extension.number, colleague.number]
    assert None not in Verdict.asked_of_asterisk(numbers).values()
    actions.disable(extension.number, ada)
    apply([extension.number], ada)
    call = goes_through(phone, world)
    assert call.asserted
    assert call.asserted.number == "+4930222222"
    assert refusal(phone.call(colleague.number)) == 404
    assert [name is None for name in Verdict.asked_of_asterisk(numbers).values()] == [True, False]
    assert phone.register() != 200
    assert refusal(office.phone(extension, password="wrong").call("112")) == 401


def test_its_own_number_and_place_go_with_it(office: Office, world: Phone) -> None:
    trunk_to(world, number=NUMBER)
    apply_lines()
    place = 'Haus 3, "Nord", (2. OG) ${EXTEN} Zimmer äöü'
    wish = {"outbound_number": "+4930111111", "emergency_number": "+4930222222", "location": place}
    call = goes_through(office.registered(office.extension(**wish)), world)
    assert call.asserted
    assert call.asserted.number == "+4930222222"
    assert 'Haus 3, \\"Nord\\", (2. OG) ${EXTEN} Zimmer äöü' in call.invite.get("P-Asserted-Identity")


def test_no_route_takes_it(office: Office, world: Phone, other_world: Phone) -> None:
    carrying, other = trunk_to(world, "Carrying"), trunk_to(other_world, "Other", carries_emergency=False)
    assert carrying.carries_emergency
    route_over(other, patterns="112\n11X", prepend="0049")
    apply_lines()
    goes_through(office.registered(), world)
    assert not other_world.was_called()


def test_it_goes_out_with_the_digit_for_an_outside_line_in_front(
    office: Office, world: Phone, other_world: Phone
) -> None:
    trunk_to(world, "Carrying")
    other = trunk_to(other_world, "Other", carries_emergency=False)
    route_over(other, patterns="0X.", strip=1, hours="closed", restricted=True, pin="4711")
    apply_lines()
    extension = office.extension(outbound_calls="none", outbound_in_hours=True, emergency_number="+4930222222")
    outgoing = office.registered(extension).call("0112")
    call = world.wait_call()
    assert called(call) == "112"
    assert call.asserted
    assert call.asserted.number == "+4930222222"
    call.answer()
    outgoing.wait_answered()
    said = outside.of(settings.ENGINE_FILE, extension.number, "0112")
    assert said.outcome == outside.Outcome.EMERGENCY
    assert [leg.number for leg in said.legs] == ["112"]


@pytest.mark.parametrize("status", [503, 403, 486, 404, 603])
def test_whatever_one_trunk_says_the_next_is_tried(
    office: Office, world: Phone, other_world: Phone, status: int
) -> None:
    trunk_to(world, "One")
    trunk_to(other_world, "Two")
    apply_lines()
    outgoing = office.registered().call("112")
    world.wait_call().reject(status)
    other_world.wait_call().answer()
    outgoing.wait_answered()


def test_a_dead_trunk_is_passed_over(office: Office, world: Phone, other_world: Phone) -> None:
    trunk_to(world, "Dead")
    trunk_to(other_world, "Alive")
    apply_lines()
    world.reachable = False
    outgoing = office.registered().call("112")
    other_world.wait_call(timeout=12).answer()
    outgoing.wait_answered()


def test_another_call_gives_way(office: Office, world: Phone) -> None:
    route_over(trunk_to(world, max_calls=1))
    apply_lines()
    talker, caller = office.registered(), office.registered()
    ordinary = talker.call("01711234567")
    world.wait_call().answer()
    ordinary.wait_answered()
    assert refusal(caller.call("01711234567")) == 503
    goes_through(caller, world)
    assert eventually(lambda: ordinary.ended)


@pytest.mark.parametrize("status", [503, 486])
def test_another_call_gives_way_where_the_provider_takes_no_more(office: Office, world: Phone, status: int) -> None:
    """How many it takes need not have been entered."""
    route_over(trunk_to(world))
    apply_lines()
    talker, caller = office.registered(), office.registered()
    ordinary = talker.call("01711234567")
    world.wait_call().answer()
    ordinary.wait_answered()
    outgoing = caller.call("112")
    world.wait_call().reject(status)
    again = world.wait_call()
    assert eventually(lambda: ordinary.ended)
    again.answer()
    outgoing.wait_answered()


def test_it_is_asked_once_more_at_most_and_not_where_the_number_is_unknown(office: Office, world: Phone) -> None:
    route_over(trunk_to(world))
    apply_lines()
    talker, caller = office.registered(), office.registered()
    ordinary = talker.call("01711234567")
    world.wait_call().answer()
    ordinary.wait_answered()
    unknown = caller.call("112")
    world.wait_call().reject(404)
    unknown.wait_answered()  # words are heard
    assert not ordinary.ended
    outgoing = caller.call("112")
    for _ in range(2):
        world.wait_call().reject(503)
    outgoing.wait_answered()  # words are heard
    assert not world.was_called()


def test_no_emergency_gives_way_to_another(office: Office, world: Phone) -> None:
    trunk_to(world, max_calls=1)
    apply_lines()
    first, second = office.registered(), office.registered()
    going_on = first.call("112")
    world.wait_call().answer()
    going_on.wait_answered()
    goes_through(second, world)
    assert not going_on.ended


def test_it_goes_out_while_the_engine_is_locked(office: Office, world: Phone) -> None:
    trunk_to(world)
    apply_lines()
    phone = office.registered()
    with engine_tables() as tables:
        tables.execute("BEGIN IMMEDIATE")
        outgoing = phone.call("112")
        world.wait_call().answer()
        outgoing.wait_answered()
        tables.execute("ROLLBACK")


def test_without_a_trunk_words_are_heard(office: Office, asterisk: object) -> None:
    in_country()
    apply_lines()
    outgoing = office.registered().call("112")
    outgoing.wait_answered()
    assert eventually(lambda: outgoing.audio_received.packets > 50)


def test_a_phone_that_is_to_know_rings_with_who_and_where(office: Office, world: Phone) -> None:
    reception = office.registered(office.extension(number="1500"))
    trunk_to(world)
    emergency(phones="1500")
    apply_lines()
    caller = office.extension(location="Room 3")
    outgoing = office.registered(caller).call("112")
    started = time.monotonic()
    alert = reception.wait_call()
    assert time.monotonic() - started < 5
    assert alert.caller_number == caller.number
    assert alert.caller_name == "112 Room 3"
    world.wait_call().answer()
    outgoing.wait_answered()


def test_who_is_to_know_is_mailed(office: Office, world: Phone, ada: User) -> None:
    trunk_to(world)
    emergency(people=[ada.pk])
    apply_lines()
    caller = office.extension(location="Room 3")
    from asterisk.apply.by_phone import Taking
    from asterisk.nodes import from_settings

    taking = Taking(from_settings())
    taking.start()
    TOLD_OF_CHANGES.append(taking.notice)
    try:
        goes_through(office.registered(caller), world)
        assert eventually(lambda: Email.objects.filter(kind="emergency_call").exists(), 5)
    finally:
        TOLD_OF_CHANGES.remove(taking.notice)
        taking.stop()
    email = Email.objects.get(kind="emergency_call")
    assert email.to == ada.email
    assert email.facts | {"at": ""} == {"dialed": "112", "caller": caller.number, "location": "Room 3", "at": ""}
    assert AuditRecord.objects.filter(action="emergency.called", on=caller.number).count() == 1
    assert settings.ENGINE_FILE.exists()
