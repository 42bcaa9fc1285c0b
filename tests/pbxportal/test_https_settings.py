"""PBX Settings > Preferences > HTTPS."""

import errno
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from core import https
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.https import Certificate, Choice
from core.preferences.models import Preferences
from pbxportal import portal_address
from pbxportal.front import authority, certificates, outcome, status
from pbxportal.pbx_settings import https_forms
from pbxportal.portal_address import Address
from tests.certificates import made, with_password
from tests.pages import html_of
from tests.people import make_user
from tests.settings import free_port

URL = "/preferences/https/"
ROOT = "/preferences/https/root-certificate/"


@pytest.fixture(autouse=True)
def var(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR = tmp_path
    settings.FIND_ADDRESS = lambda: portal_address.find(
        "", "", tmp_path, own_https=True, has_files=False, has_authority=False
    )
    settings.SAID_BIND = settings.SAID_URL = ""
    (tmp_path / "front").mkdir()
    return tmp_path


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture(scope="module")
def own() -> tuple[str, str]:
    chain, key = made()
    return chain.decode(), key.decode()


def typed(**more: Any) -> dict[str, Any]:
    version = str(Preferences.load().version)
    usual = {"https_certificate": "authority", "https_name": "", "https_port": free_port(), "https_email": ""}
    return {"version": version, **usual, "chain": "", "key": "", **more}


def errors(client: Client, **more: Any) -> str:
    answer = client.post(URL, typed(**more))
    assert answer.status_code == 422
    return answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_what_is_saved_is_where_the_settings_read_it_and_in_the_log(signed_in: Client, var: Path) -> None:
    port = free_port()
    sent = typed(https_certificate="acme", https_name="PBX.Example.com.", https_port=port, https_email="a@example.com")
    page = signed_in.post(URL, sent, follow=True).content.decode()
    assert f"In a few seconds the portal is at https://pbx.example.com:{port}." in page
    assert https.chosen(var) == Choice(Certificate.ACME, "pbx.example.com", int(port), "a@example.com")
    record = AuditRecord.objects.get(action="preferences.changed")
    shown = {str(each.label): (each.old, each.new) for each in record.fields}
    assert shown["Certificate from"] == ("Off", "Let's Encrypt")
    assert shown["Host name"] == ("", "pbx.example.com")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"https_certificate": "acme"}, "Enter the name that the certificate is for."),
        ({"https_certificate": "acme", "https_name": "192.0.2.1"}, "signs only public names"),
        ({"https_certificate": "acme", "https_name": "pbx"}, "signs only public names"),
        ({"https_certificate": "acme", "https_name": "pbx.local"}, "signs only public names"),
        ({"https_name": "-pbx.example.com"}, "Enter a host name such as"),
        ({"https_name": "pbx example"}, "Enter a host name"),
        ({"https_port": "0"}, "https_port"),
        ({"https_certificate": "files"}, "Paste it from your certificate"),
        ({"https_certificate": "files", "chain": "x", "key": "y"}, "not a certificate in PEM format"),
    ],
)
def test_what_cannot_work_is_refused(signed_in: Client, var: Path, wrong: dict[str, str], words: str) -> None:
    assert words in errors(signed_in, **wrong)
    assert https.chosen(var) == Choice()


def test_a_port_that_another_program_has_is_refused(signed_in: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "Another program uses this port" in errors(signed_in, https_port=str(taken.getsockname()[1]))


def test_a_port_that_needs_rights_is_told_with_the_command(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pbxportal.pbx_settings.https_forms.try_to_bind", refuse)
    assert "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80" in errors(signed_in, https_port="444")


USED = "Another program uses this port. Enter another one."


@pytest.mark.parametrize(
    ("port", "more", "refused"),
    [
        (8443, {}, {"https_port": USED}),
        (8443, {"https_certificate": "none"}, {}),
        (8443, {"https_certificate": "acme", "https_name": "pbx.example.com"}, {"https_port": USED}),
        (8000, {}, {}),  # we listen there as well, to lead to the other
        (7001, {}, {}),  # where we listen now
        (7002, {}, {}),  # and where we were to
    ],
)
def test_only_a_port_of_others_is_in_the_way(
    ada: User, settings: Settings, monkeypatch: pytest.MonkeyPatch,
    port: int, more: dict[str, str], refused: dict[str, str],
) -> None:  # fmt: skip
    settings.PORTAL_PORT = 7001
    Preferences.objects.update(https_port=7002)
    asked: list[tuple[str, int]] = []

    def used(host: str, port: int, _kind: object) -> None:
        asked.append((host, port))
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr(https_forms, "try_to_bind", used)
    form = https_forms.HttpsForm(typed(https_port=str(port), **more), by=ada)
    assert {name: str(words[0]) for name, words in form.errors.items()} == refused
    host = "" if "https_name" in more else "127.0.0.1"
    assert asked == ([] if not refused and port != 8000 else [(host, port)])


@pytest.mark.parametrize("field", ["chain", "key"])
def test_chain_and_key_are_pasted_together(ada: User, own: tuple[str, str], field: str) -> None:
    both = dict(zip(("chain", "key"), own, strict=True))
    form = https_forms.HttpsForm(typed(https_certificate="files", **{**both, field: " "}), by=ada)
    assert form.errors == {field: ["Paste it from your certificate's file."]}
    assert https_forms.HttpsForm(typed(https_certificate="files", **both), by=ada).is_valid()


def test_files_that_the_environment_names_need_not_be_pasted(ada: User, settings: Settings) -> None:
    settings.HTTPS_CERTIFICATE, settings.HTTPS_KEY = "/etc/chain.pem", "/etc/key.pem"
    assert https_forms.HttpsForm(typed(https_certificate="files"), by=ada).is_valid()
    settings.SAID_URL = "https://pbx.lan"
    assert https_forms.HttpsForm(typed(https_certificate="acme"), by=ada).is_valid()


@pytest.mark.django_db(transaction=True)
def test_a_certificate_of_ones_own_is_kept_and_never_shown(signed_in: Client, var: Path, own: tuple[str, str]) -> None:
    chain, key = own
    sent = typed(https_certificate="files", https_name="pbx.example.com", chain=chain, key=key)
    assert "to keep the saved one" not in html_of(signed_in, URL)
    assert signed_in.post(URL, sent).status_code == 302
    files = certificates.own_files()
    assert files.key.read_text().strip() == key.strip()
    assert files.key.stat().st_mode & 0o777 == 0o600
    assert files.chain.parent.stat().st_mode & 0o777 == 0o700
    assert https.chosen(var).certificate == Certificate.FILES
    page = html_of(signed_in, URL)
    assert "pbx.example.com, 127.0.0.1" in page
    assert "Leave empty to keep the saved one. It is never shown." in page
    assert page.count("Leave empty to keep the saved one.") == 2
    assert "PRIVATE KEY" not in page
    assert key.splitlines()[1] not in str(list(AuditRecord.objects.values()))
    again = typed(https_certificate="files", https_name="pbx.example.com", https_port=sent["https_port"])
    assert signed_in.post(URL, again).status_code == 302


def test_a_certificate_that_is_not_for_the_name_or_the_key_is_refused(signed_in: Client, own: tuple[str, str]) -> None:
    chain, key = own
    sent = {"https_certificate": "files", "https_name": "pbx.example.com", "chain": chain, "key": key}
    assert "is for pbx.example.com, 127.0.0.1" in errors(signed_in, **{**sent, "https_name": "other.example.com"})
    assert "does not belong" in errors(signed_in, **{**sent, "key": made()[1].decode()})
    old = made(lasting=timedelta(hours=-1))[0].decode()
    assert "This certificate has expired." in errors(signed_in, **{**sent, "chain": old})
    locked_chain, locked = (each.decode() for each in with_password())
    assert "has a password" in errors(signed_in, **{**sent, "chain": locked_chain, "key": locked})


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"FRONT": "none"}, "A web server of your own is in front"),
        ({"SAID_URL": "http://pbx.example.com"}, "Set by environment variables: PORTAL_URL."),
    ],
)
def test_what_the_environment_sets_cannot_be_chosen(
    signed_in: Client, settings: Settings, var: Path, found: dict[str, str], words: str
) -> None:
    for name, value in found.items():
        setattr(settings, name, value)
    page = html_of(signed_in, URL)
    assert words in page
    assert 'data-busy="Saving…"' not in page
    fields = signed_in.get(URL).context["form"].fields
    assert {name for name, field in fields.items() if not field.disabled} == set()
    assert set(fields) == {"https_certificate", "https_name", "https_port", "https_email", "chain", "key"}
    signed_in.post(URL, typed(https_certificate="acme", https_name="pbx.example.com", https_email="ada@example.com"))
    assert https.chosen(var) == Choice()
    assert not AuditRecord.objects.filter(action="preferences.changed").exists()


@pytest.mark.parametrize(
    ("found", "fixed"),
    [
        ({}, {}),
        ({"SAID_BIND": "0.0.0.0:8443"}, {"https_port": "PORTAL_BIND"}),
        ({"SAID_URL": "https://pbx.example.com"}, {"https_name": "PORTAL_URL", "https_port": "PORTAL_URL"}),
        (
            {"SAID_URL": "https://pbx.example.com", "SAID_BIND": "0.0.0.0:8443"},
            {"https_name": "PORTAL_URL", "https_port": "PORTAL_BIND"},
        ),
    ],
)
def test_what_the_environment_leaves_open_can_be_chosen(
    signed_in: Client, settings: Settings, found: dict[str, str], fixed: dict[str, str]
) -> None:
    for name, value in found.items():
        setattr(settings, name, value)
    form = signed_in.get(URL).context["form"]
    assert {name for name, field in form.fields.items() if field.disabled} == fixed.keys()
    for name, variable in fixed.items():
        assert form.fields[name].help_text == f"Set by environment variables: {variable}."
    assert form.is_fixed_by == ""
    assert 'data-busy="Saving…"' in html_of(signed_in, URL)


def test_who_may_only_look_changes_nothing(client: Client, db: None, var: Path) -> None:
    role = Role.objects.create(name="Reader", granted=[Permission.VIEW_PREFERENCES])
    client.force_login(make_user("Rita", custom=role))
    assert "Certificate from" in html_of(client, URL)
    assert client.post(URL, typed()).status_code == 403
    assert https.chosen(var) == Choice()


def test_why_a_change_was_not_applied_is_shown(signed_in: Client, django_capture_on_commit_callbacks: Any) -> None:
    outcome.failed("Port 443: Permission denied.")
    page = html_of(signed_in, URL)
    assert "The last change was not applied." in page
    assert "Port 443: Permission denied." in page
    outcome.worked()
    assert "not applied" not in html_of(signed_in, URL)
    outcome.failed("Port 443: Permission denied.")
    with django_capture_on_commit_callbacks(execute=True):
        signed_in.post(URL, typed())
    assert "not applied" not in html_of(signed_in, URL)


@pytest.fixture
def by_authority(settings: Settings, db: None) -> Address:
    address = Address("127.0.0.1:8443", ("https://pbx.office.test:8443",), Certificate.AUTHORITY)
    settings.ADDRESS = address
    settings.FIND_ADDRESS = lambda: address
    certificates.prepare(address)
    return address


def test_the_root_of_our_own_authority_can_be_downloaded_before_a_sign_in(
    client: Client, by_authority: Address, settings: Settings
) -> None:
    answer = client.get(ROOT)
    assert answer["Content-Type"] == "application/x-x509-ca-cert"
    assert answer.content == (certificates.folder() / "authority/root.pem").read_bytes()
    settings.FIND_ADDRESS = lambda: Address("127.0.0.1:8000", ("http://127.0.0.1:8000",), Certificate.NONE)
    assert client.get(ROOT).status_code == 410
    assert by_authority.is_secure


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=14, hours=1), ""),
        (timedelta(days=13, hours=23), "HTTPS certificate expires in 13 days"),
        (timedelta(hours=5), "HTTPS certificate expires in 1 day"),
        (timedelta(hours=-1), "HTTPS certificate expired"),
    ],
)
def test_the_header_says_when_the_certificate_ends(
    signed_in: Client, by_authority: Address, monkeypatch: pytest.MonkeyPatch, left: timedelta, words: str
) -> None:
    files = certificates.pair(by_authority)
    assert files
    files.chain.unlink()
    monkeypatch.setattr(authority, "LIFE", left)
    certificates.prepare(by_authority)
    page = html_of(signed_in, "/pbx/")
    assert ("HTTPS certificate" in page) is bool(words)
    assert words in page


@pytest.mark.parametrize(
    ("asked", "is_said"),
    [
        ({"REMOTE_ADDR": "192.0.2.7"}, True),
        ({"REMOTE_ADDR": "192.0.2.7", "secure": True}, False),
        ({"REMOTE_ADDR": "127.0.0.1"}, False),
    ],
)
def test_the_sign_in_page_says_that_a_password_would_be_read(
    client: Client, ada: User, asked: dict[str, Any], *, is_said: bool
) -> None:
    answer = client.get("/sign-in/", **asked)
    assert (answer.status_code, bool(ada.pk)) == (200, True)
    assert ("This connection is not encrypted." in answer.content.decode()) is is_said


def test_https_can_be_turned_off_from_the_terminal(db: None, var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Preferences.objects.update(https_certificate=Certificate.ACME, https_name="pbx.example.com")
    https.choose(var, Preferences.load().https)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda do: do())
        call_command("https", "off")
    assert Preferences.load().https_certificate == Certificate.NONE
    assert https.chosen(var).certificate == Certificate.NONE
    assert "HTTPS is off" in capsys.readouterr().out
    assert AuditRecord.objects.filter(action="preferences.changed").count() == 1


def test_where_there_is_no_https_no_certificate_is_missed() -> None:
    assert status.warning(Address("127.0.0.1:8000", ("http://127.0.0.1:8000",), Certificate.NONE)) == ""


def test_the_root_is_made_at_a_first_start_which_has_no_folder_yet(tmp_path: Path) -> None:
    root = authority.root(tmp_path / "certificates/authority", "Acme")
    assert root.parent.stat().st_mode & 0o777 == 0o700
    assert (root.parent / authority.ROOT_KEY).stat().st_mode & 0o777 == 0o600


def test_a_certificate_of_our_own_is_made_anew_in_time(tmp_path: Path) -> None:
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    authority.root(tmp_path, "Acme")
    names = ["pbx.office.test", "192.0.2.7"]
    assert authority.sign(tmp_path, names, chain, key)
    assert not authority.sign(tmp_path, names, chain, key)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authority, "RENEWED_BEFORE", timedelta(days=398))
        assert authority.sign(tmp_path, names, chain, key)
    assert authority.sign(tmp_path, [*names, "192.0.2.8"], chain, key)
