"""What an apply takes away or changes, it takes away at once."""

from collections.abc import Callable

import pytest
from django.conf import settings

from accounts.models import User
from asterisk.engine import store as engine
from asterisk.readback import proof
from extensions import actions
from extensions.models import SipExtension
from tests.node import apply, connected
from tests.pbx.office import Office, contacts, refusal, rings, talking
from tests.pbx.test_calls import hears
from tests.phones.phone import Phone


def disable(extension: SipExtension, by: User) -> None:
    actions.disable(extension.number, by)


def delete(extension: SipExtension, by: User) -> None:
    actions.delete(extension.number, by)


End = Callable[[SipExtension, User], None]

ENDS = pytest.mark.parametrize("end", [disable, delete])
# What a phone is told that registers or calls afterwards: that of a disabled extension may call emergency numbers.
REGISTERS: dict[End, int] = {disable: 403, delete: 401}
CALLS: dict[End, int] = {disable: 404, delete: 401}


@pytest.fixture
def extension(office: Office) -> SipExtension:
    return office.extension(max_phones=2)


@pytest.fixture
def phone(office: Office, extension: SipExtension) -> Phone:
    return office.registered(extension)


@ENDS
def test_from_then_on_nobody_registers_or_is_called(
    office: Office, ada: User, extension: SipExtension, phone: Phone, end: End
) -> None:
    colleague = office.registered()
    end(extension, ada)
    apply([extension.number], ada)
    assert phone.register() == REGISTERS[end]
    assert refusal(colleague.call(extension.number)) == 404
    assert not rings(phone)


@ENDS
def test_nobody_calls_with_it_either(
    office: Office, ada: User, extension: SipExtension, phone: Phone, end: End
) -> None:
    colleague = office.registered()
    end(extension, ada)
    apply([extension.number], ada)
    call = phone.call(colleague.number)
    call.wait_ended()
    assert call.status == CALLS[end]
    assert not rings(colleague)


def test_no_trace_is_left_at_asterisk(ada: User, extension: SipExtension, phone: Phone) -> None:
    delete(extension, ada)
    apply([extension.number], ada)
    with connected() as ami, engine.opened(settings.ENGINE_FILE) as tables:
        assert proof.endpoint(ami, extension.number) == []
        assert extension.number not in engine.numbers(tables)


def test_an_enabled_extension_does_not_reach_the_phone_that_it_had(
    office: Office, ada: User, extension: SipExtension, phone: Phone
) -> None:
    actions.disable(extension.number, ada)
    apply([extension.number], ada)
    actions.enable(extension.number, ada)
    apply([extension.number], ada)
    assert contacts(extension.number) == []
    assert refusal(office.registered().call(extension.number)) == 480
    assert not rings(phone)
    assert phone.register() == 200


def test_a_number_that_is_given_to_somebody_else_does_not_reach_its_former_phone(
    office: Office, ada: User, extension: SipExtension, phone: Phone
) -> None:
    delete(extension, ada)
    successor = office.extension(number=extension.number, first_name="Successor")
    assert refusal(office.registered().call(extension.number)) == 480
    assert phone.register() == 401
    assert office.phone(successor).register() == 200


def test_a_call_goes_on_while_its_extension_is_disabled(office: Office, ada: User, extension: SipExtension) -> None:
    """Who speaks is not cut off; the next call is refused."""
    phone, colleague = office.registered(extension), office.registered()
    outgoing, incoming = talking(phone, colleague)
    actions.disable(extension.number, ada)
    apply([extension.number], ada)
    for call, frequency, other in ((outgoing, 600, incoming), (incoming, 1000, outgoing)):
        call.start_audio(frequency)
        assert hears(other, frequency)
    assert not outgoing.ended


def test_a_new_password_replaces_the_old_one_at_once(office: Office, extension: SipExtension, phone: Phone) -> None:
    caller = office.registered()
    extension.registration_password = "Another7Horse9Staple"
    extension.save()
    apply([extension.number], None)
    assert contacts(extension.number) == []
    assert phone.register() == 401
    assert refusal(caller.call(extension.number)) == 480
    renewed = office.registered(extension)
    caller.call(extension.number)
    assert renewed.wait_call().caller_number == caller.number
    assert not rings(phone)


def test_a_new_registration_name_replaces_the_old_one_at_once(
    office: Office, extension: SipExtension, phone: Phone
) -> None:
    extension.registration_name = "another.name"
    extension.save()
    apply([extension.number], None)
    assert contacts(extension.number) == []
    assert phone.register() == 401
    office.registered(extension)


def test_what_is_no_credential_leaves_the_phones_alone(office: Office, extension: SipExtension, phone: Phone) -> None:
    extension.user.first_name, extension.caller_id, extension.max_phones = "Renamed", "*77", 1
    extension.user.save()
    extension.save()
    apply([extension.number], None)
    office.registered().call(extension.number)
    phone.wait_call()


def test_one_extensions_change_leaves_the_others_alone(office: Office, ada: User, extension: SipExtension) -> None:
    colleagues = [office.registered(), office.registered()]
    disable(extension, ada)
    apply([extension.number], ada)
    colleagues[0].call(colleagues[1].number)
    colleagues[1].wait_call()
