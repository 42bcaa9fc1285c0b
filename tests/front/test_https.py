"""HTTPS of the server in front: certificates of an ACME authority, of our own, of files; plain HTTP is led there."""

import socket
import ssl
from contextlib import closing
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509
from django.conf import settings

from asterisk.ami.client import AmiError
from asterisk.process import certificate as sip_certificate
from core import https
from core.https import Certificate, Choice
from core.preferences.models import Preferences
from pbxportal.front import authority, certificates, configuration, outcome, server, status
from pbxportal.front.certificates import Pair
from pbxportal.front.server import Front
from pbxportal.front.watch import Watch
from pbxportal.portal_address import Address
from tests.front.conftest import Starts
from tests.front.pebble import Pebble
from tests.pbx.office import eventually
from tests.settings import free_port

# Of each the folder that these tests share keeps the certificate.
NAME, OTHER, NEVER = "pbx.office.test", "other.office.test", "never.office.test"
SECONDS = 60


def port_of(address: Address) -> int:
    return int(address.bind.rpartition(":")[2])


def shown(address: Address, trust: ssl.SSLContext, name: str = NAME, alpn: str = "h2") -> x509.Certificate:
    """What a browser that trusts so is shown; ssl.SSLError where it would not go on."""
    trust.set_alpn_protocols([alpn])
    with (
        socket.create_connection(("127.0.0.1", port_of(address)), SECONDS) as link,
        trust.wrap_socket(link, server_hostname=name) as secure,
    ):
        assert secure.selected_alpn_protocol() == alpn
        found = secure.getpeercert(binary_form=True)
    assert found
    return x509.load_der_x509_certificate(found)


def can_be_shown(address: Address, trust: ssl.SSLContext, name: str = NAME) -> bool:
    try:
        shown(address, trust, name)
    except OSError:
        return False
    return True


def led_to(port: int, path: str) -> tuple[int, str | None]:
    """The status, and where to, of a request by plain HTTP."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as link:
        link.request("GET", path)
        answer = link.getresponse()
        answer.read()
        return answer.status, answer.headers["Location"]


def trusting(root: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(root))


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The chains that SIP is given."""
    found: list[bytes] = []
    monkeypatch.setattr(sip_certificate, "install", lambda chain, key: found.append(chain if key else b""))
    return found


def test_an_asterisk_that_does_not_answer_is_handed_its_certificate_later(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = Pair(Path(__file__), Path(__file__))
    answers = iter([AmiError("still starting"), AmiError("still starting"), None])
    taken: list[bool] = []

    def take() -> None:
        if error := next(answers):
            raise error
        taken.append(True)

    monkeypatch.setattr(certificates, "pair", lambda _: pair)
    monkeypatch.setattr(sip_certificate, "install", lambda *_: True)
    monkeypatch.setattr(sip_certificate, "take", take)
    watch = Watch(front, [], print, has_pbx=True)
    for expected in ([], [], [True], [True]):
        watch.hand_over()
        assert taken == expected


def test_a_certificate_is_got_and_renewed_while_a_connection_stays(
    front: Front, starts: Starts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handed_over: list[bytes]
) -> None:
    port = free_port()
    monkeypatch.setattr(configuration, "RENEW_CHECK", "1s")
    with Pebble(tmp_path, int(port), valid_seconds=30) as pebble:
        address = starts(
            Certificate.ACME, (NAME,), port=port, acme_directory=pebble.directory, acme_root=str(pebble.root)
        )
        trust = pebble.trust()
        assert eventually(lambda: can_be_shown(address, trust), SECONDS), certificates.failed_try(address)
        first = shown(address, trust)
        state = status.of(address)
        assert (state.names, state.failed) == (NAME, None)
        assert state.warning == "HTTPS certificate expires in 1 day"
        watch = Watch(front, [], print, has_pbx=True)
        watch.address = address
        watch.hand_over()
        watch.hand_over()
        assert len(handed_over) == 1
        stays = HTTPSConnection("127.0.0.1", port_of(address), timeout=SECONDS, context=pebble.trust())
        stays.sock = pebble.trust().wrap_socket(
            socket.create_connection((stays.host, stays.port)), server_hostname=NAME
        )
        for _ in range(2):
            stays.request("GET", "/static/none")
            assert stays.getresponse().read() == b""
            assert eventually(lambda: shown(address, trust).serial_number != first.serial_number, SECONDS)
        stays.close()
        watch.hand_over()
        assert len({*handed_over}) == 2


def test_a_certificate_is_got_where_only_the_plain_port_is_reached(
    starts: Starts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = free_port()
    monkeypatch.setattr(configuration, "PLAIN_PORT", int(plain))
    with Pebble(tmp_path, int(free_port()), int(plain)) as pebble:
        address = starts(
            Certificate.ACME,
            (OTHER,),
            redirects=(f"127.0.0.1:{plain}",),
            acme_directory=pebble.directory,
            acme_root=str(pebble.root),
        )
        trust = pebble.trust()
        assert eventually(lambda: can_be_shown(address, trust, OTHER), SECONDS), certificates.failed_try(address)
    assert led_to(int(plain), "/log/") == (308, f"{address.urls[0]}/log/")


def test_why_no_certificate_was_got_is_said(starts: Starts, tmp_path: Path) -> None:
    nobody = f"https://127.0.0.1:{free_port()}/dir"
    root = tmp_path / "root.pem"
    root.write_bytes(authority.root(tmp_path / "authority", "Acme").read_bytes())
    address = starts(Certificate.ACME, (NEVER,), acme_directory=nobody, acme_root=str(root))
    assert eventually(lambda: status.of(address).failed is not None, SECONDS)
    state = status.of(address)
    assert state.reason == "The authority's server could not be reached. Check the internet connection."
    assert state.warning == "No HTTPS certificate yet"


@pytest.mark.django_db
def test_what_our_own_authority_signs_is_good_for_who_trusts_its_root(starts: Starts) -> None:
    address = starts(Certificate.AUTHORITY, (NAME,))
    trust = trusting(certificates.folder() / "authority/root.pem")
    for name in (NAME, "127.0.0.1", "localhost"):
        shown(address, trust, name)
    with pytest.raises(ssl.SSLError):
        shown(address, ssl.create_default_context())
    state = status.of(address)
    assert {NAME, "127.0.0.1"} <= {*state.names.split(", ")}
    assert state.warning == ""
    before = (certificates.folder() / "authority/chain.pem").read_bytes()
    assert not certificates.prepare(address)
    more = Address(address.bind, (address.urls[0].replace(NAME, OTHER),), address.certificate)
    assert certificates.prepare(more)
    assert before != (certificates.folder() / "authority/chain.pem").read_bytes()


@pytest.mark.django_db
def test_plain_http_is_led_to_https_of_the_same_address(starts: Starts) -> None:
    address = starts(Certificate.AUTHORITY, ("127.0.0.1",))
    path = "/sign-in/?next=/log/"
    assert led_to(port_of(address), path) == (308, f"{address.urls[0]}{path}")
    assert server.answers("127.0.0.1", port_of(address))


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_versions_of_tls_are_refused(starts: Starts) -> None:
    address = starts(Certificate.AUTHORITY, (NAME,))
    trust = trusting(certificates.folder() / "authority/root.pem")
    trust.minimum_version = trust.maximum_version = ssl.TLSVersion.TLSv1_2
    shown(address, trust)
    trust = trusting(certificates.folder() / "authority/root.pem")
    trust.minimum_version = trust.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        shown(address, trust)


@pytest.fixture
def watch(front: Front, starts: Starts, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Over a portal of plain HTTP; what is chosen is taken for the address of the port that is chosen."""
    address = starts()
    monkeypatch.setattr(settings, "ADDRESS", address)

    def find() -> Address:
        choice = https.chosen(settings.VAR)
        if choice.certificate == Certificate.NONE:
            return address
        return Address(f"127.0.0.1:{choice.port}", (f"https://{choice.name}:{choice.port}",), choice.certificate)

    monkeypatch.setattr(settings, "FIND_ADDRESS", find)
    monkeypatch.setattr(Watch, "EVERY_SECONDS", 0)
    https.choose(settings.VAR, Choice())
    return Watch(front, [], print, has_pbx=False)


def test_what_is_chosen_on_the_page_is_served_without_a_restart(watch: Watch) -> None:
    port = int(free_port())
    https.choose(settings.VAR, Choice(Certificate.AUTHORITY, NAME, port))
    watch()
    assert outcome.error() == ""
    shown(watch.address, trusting(certificates.folder() / "authority/root.pem"))
    assert port_of(watch.address) == port


def test_what_cannot_be_served_is_taken_back_and_said(watch: Watch) -> None:
    before = watch.address
    with socket.create_server(("127.0.0.1", 0)) as taken:
        https.choose(settings.VAR, Choice(Certificate.AUTHORITY, NAME, taken.getsockname()[1]))
        watch()
    assert "in use" in outcome.error()
    assert https.chosen(settings.VAR) == Choice()
    assert watch.address == before
    https.choose(settings.VAR, Choice(Certificate.FILES, NAME, int(free_port())))
    watch()
    assert "chain.pem" in outcome.error()  # nobody has put one there
    assert server.listens("127.0.0.1", port_of(before))


def test_where_nothing_answers_after_all_the_former_is_served_again(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, served = watch.address, watch.front.file.read_text()
    monkeypatch.setattr(server, "answers", lambda _host, _port: False)
    monkeypatch.setattr("pbxportal.front.watch.PROOF_SECONDS", 0)
    port = int(free_port())
    https.choose(settings.VAR, Choice(Certificate.AUTHORITY, NAME, port))
    watch()
    assert outcome.error() == f"No answer on port {port}."
    assert https.chosen(settings.VAR) == Choice()
    assert (watch.address, watch.front.file.read_text()) == (before, served)
    assert server.listens("127.0.0.1", port_of(before))
    assert not server.listens("127.0.0.1", port)


def test_what_was_chosen_is_kept_as_it_is(tmp_path: Path, db: None) -> None:
    assert https.chosen(tmp_path) == Choice()
    assert Preferences.load().https == Choice()
    choice = Choice(Certificate.ACME, "pbx.example.com", 8443, "ada@example.com")
    https.choose(tmp_path, choice)
    assert https.chosen(tmp_path) == choice
    for broken in ("", "{", "[]", '{"certificate": "other"}'):
        (tmp_path / https.FILE).write_text(broken)
        assert https.chosen(tmp_path) == Choice()
