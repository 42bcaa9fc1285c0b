"""The certificate of SIP over TLS, as it comes and is renewed, at a real Asterisk."""

import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from socket import create_connection

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from asterisk.nodes import Node
from asterisk.process import certificate, embedded, transports
from asterisk.process.certificate import CertificateError
from asterisk.process.embedded import Embedded
from asterisk.process.fetch import Program
from tests import certificates
from tests.asterisk.process.test_embedded import node_at
from tests.pbx.office import eventually


@pytest.fixture(scope="module")
def own(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    with Embedded(program, node_at(tmp_path_factory.mktemp("asterisk"))) as own:
        yield own


def shown(node: Node) -> bytes:
    """The certificate that a phone sees."""
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    with (
        create_connection(("127.0.0.1", node.sip_tls_port), 10) as link,
        unchecked.wrap_socket(link) as encrypted,
    ):
        return encrypted.getpeercert(binary_form=True) or b""


def is_shown(node: Node, chain: bytes) -> bool:
    try:
        return shown(node) == ssl.PEM_cert_to_DER_cert(chain.decode().partition("-----END")[0] + END)
    except OSError:
        return False


END = "-----END CERTIFICATE-----\n"


def test_it_comes_to_an_asterisk_that_runs_and_is_renewed_there(own: Embedded) -> None:
    for name in ("one.example.com", "two.example.com"):
        chain, key = certificates.made(name)
        assert certificate.install(chain, key, own.node)
        certificate.take(own.node)
        assert eventually(partial(is_shown, own.node, chain))
        assert not certificate.install(chain, key, own.node)
        found = certificate.installed(own.node)
        assert found
        assert found.names == (name, "127.0.0.1")
        assert found.until == x509.load_pem_x509_certificate(chain).not_valid_after_utc


def test_one_that_comes_while_asterisk_is_away_is_there_at_its_start(own: Embedded) -> None:
    own.stop()
    chain, key = certificates.made()
    assert certificate.install(chain, key, own.node)
    own.start()
    assert eventually(lambda: is_shown(own.node, chain))


def other_key() -> tuple[bytes, bytes]:
    return certificates.made()[0], certificates.made()[1]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(other_key, id="the key of another"),
        pytest.param(certificates.with_password, id="a key behind a password"),
        pytest.param(lambda: (b"", certificates.made()[1]), id="no certificate"),
        pytest.param(lambda: (certificates.made()[0], b""), id="no key"),
        pytest.param(lambda: (b"\x00\xff", b"{}"), id="neither"),
    ],
)
def test_what_asterisk_could_not_use_changes_nothing(tmp_path: Path, wrong: Callable[[], tuple[bytes, bytes]]) -> None:
    node = node_at(tmp_path)
    certificate.install(*certificates.made(), node)
    before = {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    chain, key = wrong()
    with pytest.raises(CertificateError):
        certificate.install(chain, key, node)
    assert {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == before


def test_the_same_again_is_none_and_another_is(tmp_path: Path) -> None:
    node, one = node_at(tmp_path), certificates.made()
    assert certificate.install(*one, node)
    assert "protocol=tls" in (tmp_path / "etc" / transports.FILE).read_text()
    assert not certificate.install(one[0] + b"\n\n", one[1], node)
    assert certificate.install(*certificates.made(), node)
    assert sorted(each.name for each in (tmp_path / "keys").iterdir()) == ["sip.lock", "sip.pem"]


def test_one_without_any_name_is_good_for_nobody(tmp_path: Path) -> None:
    node = node_at(tmp_path)
    nameless, _key = certificates.authority()
    transports.certificate(node).parent.mkdir()
    transports.certificate(node).write_bytes(nameless.public_bytes(Encoding.PEM))
    assert certificate.installed(node) == certificate.Certificate((), nameless.not_valid_after_utc)


HELD = certificate.Certificate(
    ("pbx.example.com", "*.Office.test", "192.0.2.7", "2001:db8::7"), datetime.now(UTC) + timedelta(hours=1)
)


@pytest.mark.parametrize(
    ("host", "is_good"),
    [
        ("PBX.example.com", True),
        ("other.example.com", False),
        ("a.office.test", True),
        ("a.b.office.test", False),
        ("office.test", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("[2001:db8::7]", True),
    ],
)
def test_a_phone_that_looks_at_it_goes_on_where_it_has_the_name(host: str, *, is_good: bool) -> None:
    assert HELD.is_good_for(host) is is_good
    assert not replace(HELD, until=datetime.now(UTC) - timedelta(seconds=1)).is_good_for(host)


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    certificate.install(*certificates.made(), node_at(tmp_path))
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
    assert (tmp_path / "keys/sip.pem").stat().st_mode & 0o077 == 0


def test_without_one_there_is_no_tls(tmp_path: Path) -> None:
    node = node_at(tmp_path)
    assert certificate.installed(node) is None
    assert "tls" not in transports.text(node)


@pytest.mark.parametrize(("version", "is_taken"), [("1", False), ("1_1", False), ("1_2", True), ("1_3", True)])
def test_nothing_older_than_tls_1_2_is_spoken(
    program: Program, own: Embedded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, is_taken: bool
) -> None:
    """Also where this machine's OpenSSL would."""
    node = own.node
    if not certificate.installed(node):
        certificate.install(*certificates.made(), node)
        certificate.take(node)
    if not (node.directory / "lenient").exists():
        lenient = node.directory / "lenient"
        lenient.write_text(LENIENT)
        monkeypatch.setenv("OPENSSL_CONF", str(lenient))
        own.restart()
    asked = subprocess.run(
        ("openssl", "s_client", "-connect", f"127.0.0.1:{node.sip_tls_port}", f"-tls{version}",
         "-cipher", "ALL:@SECLEVEL=0"),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert ("Cipher is (NONE)" not in asked.stdout) == is_taken, asked.stdout


LENIENT = """
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = system
[system]
MinProtocol = TLSv1
CipherString = DEFAULT@SECLEVEL=0
"""


def test_each_address_has_a_transport_of_its_own_family(program: Program, tmp_path: Path) -> None:
    node = replace(node_at(tmp_path), sip_bind="127.0.0.1, ::1")
    certificate.install(*certificates.made(), node)
    with Embedded(program, node):
        for host in ("127.0.0.1", "::1"):
            for port in (node.sip_port, node.sip_tls_port):
                create_connection((host, port), 10).close()
        assert " ERROR[" not in (tmp_path / "log/messages.log").read_text()
    assert embedded.one_ipv4(node.sip_addresses) == ""
