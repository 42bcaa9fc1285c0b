"""Phones that speak to the PBX over TLS."""

import socket
import ssl
from collections.abc import Iterator

import pytest
from django.conf import settings

from asterisk.live import watching
from asterisk.process import certificate, transports
from asterisk.process.embedded import Embedded
from asterisk.readback import proof
from tests import certificates
from tests.clients.baresip import Baresip
from tests.clients.client import Softphone
from tests.clients.pjsua import Pjsua
from tests.clients.test_clients import Begin, called_by, calling, sound_goes_both_ways
from tests.clients.test_encryption import is_encrypted
from tests.node import connected
from tests.pbx.office import Office, contacts, eventually

QUESTION = (
    "OPTIONS sip:pbx SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK1\r\nFrom: <sip:1000@pbx>;tag=1\r\n"
    "To: <sip:pbx>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)
SPEAK_TLS = [pytest.param(Baresip, "srtp-mand", id="baresip"), pytest.param(Pjsua, "mandatory", id="pjsua")]


@pytest.fixture(autouse=True)
def certified(asterisk: Embedded) -> Iterator[None]:
    certificate.install(*certificates.made())
    certificate.take()
    assert eventually(is_listening)
    yield
    transports.certificate(asterisk.node).unlink()
    transports.write(asterisk.node)
    with connected() as ami:
        watching.reload(asterisk.node, ami)


def shown() -> str:
    return ssl.get_server_certificate(("127.0.0.1", settings.SIP_TLS_PORT), timeout=10)


def is_listening() -> bool:
    try:
        return bool(shown())
    except OSError:
        return False


def shows_another(than: str) -> bool:
    return is_listening() and shown() != than


@pytest.mark.parametrize(("kind", "offers"), SPEAK_TLS)
def test_calls_go_both_ways_over_it(office: Office, begin: Begin, kind: type[Softphone], offers: str) -> None:
    """With encryption required, and nothing but TLS allowed."""
    client = begin(kind, "tls", offers, {"transport": "tls", "media_encryption": "required"})
    (contact,) = contacts(client.account.user_name)
    assert "transport=tls" in contact["URI"].lower()
    assert proof.transport(contact) == "tls"
    call = called_by(client, office)
    assert is_encrypted(client)
    client.hang_up()
    call.wait_ended()
    client.wait_over()
    calling(client, office)
    assert is_encrypted(client)


def test_a_renewal_ends_no_call_and_no_registration(office: Office, begin: Begin) -> None:
    client = begin(Pjsua, "tls", "optional")
    before = shown()
    registered = contacts(client.account.user_name)
    call = called_by(client, office)
    assert certificate.install(*certificates.made("renewed.example.com"))
    certificate.take()
    assert eventually(lambda: shown() != before)
    assert sound_goes_both_ways(client, call)
    client.hang_up()
    call.wait_ended()
    client.wait_over()
    (now,) = contacts(client.account.user_name)
    assert now["URI"] == registered[0]["URI"]
    again = office.registered().call(client.account.user_name)
    client.answer()
    again.wait_answered()
    assert sound_goes_both_ways(client, again)


def test_a_phone_that_connects_while_a_certificate_is_renewed_is_answered() -> None:
    with socket.create_connection(("127.0.0.1", settings.SIP_TLS_PORT), 20) as link:
        before = shown()  # by a later connection: Asterisk has taken the first
        certificate.install(*certificates.made("renewed.example.com"))
        certificate.take()
        assert eventually(lambda: shows_another(before))
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        with trusting.wrap_socket(link) as phone:
            phone.sendall(QUESTION.encode())
            assert phone.recv(1024).startswith(b"SIP/2.0 ")
