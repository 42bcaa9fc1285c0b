"""Allowed Networks: where the phones of an extension may be."""

from asterisk.engine import store as engine
from asterisk.readback import proof
from extensions.models import SipExtension
from tests.node import apply, connected
from tests.pbx.office import Office, contacts, engine_tables

ELSEWHERE, HERE = "10.0.0.0/8, 2001:db8::/32", "10.0.0.0/8, 127.0.0.0/8, 2001:db8::/32"


def allow(extension: SipExtension, networks: str) -> None:
    extension.allowed_networks = networks
    extension.save()
    apply([extension.number], None)


def test_a_phone_registers_from_inside_alone(office: Office) -> None:
    assert office.phone(office.extension(allowed_networks=HERE)).register() == 200
    assert office.phone(office.extension(allowed_networks="127.0.0.1")).register() == 200
    assert office.phone(office.extension(allowed_networks="")).register() == 200
    outside = office.extension(allowed_networks=ELSEWHERE)
    assert office.phone(outside).register() == 401
    assert office.phone(office.extension(allowed_networks="2001:db8::/32")).register() == 401
    assert contacts(outside.number) == []


def test_nobody_calls_from_outside(office: Office) -> None:
    callee = office.registered()
    call = office.phone(office.extension(allowed_networks=ELSEWHERE)).call(callee.number)
    call.wait_ended()
    assert call.status == 401


def test_a_change_holds_at_once_and_takes_a_phone_outside_away(office: Office) -> None:
    extension = office.extension()
    phone = office.registered(extension)
    allow(extension, HERE)
    assert len(contacts(extension.number)) == 1
    allow(extension, ELSEWHERE)
    assert contacts(extension.number) == []
    assert phone.register() == 401
    allow(extension, "")
    assert phone.register() == 200


def test_what_asterisk_reads_is_compared(office: Office) -> None:
    extension = office.extension(allowed_networks=HERE)
    with engine_tables() as tables, connected() as ami:
        wanted = engine.read(tables, [extension.number])[extension.number]
        tables.execute("UPDATE sip_login SET permit = '127.0.0.1'")
        (said,) = proof.ask(ami, [extension.number])
        (found,) = proof.differences(proof.values(wanted), said)
    assert (str(found.field), found.said) == ("Allowed Networks", "127.0.0.1")
