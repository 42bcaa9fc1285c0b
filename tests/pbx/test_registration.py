"""Real phones at a real Asterisk: who may register."""

import re
import socket
from itertools import count

from extensions.models import SipExtension
from tests.node import apply
from tests.pbx.office import Office, contacts, eventually


def mistakes(own: SipExtension, other: SipExtension) -> dict[str, dict[str, str]]:
    """What the owner of a phone may type wrong; `other` is a colleague's extension."""
    name, password = own.registration_name, own.registration_password
    return {
        "the number as authentication name": {"auth_name": own.number},
        "the registration name as user name": {"user": name},
        "the registration name as both, the number nowhere": {"user": name, "auth_name": name},
        "an empty authentication name": {"auth_name": ""},
        "the authentication name in other case": {"auth_name": name.swapcase()},
        "a blank behind the authentication name": {"auth_name": f"{name} "},
        "a wrong password": {"password": "Wrong7Horse9Staple"},
        "an empty password": {"password": ""},
        "the password in other case": {"password": password.swapcase()},
        "the start of the password": {"password": password[:-1]},
        "the password and more": {"password": f"{password}x"},
        "the number as password": {"password": own.number},
        "a colleague's authentication name": {"auth_name": other.registration_name},
        "a colleague's password": {"password": other.registration_password},
        "a colleague's number": {"user": other.number},
        "a colleague's name and password": {
            "auth_name": other.registration_name,
            "password": other.registration_password,
        },
        "a number that nobody has": {"user": "9999"},
        "a feature code as user name": {"user": "*43"},
        "a context as user name": {"user": "ring"},
    }


def test_a_phone_registers_with_number_registration_name_and_password(office: Office) -> None:
    extension = office.extension()
    phone = office.phone(extension)
    assert phone.register() == 200
    (contact,) = contacts(extension.number)
    assert contact["URI"] == f"sip:{extension.number}@127.0.0.1:{phone.port}"


def test_nothing_else_registers(office: Office) -> None:
    own, other = office.extension(registration_name="Desk.of-Ada"), office.extension()
    answers = {what: office.phone(own, **typed).register() for what, typed in mistakes(own, other).items()}
    assert {what: status for what, status in answers.items() if status not in (401, 403, 404)} == {}
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


branches = count(1)


def status_from_elsewhere(request: bytes, server: tuple[str, int]) -> int:
    """What whoever sends the same once more, from another port, is told."""
    again = re.sub(rb"branch=\S+", b"branch=z9hG4bK-again-%d" % next(branches), request)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(20)
        link.bind(("127.0.0.1", 0))
        link.sendto(again, server)
        while not (said := link.recv(4096)).startswith(b"SIP/2.0 "):
            continue  # as the phone's new address, it is asked whether it is there
        return int(said.split()[1])


def test_an_answer_that_was_overheard_is_soon_of_no_use(office: Office) -> None:
    phone = office.registered(office.extension(max_phones=3))
    sent = [each.request.encode() for each in phone.wire._exchanges.values()]
    (overheard,) = [each for each in sent if b"Authorization:" in each]
    assert eventually(lambda: status_from_elsewhere(overheard, phone.wire.server) == 401)
