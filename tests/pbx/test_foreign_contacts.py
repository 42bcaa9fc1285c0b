"""A REGISTER with several contacts: Asterisk puts the true address in place of the first; the others do not stay."""

import socket
from dataclasses import replace

import pytest

from asterisk.process import embedded
from asterisk.process.embedded import Embedded
from tests.pbx.office import Office, contacts, eventually
from tests.phones.phone import Phone

THIRD = ["203.0.113.9:5070", "10.9.9.9:5070", "[2001:db8::9]:5070", "phone.example.invalid:5070", "127.0.0.2:2222"]


def register(phone: Phone, *addresses: str) -> int:
    own = f"<sip:{phone.number}@127.0.0.1:{phone.port}>"
    phone._registration.contact = ", ".join([own, *(f"<sip:{phone.number}@{each}>" for each in addresses)])
    return phone.register()


def own_alone(phone: Phone) -> bool:
    return [each["URI"] for each in contacts(phone.number)] == [f"sip:{phone.number}@127.0.0.1:{phone.port}"]


@pytest.mark.parametrize("third", THIRD)
def test_a_second_contact_at_another_host_does_not_stay(office: Office, third: str) -> None:
    phone = office.phone(office.extension(max_phones=3))
    assert register(phone, third) in (200, 401)
    assert eventually(lambda: third not in str(contacts(phone.number)), 40)
    assert register(phone) == 200
    assert eventually(lambda: own_alone(phone), 15)  # Asterisk may not have told of the other yet when it was asked


def test_a_second_and_a_third_contact_do_not_stay(office: Office) -> None:
    phone = office.phone(office.extension(max_phones=3))
    assert register(phone, "10.9.9.9:5070", "192.168.9.9:22;transport=tcp") == 200
    assert eventually(lambda: own_alone(phone), 15)


def test_two_contacts_where_the_phone_is_both_stay(office: Office) -> None:
    phone, beside = office.phone(office.extension(max_phones=2)), office.phone(office.extension())
    assert register(phone, f"127.0.0.1:{beside.port}") == 200
    assert not eventually(lambda: len(contacts(phone.number)) != 2, 4)


def test_no_contact_leads_past_allowed_networks(office: Office) -> None:
    phone = office.phone(office.extension(max_phones=3, allowed_networks="127.0.0.0/8"))
    for third in ("203.0.113.9:5070", "[2001:db8::9]:5070", "[::1]:5070"):
        assert register(phone, third) == 401
        assert register(phone, f"127.0.0.1:{phone.port}", third) == 401
    assert contacts(phone.number) == []
    assert register(phone) == 200


def test_a_phone_behind_nat_registers_with_its_private_address(office: Office) -> None:
    for private in ("192.168.1.20:5060", "10.1.2.3:5060", "172.20.0.5:5060", "100.64.1.1:5060", "[fd00::20]:5060"):
        phone = office.phone(office.extension(allowed_networks="127.0.0.0/8"))
        phone._registration.contact = f"<sip:{phone.number}@{private}>"
        assert phone.register() == 200
        assert [each["URI"].partition(";")[0] for each in contacts(phone.number)] == [
            f"sip:{phone.number}@127.0.0.1:{phone.port}"
        ]


@pytest.mark.parametrize(
    "address", ["0.0.0.0:5060", "169.254.169.254:80", "224.0.1.75:5060", "[ff02::1]:5060", "[::]:22"]
)
def test_no_contact_is_where_no_phone_can_be(office: Office, address: str) -> None:
    phone = office.phone(office.extension(max_phones=2))
    assert register(phone, address) == 401
    assert contacts(phone.number) == []


@pytest.mark.parametrize(
    ("bind", "verb"),
    [("0.0.0.0", "deny"), ("192.0.2.1", "deny"), ("::", "deny"), ("host", "deny"), ("::1", "permit"),  # noqa: S104
     ("127.0.0.1", "permit")],
)  # fmt: skip
def test_loopback_is_refused_unless_phones_are_on_this_machine_alone(asterisk: Embedded, bind: str, verb: str) -> None:
    values = embedded.conf_values(replace(asterisk.node, sip_bind=bind), "us", "moh")
    assert values["LOOPBACK"] == verb


def test_nothing_is_sent_to_a_port_of_this_machine_for_long(office: Office) -> None:
    with socket.socket() as victim:
        victim.bind(("127.0.0.3", 0))
        victim.listen()
        phone = office.phone(office.extension(max_phones=2))
        register(phone, f"127.0.0.3:{victim.getsockname()[1]};transport=tcp")
        assert eventually(lambda: own_alone(phone), 15)


@pytest.mark.parametrize("networks", ["", "127.0.0.1"])
def test_no_registration_has_what_is_sent_to_it_go_to_another_host(office: Office, networks: str) -> None:
    phone = office.phone(office.extension(max_phones=2, allowed_networks=networks))
    phone._registration.contact = f"<sip:{phone.number}@127.0.0.1:{phone.port};maddr=127.0.0.9>"
    assert phone.register() in (200, 401)
    assert eventually(lambda: contacts(phone.number) == [], 15)
    phone._registration.contact = f"<sip:{phone.number}@127.0.0.1:{phone.port}>"
    assert phone.register() == 200
    assert own_alone(phone)


def test_a_registration_that_names_its_own_host_twice_stays(office: Office) -> None:
    caller, phone = office.registered(), office.phone(office.extension())
    phone._registration.contact = f"<sip:{phone.number}@127.0.0.1:{phone.port};maddr=127.0.0.1>"
    assert phone.register() == 200
    assert not eventually(lambda: contacts(phone.number) == [], 4)
    caller.call(phone.number)
    assert phone.wait_call().caller_number == caller.number
