"""Calls from outside: which of our numbers was called, and where it goes."""

from collections.abc import Iterator

import pytest

from tests.pbx.lines import apply_lines, in_country, provider, route_in, trunk_to
from tests.pbx.office import Office, dial, refusal
from tests.phones.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(asterisk: object) -> Iterator[Phone]:
    with provider() as phone:
        in_country()
        yield phone


@pytest.mark.parametrize("called", ["+493012345678", "493012345678", "004930 12345678".replace(" ", ""), "03012345678"])
def test_a_number_of_ours_rings_its_extension(office: Office, world: Phone, called: str) -> None:
    extension = office.extension()
    phone = office.registered(extension)
    trunk_to(world, number="+493012345678")
    route_in("+493012345678", goes_to=f"extension:{extension.number}")
    apply_lines()
    outgoing = dial(world, called)
    call = phone.wait_call()
    call.answer()
    outgoing.wait_answered()


def test_the_last_digits_are_the_extension(office: Office, world: Phone) -> None:
    extension = office.extension(number="1234")
    phone = office.registered(extension)
    trunk_to(world)
    route_in("+49301234", goes_to="digits")
    apply_lines()
    dial(world, "+493012341234")
    assert phone.wait_call()
    assert refusal(dial(world, "+493012349999")) == 404


def test_any_other_number_goes_where_it_is_to(office: Office, world: Phone) -> None:
    extension, other = office.extension(), office.extension()
    phone, its = office.registered(extension), office.registered(other)
    trunk_to(world)
    route_in("+493012345678", goes_to=f"extension:{extension.number}")
    route_in("", goes_to=f"extension:{other.number}")
    apply_lines()
    dial(world, "+493099999999")
    assert its.wait_call()
    dial(world, "+493012345678")
    assert phone.wait_call()


def test_a_number_without_a_route_does_not_exist(office: Office, world: Phone) -> None:
    trunk_to(world)
    apply_lines()
    assert refusal(dial(world, "+493012345678")) == 404
    assert refusal(dial(world, office.extension().number)) == 404


def test_a_call_is_hung_up_where_that_is_wanted(office: Office, world: Phone) -> None:
    trunk_to(world)
    route_in("", goes_to="hangup")
    apply_lines()
    assert refusal(dial(world, "+493012345678")) == 486


def test_a_stranger_is_no_trunk(office: Office, world: Phone) -> None:
    """Neither by the name of one, nor without."""
    extension = office.extension()
    trunk = trunk_to(world)
    route_in("", goes_to=f"extension:{extension.number}")
    apply_lines()
    with Phone(trunk.asterisk_name, "x", "x", server=world.wire.server, host="127.0.0.79") as stranger:
        assert refusal(dial(stranger, "+493012345678")) == 401
