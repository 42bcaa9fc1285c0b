"""Which certificate the portal has, what the page says of it, and how the last change of HTTPS ended."""

import json
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from django.conf import settings as portal_settings
from pytest_django.fixtures import Settings

from core import https
from core.https import Certificate
from pbxportal import portal_address
from pbxportal.front import authority, certificates, configuration, outcome, server, status
from pbxportal.front.certificates import FailedTry, Held, Pair
from pbxportal.front.program import Program
from pbxportal.portal_address import Address
from tests.certificates import made
from tests.settings import free_port

NAME = "pbx.example.com"
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def front(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR = tmp_path
    settings.SAID_BIND = settings.SAID_URL = ""
    settings.HTTPS_CERTIFICATE = settings.HTTPS_KEY = ""
    (tmp_path / "front").mkdir()
    (tmp_path / "log").mkdir()
    return tmp_path / "front"


def address(certificate: Certificate, url: str = f"https://{NAME}:8443", bind: str = "127.0.0.1:8443") -> Address:
    return Address(bind, (url,), certificate)


def test_each_kind_of_certificate_has_its_files(front: Path, settings: Settings) -> None:
    assert certificates.pair(address(Certificate.NONE)) is None
    own = Pair(front / "authority/chain.pem", front / "authority/key.pem")
    assert certificates.pair(address(Certificate.AUTHORITY)) == own
    pasted = Pair(front / "files/chain.pem", front / "files/key.pem")
    assert certificates.pair(address(Certificate.FILES)) == certificates.own_files() == pasted
    settings.HTTPS_CERTIFICATE, settings.HTTPS_KEY = "/etc/chain.pem", "/etc/key.pem"
    assert certificates.pair(address(Certificate.FILES)) == Pair(Path("/etc/chain.pem"), Path("/etc/key.pem"))


def test_of_those_that_were_got_the_newest_of_the_name_is_served(front: Path) -> None:
    """Another authority may have signed since, and the portal may have had another name."""
    assert certificates.pair(address(Certificate.ACME)) is None
    found = front / "certificates/certificates"
    for seconds, (by, name) in enumerate((("one", NAME), ("two", NAME), ("three", "other.example.com"))):
        (found / by / name).mkdir(parents=True)
        (found / by / name / f"{name}.crt").touch()
        os.utime(found / by / name / f"{name}.crt", (seconds, seconds))
    newest = found / "two" / NAME
    assert certificates.pair(address(Certificate.ACME)) == Pair(newest / f"{NAME}.crt", newest / f"{NAME}.key")


def test_what_a_certificate_says_is_read(front: Path) -> None:
    of_files = address(Certificate.FILES)
    assert certificates.held(of_files) is None
    (front / "files").mkdir()
    (front / "files/chain.pem").write_text("not a certificate")
    assert certificates.held(of_files) is None
    (front / "files/chain.pem").write_bytes(made()[0])
    held = certificates.held(of_files)
    assert held
    assert (held.names, held.issuer) == ((NAME, "127.0.0.1"), "Nobody's authority")
    assert timedelta(days=89) < held.until - NOW <= timedelta(days=91)
    assert held.since < NOW
    assert certificates.held(address(Certificate.NONE)) is None


@pytest.mark.parametrize(
    ("names", "name", "covers"),
    [
        ((NAME,), NAME, True),
        ((NAME,), "other.example.com", False),
        (("*.example.com",), NAME, True),
        (("*.example.com",), "a.b.example.com", False),
        (("2001:db8::7",), "[2001:db8::7]", True),
        ((), NAME, False),
    ],
)
def test_a_certificate_is_for_its_names(names: tuple[str, ...], name: str, *, covers: bool) -> None:
    assert certificates.covers(Held(names, NOW, NOW, ""), name) is covers


def log(var: Path, *lines: object) -> None:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    (var / "log/front.log").write_text(text)


def said(error: str = "", *, name: str = NAME, logger: str = "tls.obtain", ts: float = 5, msg: str = "") -> object:
    return {
        "logger": logger, "identifier": name, "ts": ts, "error": error,
        "msg": msg or (certificates.REFUSED if error else "certificate obtained successfully"),
    }  # fmt: skip


def test_the_last_try_that_failed_is_told_unless_one_worked_since(tmp_path: Path) -> None:
    one = address(Certificate.ACME)
    assert certificates.failed_try(one) is None
    log(tmp_path, "caddy starts", "[1]", said("first", ts=1), said("error:dns: no", ts=5, logger="tls.renew"))
    assert certificates.failed_try(one) == FailedTry(datetime.fromtimestamp(5, UTC), "error:dns: no")
    failed = said("error:dns: no")
    for harmless in (
        said("other", name="other.example.com"),
        said("other", logger="tls.cache"),
        said("context canceled by a reload"),
        said("other", msg="trying again"),
        said(name="other.example.com"),
    ):
        log(tmp_path, failed, harmless)
        assert certificates.failed_try(one) == FailedTry(datetime.fromtimestamp(5, UTC), "error:dns: no")
    log(tmp_path, failed, said())
    assert certificates.failed_try(one) is None


def test_of_a_long_log_the_end_is_read(tmp_path: Path) -> None:
    log(tmp_path, said("old"), "x" * certificates.READ_AT_ONCE)
    assert certificates.failed_try(address(Certificate.ACME)) is None
    log(tmp_path, "x" * certificates.READ_AT_ONCE, said("new"))
    assert certificates.failed_try(address(Certificate.ACME))


def held_for(left: timedelta) -> Held:
    now = portal_now()
    return Held((NAME, "192.0.2.7"), now - timedelta(days=30), now + left, "Authority")


def portal_now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=30)  # while the test runs, none comes nearer to its end than it says


@pytest.mark.parametrize(
    ("left", "warning"),
    [
        (timedelta(days=15), ""),
        (timedelta(days=13), "HTTPS certificate expires in 13 days"),
        (timedelta(days=2), "HTTPS certificate expires in 2 days"),
        (timedelta(days=1), "HTTPS certificate expires in 1 day"),
        (timedelta(hours=1), "HTTPS certificate expires in 1 day"),
        (timedelta(minutes=-1), "HTTPS certificate expired"),
    ],
)
def test_the_header_warns_two_weeks_before_the_end(left: timedelta, warning: str) -> None:
    assert status.warning(address(Certificate.FILES), held_for(left)) == warning
    assert status.warning(address(Certificate.NONE), held_for(left)) == ""


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("acme:error:dns: NXDOMAIN", "The name has no address in DNS. Add one that leads to this machine."),
        ("dial tcp: lookup ca.lan: no such host", "The authority's server was not found. Check this machine's DNS."),
        ("something new", ""),
    ],
)  # fmt: skip
def test_why_no_certificate_was_got_is_said_in_words(tmp_path: Path, error: str, reason: str) -> None:
    log(tmp_path, said(error))
    state = status.of(address(Certificate.ACME))
    assert (state.warning, state.reason) == ("No HTTPS certificate yet", reason)
    assert (state.names, state.until) == ("", None)
    assert status.of(address(Certificate.AUTHORITY)).reason == ""


def test_what_is_held_is_shown(front: Path) -> None:
    (front / "files").mkdir()
    (front / "files/chain.pem").write_bytes(made()[0])
    state = status.of(address(Certificate.FILES))
    assert (state.warning, state.reason, state.names) == ("", "", f"{NAME}, 127.0.0.1")
    assert state.until


def test_how_the_last_change_ended_is_kept(front: Path) -> None:
    assert outcome.error() == ""
    outcome.failed("Port 443: in use.")
    assert outcome.error() == "Port 443: in use."
    outcome.worked()
    assert outcome.error() == ""
    for broken in ("", "{"):
        (front / "outcome.json").write_text(broken)
        assert outcome.error() == ""


def test_our_own_authority_signs_for_every_way_to_reach_the_portal(
    db: None, front: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal_address, "own_addresses", lambda _: ["192.0.2.7"])
    own = address(Certificate.AUTHORITY)
    assert certificates.names_to_sign(own) == [NAME, "192.0.2.7", "127.0.0.1", "localhost"]
    by_number = certificates.names_to_sign(address(Certificate.AUTHORITY, "https://127.0.0.1:8443"))
    assert by_number == ["127.0.0.1", "192.0.2.7", "localhost"]
    assert certificates.root_fingerprint() == ""
    assert certificates.prepare(address(Certificate.FILES)) is False
    assert not (front / "authority").exists()
    assert certificates.prepare(own) is True
    assert certificates.prepare(own) is False
    assert len(certificates.root_fingerprint().split(":")) == 32
    assert certificates.root_fingerprint().isupper()
    (front / "authority/key.pem").unlink()
    assert certificates.prepare(own) is True
    held = certificates.held(own)
    assert held
    assert held.names == (NAME, "localhost", "192.0.2.7", "127.0.0.1")
    assert held.issuer.endswith(" pbxportal root")


def test_a_root_of_another_kind_is_not_taken_for_ours(front: Path) -> None:
    authority.root(front, "Acme")
    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (front / authority.ROOT_KEY).write_bytes(pem)
    with pytest.raises(TypeError, match="was not made by the portal"):
        authority.sign(front, [NAME], front / "chain.pem", front / "key.pem")


def test_what_our_authority_makes_can_sign_or_serve_and_not_both(front: Path) -> None:
    root = x509.load_pem_x509_certificate(authority.root(front, "A" * 60).read_bytes())
    assert authority.sign(front, ["n" * 70, "[2001:db8::7]"], front / "chain.pem", front / "key.pem")
    leaf, second = x509.load_pem_x509_certificates((front / "chain.pem").read_bytes())
    assert second == root
    assert root.subject.rfc4514_string() == f"CN={'A' * 40} pbxportal root"
    assert leaf.subject.rfc4514_string() == f"CN={'n' * 64}"
    leaf.verify_directly_issued_by(root)
    for certificate, is_root in ((root, True), (leaf, False)):
        extensions = certificate.extensions
        basic = extensions.get_extension_for_class(x509.BasicConstraints)
        usage = extensions.get_extension_for_class(x509.KeyUsage)
        assert (basic.value.ca, basic.value.path_length) == (is_root, 0 if is_root else None)
        assert basic.critical
        assert usage.critical
        allowed = {name for name in ("digital_signature", "key_cert_sign", "crl_sign") if getattr(usage.value, name)}
        assert allowed == ({"key_cert_sign", "crl_sign"} if is_root else {"digital_signature"})
        refused = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        assert not any(getattr(usage.value, name) for name in refused)
        life = authority.ROOT_LIFE if is_root else authority.LIFE
        assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == life + authority.YESTERDAY
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert [str(each.value) for each in names.value] == ["n" * 70, "2001:db8::7"]
    again = authority.root(front, "Other")
    assert x509.load_pem_x509_certificate(again.read_bytes()) == root


# --- the server that serves it ---


def test_a_port_that_is_closed_neither_listens_nor_answers() -> None:
    port = int(free_port())
    assert not server.listens("127.0.0.1", port)
    assert not server.answers("127.0.0.1", port)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert server.listens(*listening.getsockname())


def test_plain_http_is_led_to_https_at_the_usual_ports_that_are_free(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    asked: list[tuple[str, int]] = []

    def bind(host: str, port: int, _kind: object) -> None:
        asked.append((host, port))
        if port == configuration.PLAIN_PORT:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(server, "try_to_bind", bind)
    own = address(Certificate.AUTHORITY, bind="[::1]:8443")
    assert server.redirects(own) == ["[::1]:8000"]
    assert sorted(asked) == [("::1", 80), ("::1", 8000)]
    at_the_usual = address(Certificate.AUTHORITY, f"https://{NAME}:8000", "127.0.0.1:8000")
    assert server.redirects(at_the_usual) == []
    assert server.redirects(address(Certificate.NONE, "http://127.0.0.1:8000")) == []
    settings.SAID_BIND = "127.0.0.1:8443"
    assert server.redirects(own) == []


def test_the_plan_is_of_what_was_chosen(settings: Settings, front: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(("caddy",), (2, 10))
    https.choose(settings.VAR, https.Choice(Certificate.ACME, NAME, 8443, "a@example.com"))
    settings.ACME_DIRECTORY, settings.ACME_ROOT, settings.PBX_EXPECTED = "https://ca.lan", "/root.pem", False
    settings.SAID_BIND = "127.0.0.1:8443"
    plan = server.plan(program, address(Certificate.AUTHORITY))
    assert (plan.listen, plan.redirects, plan.urls) == ("127.0.0.1:8443", (), (f"https://{NAME}:8443",))
    assert (plan.email, plan.acme_directory, plan.acme_root) == ("a@example.com", "https://ca.lan", "/root.pem")
    assert (plan.chain, plan.key) == (front / "authority/chain.pem", front / "authority/key.pem")
    assert (plan.folder, plan.web_socket, plan.version) == (front, "", (2, 10))
    assert "<html" in plan.resting_page
    settings.PBX_EXPECTED = True
    nothing = server.plan(program, address(Certificate.NONE, "http://127.0.0.1:8000"))
    assert (nothing.chain, nothing.key) == (Path(), Path())
    assert nothing.web_socket == f"{portal_settings.ARI_HOST}:{portal_settings.ARI_PORT}"
    assert portal_address.listening(nothing.listen) == ("127.0.0.1", 8443)
