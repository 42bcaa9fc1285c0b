"""PBX Settings > Preferences > Email, and the test mail."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core import encryption
from core.audit.models import AuditRecord
from core.mail import diagnostics
from core.mail.kinds import NOTIFICATIONS
from core.mail.models import Email
from core.mail.smtp.protocol import Limits
from core.preferences.models import Preferences
from tests.core.mail.conftest import use
from tests.core.mail.postbox import HOST, Certificate, Postbox

URL, TEST = "/preferences/mail/", "/preferences/mail/test/"
SECRET = "canary-7f3a-mail"


@pytest.fixture
def client(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def typed(**more: Any) -> dict[str, Any]:
    return {
        "version": str(Preferences.load().version),
        "mail_host": "mail.example.com",
        "mail_port": "587",
        "mail_security": "starttls",
        "mail_user": "",
        "mail_password": "",
        "mail_from": "portal@example.com",
        "notifications": NOTIFICATIONS,
        "test_to": "ada@example.com",
        **more,
    }


def typed_for(box: Postbox, **more: Any) -> dict[str, Any]:
    return typed(mail_host=HOST, mail_port=str(box.port), mail_security=box.tls or "none", **more)


def said(answer: Any) -> str:
    assert answer.status_code in (200, 409, 422)
    return " ".join(answer.content.decode().split())


def test_what_is_saved_is_in_force_and_in_the_log(client: Client, ada: User) -> None:
    email = Email.objects.create(kind="new_device", user=ada, to="ada@example.com", tries=9, answer_code="timeout")
    Email.objects.update(due_at=timezone.now() + timedelta(hours=1), delayed_since=timezone.now())
    answer = client.post(URL, typed(mail_user="portal", mail_password=SECRET, notifications=["new_device"]))
    assert answer.status_code == 302
    saved = Preferences.load()
    assert (saved.mail_host, saved.mail_port, saved.mail_user) == ("mail.example.com", 587, "portal")
    assert saved.notifications == ["new_device"]
    assert SECRET not in saved.sealed_mail_password
    assert encryption.unseal("mail_password", 1, saved.sealed_mail_password) == SECRET
    record = AuditRecord.objects.get(action="preferences.changed")
    assert record.detail["fields"]["mail_password"] == ["", "changed"]
    assert record.detail["fields"]["mail_host"] == ["", "mail.example.com"]
    assert SECRET not in str(list(AuditRecord.objects.values_list()))
    page = client.get(URL)
    assert page.status_code == 200
    assert SECRET not in said(page)
    email.refresh_from_db()
    assert email.due_at <= timezone.now(), "Another server may take it at once."


def test_a_password_is_kept_replaced_and_removed(client: Client) -> None:
    client.post(URL, typed(mail_user="portal", mail_password=SECRET))
    client.post(URL, typed(mail_user="portal", mail_from="other@example.com"))
    saved = Preferences.load()
    assert saved.mail_from == "other@example.com"
    assert encryption.unseal("mail_password", 1, saved.sealed_mail_password) == SECRET
    client.post(URL, typed(mail_user="portal", mail_password="Another"))
    assert encryption.unseal("mail_password", 1, Preferences.load().sealed_mail_password) == "Another"
    client.post(URL, typed(mail_user="", remove_password="on"))
    assert Preferences.load().sealed_mail_password == ""


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"mail_from": ""}, "Enter the address that e-mails come from."),
        ({"mail_from": "nobody"}, "Sender Address"),
        ({"mail_port": "0"}, "Port"),
        ({"mail_host": "not a host"}, "Enter a host name or an address"),
        ({"mail_user": "portal"}, "Enter the password for this User Name"),
        ({"mail_password": "x"}, "Enter the User Name for this password."),
        (
            {"mail_user": "portal", "mail_password": "x", "mail_security": "none"},
            "Passwords are not sent over an unencrypted connection.",
        ),
        ({"mail_host": "evil.example.com", "mail_user": "portal"}, "Enter the password for this User Name"),
        ({"notifications": ["every_step"]}, "every_step is not one of the available choices"),
    ],
)
def test_what_cannot_be_is_refused_in_words(client: Client, more: dict[str, Any], words: str) -> None:
    answer = client.post(URL, typed(**more))
    assert answer.status_code == 422
    assert words in said(answer)
    assert Preferences.load().mail_host == ""


def test_a_saved_password_is_sent_to_no_other_server(client: Client, postbox: Postbox) -> None:
    client.post(URL, typed(mail_user="portal", mail_password=SECRET))
    for address in (URL, TEST):
        answer = client.post(address, typed_for(postbox, mail_user="portal"))
        assert answer.status_code == 422
        assert "only with the previous Mail server, Port, and Security" in said(answer)
    assert Preferences.load().mail_host == "mail.example.com"
    assert not postbox.connections or not postbox.received


@pytest.mark.parametrize("other", [{"mail_port": "2525"}, {"mail_security": "tls"}])
def test_a_saved_password_is_sent_to_no_other_port_and_by_no_other_encryption(
    client: Client, other: dict[str, str]
) -> None:
    client.post(URL, typed(mail_user="portal", mail_password=SECRET))
    before = Preferences.load().version
    for address in (URL, TEST):
        answer = client.post(address, typed(mail_user="portal", **other))
        assert answer.status_code == 422
        assert "Enter the password again" in said(answer)
    assert Preferences.load().version == before
    assert client.post(URL, typed(mail_user="portal", mail_password=SECRET, **other)).status_code == 302


def test_who_saves_later_sees_what_another_saved(client: Client) -> None:
    old = typed(mail_host="other.example.com")
    client.post(URL, typed())
    answer = client.post(URL, old)
    assert answer.status_code == 409
    assert "saved Preferences while you had the page open" in said(answer)
    assert "The saved value is now mail.example.com" in said(answer)


def test_who_may_only_look_sees_it(client: Client, vic: User) -> None:
    from accounts.models import Role

    vic.role = Role.objects.create(name="Looks", granted=["preferences.view"])
    vic.save()
    client.force_login(vic)
    page = said(client.get(URL))
    assert "Mail server" in page
    assert "Send test e-mail" not in page
    assert client.post(TEST, typed()).status_code == 403


# --- the test mail ---


def test_the_test_mail_shows_what_the_server_says(client: Client, postbox: Postbox) -> None:
    page = said(client.post(TEST, typed_for(postbox, test_to="eve@example.com")))
    assert "The mail server accepted the e-mail for eve@example.com." in page
    for line in ("<code>220 ", "MAIL</span> <code>250 OK", "<code>354 ", "DATA</span> <code>250 2.0.0 Queued as 1"):
        assert line in page
    [got] = postbox.received
    assert (got.to, got.mail["Subject"]) == ("eve@example.com", "Test e-mail")
    assert Preferences.load().mail_host == HOST, "As the fixture had it."
    record = AuditRecord.objects.get(action="mail.tested")
    assert (record.on, record.detail["answer"]) == ("eve@example.com", "250 2.0.0 Queued as 1")


@pytest.mark.parametrize(
    ("verb", "answer", "words"),
    [
        ("RCPT", "550 5.1.1 No such person", "The mail server rejected this e-mail: 550 5.1.1 No such person"),
        ("DATA", "450 4.2.0 Greylisted", "The mail server cannot accept this e-mail now: 450 4.2.0 Greylisted"),
        ("MAIL", "550 5.7.1 Not yours", "It does not accept e-mail from Sender Address."),
        ("DATA", "drop", "The mail server did not confirm the e-mail."),
    ],
)
def test_the_test_mail_that_is_not_taken(client: Client, postbox: Postbox, verb: str, answer: str, words: str) -> None:
    postbox.moods.always[verb] = answer
    page = said(client.post(TEST, typed_for(postbox)))
    assert "Test e-mail not sent" in page
    assert words in page


def test_nobody_there(client: Client, postbox: Postbox) -> None:
    postbox.stop()
    assert "It cannot be reached. Check Mail server, Port" in said(client.post(TEST, typed_for(postbox)))


def test_a_server_that_says_nothing(client: Client, postbox: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnostics, "LIMITS", Limits(connect=1, reply=0.2, opening=1, after_the_dot=1))
    postbox.moods.slow["MAIL"] = 1
    assert "It did not respond in time." in said(client.post(TEST, typed_for(postbox)))


def test_the_name_of_no_machine(client: Client, db: None) -> None:
    answer = client.post(TEST, typed(mail_host="nowhere.invalid", mail_security="none"))
    assert "No server has that name." in said(answer)


# --- encrypted, and signed in ---


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate(tmp_path)


@pytest.fixture(params=["starttls", "tls"])
def safe(request: pytest.FixtureRequest, certificate: Certificate, db: None) -> Any:
    box = Postbox(request.param, SECRET, certificate)
    box.start()
    yield box
    box.stop()


def test_encrypted_and_signed_in(
    client: Client, safe: Postbox, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    page = said(client.post(TEST, typed_for(safe, mail_user="portal", mail_password=SECRET)))
    assert "The mail server accepted the e-mail" in page
    assert "AUTH</span> <code>235 " in page
    [got] = safe.received
    assert (got.signed_in, got.encrypted) == ("portal", True)
    assert SECRET not in got.raw.decode()


def test_a_certificate_that_nobody_vouches_for(client: Client, safe: Postbox) -> None:
    page = said(client.post(TEST, typed_for(safe, mail_user="portal", mail_password=SECRET)))
    assert "Its certificate is not trusted." in page
    assert "self-signed certificate" in page
    assert not safe.received


def test_a_wrong_password(
    client: Client, safe: Postbox, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    page = said(client.post(TEST, typed_for(safe, mail_user="portal", mail_password="wrong")))
    assert "It rejected the User Name and Password." in page
    assert "535 " in page


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("454 4.7.0 Ask again later", "It does not accept e-mail now and asks to try again later."),
        ("500 5.5.2 Not understood", "It rejected the User Name and Password."),
    ],
)
def test_a_sign_in_that_is_put_off_is_told_from_one_that_is_refused(
    client: Client,
    safe: Postbox,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    words: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    safe.moods.always["AUTH"] = answer
    page = said(client.post(TEST, typed_for(safe, mail_user="portal", mail_password=SECRET)))
    assert words in page


def test_a_server_without_starttls(client: Client, postbox: Postbox) -> None:
    page = said(client.post(TEST, {**typed_for(postbox), "mail_security": "starttls"}))
    assert "It does not offer STARTTLS." in page


def test_security_that_does_not_fit_the_port(client: Client, postbox: Postbox) -> None:
    page = said(client.post(TEST, {**typed_for(postbox), "mail_security": "tls"}))
    assert "The encrypted connection failed." in page


def test_a_password_goes_unencrypted_to_this_machine_alone(client: Client, db: None) -> None:
    box = Postbox("", SECRET)
    box.start()
    page = said(client.post(TEST, typed_for(box, mail_user="portal", mail_password=SECRET)))
    box.stop()
    assert "The mail server accepted the e-mail" in page
    assert box.received[0].signed_in == "portal"


def test_a_test_without_a_server_or_with_a_password_that_does_not_open_is_said(
    client: Client, postbox: Postbox, ada: User
) -> None:
    answer = client.post(TEST, typed(mail_host="", mail_from=""))
    assert answer.status_code == 422
    assert "Enter the mail server to test." in said(answer)
    use(postbox, mail_user="portal", sealed_mail_password=Fernet(Fernet.generate_key()).encrypt(b"x").decode())
    answer = client.post(TEST, typed_for(postbox, mail_user="portal"))
    assert answer.status_code == 200
    assert "The password cannot be decrypted with this installation" in said(answer)
    assert not postbox.received
    answer = client.post(TEST, typed_for(postbox, test_to="nobody"))
    assert answer.status_code == 422
    assert AuditRecord.objects.filter(action="mail.tested").count() == 0
    client.post(TEST, typed_for(postbox, test_to="eve@example.com"))
    record = AuditRecord.objects.get(action="mail.tested")
    assert (record.on, record.detail["taken"]) == ("eve@example.com", True)
    assert record.detail["server"] == f"{HOST} {postbox.port}"
    assert record.detail["answer"].startswith("250 ")
    assert Preferences.load().mail_user == "portal"  # as it was: nothing is saved
