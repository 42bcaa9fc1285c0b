"""Real phones at a real Asterisk: who may register."""

from collections.abc import Callable

import pytest

from asterisk.apply import apply
from extensions.models import SipExtension
from tests.pbx.office import Office, contacts

Typed = dict[str, str]

# What the owner of a phone may get wrong; `other` is a colleague's extension.
MISTAKES: dict[str, Callable[[SipExtension, SipExtension], Typed]] = {
    "the number as authentication name": lambda own, other: {"auth_name": own.number},
    "the registration name as user name": lambda own, other: {"user": own.registration_name},
    "an empty authentication name": lambda own, other: {"auth_name": ""},
    "the registration name in other case": lambda own, other: {"auth_name": own.registration_name.swapcase()},
    "the registration name with a blank": lambda own, other: {"auth_name": f"{own.registration_name} "},
    "a wrong password": lambda own, other: {"password": "Wrong7Horse9Staple"},
    "an empty password": lambda own, other: {"password": ""},
    "the password in other case": lambda own, other: {"password": own.registration_password.swapcase()},
    "the start of the password": lambda own, other: {"password": own.registration_password[:-1]},
    "the password and more": lambda own, other: {"password": f"{own.registration_password}x"},
    "the number as password": lambda own, other: {"password": own.number},
    "a colleague's registration name": lambda own, other: {"auth_name": other.registration_name},
    "a colleague's password": lambda own, other: {"password": other.registration_password},
    "a colleague's number": lambda own, other: {"user": other.number},
    "a colleague's name and password": lambda own, other: {
        "auth_name": other.registration_name,
        "password": other.registration_password,
    },
    "a number that nobody has": lambda own, other: {"user": "9999"},
    "a feature code as user name": lambda own, other: {"user": "*43"},
}


def test_a_phone_registers_with_number_registration_name_and_password(office: Office) -> None:
    extension = office.extension()
    phone = office.phone(extension)
    assert phone.register() == 200
    (contact,) = contacts(extension.number)
    assert contact["URI"] == f"sip:{extension.number}@127.0.0.1:{phone.port}"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_nothing_else_registers(office: Office, mistake: str) -> None:
    own, other = office.extension(registration_name="Desk.of-Ada"), office.extension()
    phone = office.phone(own, **MISTAKES[mistake](own, other))
    assert phone.register() in (401, 403, 404)
    assert contacts(own.number) == contacts(other.number) == []


def test_a_mistake_does_not_disturb_the_phone_in_use(office: Office) -> None:
    extension = office.extension()
    office.registered(extension)
    before = contacts(extension.number)
    assert office.phone(extension, password="Wrong7Horse9Staple").register() == 401
    assert [each["URI"] for each in contacts(extension.number)] == [each["URI"] for each in before]


def test_whoever_never_registered_cannot_call_without_the_password(office: Office) -> None:
    callee = office.registered()
    stranger = office.phone(office.extension(), password="Wrong7Horse9Staple")
    call = stranger.call(callee.number)
    call.wait_ended()
    assert call.status == 401


def test_a_phone_ends_its_registration(office: Office) -> None:
    phone = office.registered()
    assert phone.unregister() == 200
    assert contacts(phone.number) == []


def test_a_saved_extension_that_is_not_applied_cannot_register(office: Office) -> None:
    extension = office.extension()
    SipExtension.objects.filter(pk=extension.pk).update(registration_name="not.applied")
    extension.refresh_from_db()
    assert office.phone(extension).register() == 401
    apply([extension.number], None)
    assert office.phone(extension).register() == 200
