"""A trunk that registers, at a telephone company that is a second Asterisk."""

from collections.abc import Iterator
from typing import Any

import pytest

from asterisk.backend import Asterisk
from asterisk.process.embedded import Embedded
from tests.pbx.lines import apply_lines, in_country, route_in, route_over, trunk_to, trunk_to_provider
from tests.pbx.lines import provider as a_phone
from tests.pbx.office import Office, eventually, refusal
from tests.phones.phone import CallFailedError, OutgoingCall, Phone, PhoneTimeoutError
from tests.trunks.provider import CUSTOMERS, Answer, Provider
from trunks import changes
from trunks.models import Trunk
from trunks.pbx import TrunkWord

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "+493012345678"


@pytest.fixture
def office(asterisk: Embedded) -> Any:
    office = Office()
    yield office
    office.close()


def word(trunk: Trunk) -> TrunkWord:
    found = Asterisk().states().get(trunk.pk)
    return found.word if found else TrunkWord.UNKNOWN


def registered(provider: Provider, **more: Any) -> Trunk:
    in_country()
    trunk = trunk_to_provider(provider, **more)
    apply_lines()
    assert eventually(lambda: word(trunk) == TrunkWord.REGISTERED), Asterisk().states()
    return trunk


def test_it_registers_and_calls_go_both_ways(office: Office, provider: Provider) -> None:
    extension = office.extension()
    route_in(NUMBER, goes_to=f"extension:{extension.number}")
    route_over(registered(provider, number=NUMBER))
    apply_lines()
    provider.answer(Answer.ECHO)
    phone = office.registered(extension)
    outgoing = phone.call("01711234567")
    outgoing.wait_answered()
    outgoing.start_audio(440)
    assert eventually(lambda: outgoing.audio_received.packets > 20)
    outgoing.hangup()
    (call,) = provider.calls()
    assert (call.customer, call.dialled) == ("acme", "+491711234567")
    assert NUMBER in call.headers["p-asserted-identity"]
    assert "acme" in call.headers["from"]
    provider.call(NUMBER, "+491711234567", "acme")
    incoming = phone.wait_call()
    assert incoming.caller_number == "+491711234567"
    incoming.answer()


def test_a_wrong_password_is_said(office: Office, provider: Provider) -> None:
    in_country()
    trunk = trunk_to_provider(provider, password="wrong")
    apply_lines()
    assert eventually(lambda: word(trunk) == TrunkWord.REFUSED), Asterisk().states()
    assert "password" in Asterisk().states()[trunk.pk].why


def test_another_password_is_tried_as_soon_as_it_is_applied(office: Office, provider: Provider) -> None:
    trunk = registered(provider)
    for password, said in (("wrong", TrunkWord.REFUSED), (CUSTOMERS["acme"], TrunkWord.REGISTERED)):
        with changes.edited(None):
            trunk.password = password
            trunk.save()
        apply_lines()
        assert eventually(lambda: word(trunk) == said), Asterisk().states()  # noqa: B023 (asked at once)


def test_a_provider_that_is_gone_for_a_while_is_there_again(office: Office, provider: Provider) -> None:
    trunk = registered(provider, keep_alive=5)
    route_over(trunk)
    apply_lines()
    provider.kill()
    assert refusal(office.registered().call("01711234567")) in (408, 480, 500, 503)
    provider.start()
    provider.answer(Answer.ECHO)
    phone = office.registered()

    def goes() -> bool:
        call = phone.call("01711234567")
        try:
            call.wait_answered()
        except (CallFailedError, PhoneTimeoutError):  # not yet
            return False
        call.hangup()
        return True

    assert eventually(goes, 60)


@pytest.fixture
def other(asterisk: Embedded) -> Iterator[Phone]:
    with a_phone() as phone:
        yield phone


def takes(phone: Phone, outgoing: OutgoingCall) -> None:
    phone.wait_call(18).answer()
    outgoing.wait_answered()
    outgoing.hangup()


def test_where_a_registration_is_lost_the_next_trunk_takes_calls(
    office: Office, provider: Provider, other: Phone
) -> None:
    trunk = registered(provider)
    route_over(trunk, trunk_to(other, "Second"))
    apply_lines()
    provider.answer(Answer.ECHO)
    phone = office.registered()
    outgoing = phone.call("01711234567")
    outgoing.wait_answered()
    outgoing.hangup()
    provider.set_password("acme", "another-password")
    provider.lose_registrations()
    takes(other, phone.call("01711234567"))
    assert word(trunk) in (TrunkWord.REGISTERED, TrunkWord.REFUSED)  # it is asked again in minutes


@pytest.mark.parametrize("how", [Answer.UNAVAILABLE, Answer.SILENT])
def test_where_a_provider_fails_the_next_trunk_takes_calls(
    office: Office, provider: Provider, other: Phone, how: Answer
) -> None:
    route_over(registered(provider), trunk_to(other, "Second"))
    apply_lines()
    provider.answer(how)
    takes(other, office.registered().call("01711234567"))


def test_where_a_provider_says_nothing_at_all_the_next_trunk_takes_calls(
    office: Office, provider: Provider, other: Phone
) -> None:
    route_over(registered(provider), trunk_to(other, "Second"))
    apply_lines()
    phone = office.registered()
    provider.freeze()
    takes(other, phone.call("01711234567"))
    provider.thaw()
