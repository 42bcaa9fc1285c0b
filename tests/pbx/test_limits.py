"""How many phones one number may have, and what becomes of a phone that vanished."""

import time

import pytest

from extensions.models import SipExtension
from tests.node import apply
from tests.pbx.office import Office, contacts, eventually, qualify, talking

BACK_SECONDS = 5
ON_A_BUSY_MACHINE = 10


@pytest.mark.parametrize("limit", SipExtension.MAX_PHONES)
def test_one_phone_too_many_is_refused_and_throws_nobody_out(office: Office, limit: int) -> None:
    extension = office.extension(max_phones=limit)
    phones = [office.registered(extension) for _ in range(limit)]
    assert office.phone(extension).register() == 403
    assert len(contacts(extension.number)) == limit
    outgoing = office.registered().call(extension.number)
    calls = [phone.wait_call() for phone in phones]
    calls[0].answer()
    outgoing.wait_answered()


def test_a_phone_may_register_again_and_again(office: Office) -> None:
    phone = office.registered()
    assert [phone.register() for _ in range(3)] == [200, 200, 200]
    assert len(contacts(phone.number)) == 1


def test_a_place_that_becomes_free_is_free_at_once(office: Office) -> None:
    extension = office.extension()
    office.registered(extension).unregister()
    assert office.phone(extension).register() == 200


def test_a_raised_limit_holds_at_once(office: Office) -> None:
    extension = office.extension()
    office.registered(extension)
    second = office.phone(extension)
    assert second.register() == 403
    extension.max_phones = 2
    extension.save()
    apply([extension.number], None)
    assert second.register() == 200


def test_a_lowered_limit_throws_nobody_out(office: Office) -> None:
    extension = office.extension(max_phones=2)
    phones = [office.registered(extension) for _ in range(2)]
    extension.max_phones = 1
    extension.save()
    apply([extension.number], None)
    office.registered().call(extension.number)
    for phone in phones:
        phone.wait_call()


def test_a_phone_that_restarts_on_the_same_port_is_back_at_once(office: Office) -> None:
    extension = office.extension()
    phone = office.registered(extension)
    phone.close()
    assert office.phone(extension, port=phone.port).register() == 200


def test_a_phone_that_restarts_on_a_new_port_is_back_within_seconds(office: Office) -> None:
    extension = office.extension(max_phones=2)
    other, restarting = office.registered(extension), office.registered(extension)
    restarting.close()
    began = time.monotonic()
    back = office.phone(extension)
    assert back.register() == 403
    talking(office.registered(), other)
    while back.register() == 403:
        assert time.monotonic() - began < BACK_SECONDS + ON_A_BUSY_MACHINE
        time.sleep(0.5)
    office.registered().call(extension.number)
    for phone in (other, back):
        phone.wait_call()


def test_a_phone_that_vanished_does_not_keep_the_other_from_ringing(office: Office) -> None:
    extension = office.extension(max_phones=2)
    other, vanished = office.registered(extension), office.registered(extension)
    vanished.close()
    qualify(extension.number)
    assert eventually(lambda: "Unreachable" in [each["Status"] for each in contacts(extension.number)])
    talking(office.registered(), other)
