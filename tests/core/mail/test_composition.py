"""What the e-mails say, and that nothing of a person's or a company's name can become anything else in them."""

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from asterisk.models import BlockedAddress
from core.mail import composition, headers, outbox
from core.mail.composition import Words
from core.mail.headers import EncodedNames
from core.mail.kinds import KINDS, Kind
from core.mail.models import Email
from core.mail.smtp.client import in_bytes
from core.mail.smtp.protocol import Limits
from core.mail.worker import Postman
from core.preferences.models import Preferences
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from tests.core.mail.postbox import Postbox, Received
from tests.people import Typed, make_extension

QUICK = Limits(connect=2, reply=2, opening=5, after_the_dot=2)


def deliver(postbox: Postbox) -> list[Received]:
    Email.objects.filter(state=Email.State.WAITING).update(due_at=timezone.now())
    postman = Postman(QUICK)
    while postman.round():
        pass
    postman.leave()
    return postbox.received


EMERGENCY: dict[str, Any] = {
    "dialed": "112",
    "caller": "1000",
    "location": "Floor 2",
    "at": "2026-06-11T08:30:00+00:00",
}


def test_an_emergency_call_says_who_and_where(vic: User, postbox: Postbox) -> None:
    outbox.send("emergency_call", vic, **EMERGENCY)
    make_extension("1001", first_name="Grace", last_name="Hopper")
    outbox.send("emergency_call", vic, **EMERGENCY | {"caller": "1001"})
    by_subject = {str(each.mail["Subject"]): each for each in deliver(postbox)}
    assert set(by_subject) == {
        "Emergency call to 112 from 1000", "Emergency call to 112 from 1001 Grace Hopper",
    }  # fmt: skip
    for got in by_subject.values():
        body = got.mail.get_body(("plain",))
        assert body
        assert "Floor 2" in body.get_content()


@pytest.mark.parametrize(
    ("count", "subject", "more"),
    [
        (1, "The PBX blocked 192.0.2.0", ""),
        (2, "The PBX blocked 2 addresses", ""),
        (22, "The PBX blocked 22 addresses", "2 more"),
    ],
)
def test_blocked_addresses_are_named_and_of_many_the_rest_is_counted(
    vic: User, postbox: Postbox, count: int, subject: str, more: str
) -> None:
    made = [
        BlockedAddress.objects.create(network=f"192.0.2.{at}", reason="attempts", tries=10, until=timezone.now())
        for at in range(count)
    ]
    outbox.notify("addresses_blocked", vic, first=made[0].pk, last=made[-1].pk)
    [got] = deliver(postbox)
    assert got.mail["Subject"] == subject
    body = got.mail.get_body(("plain",))
    assert body
    text = body.get_content()
    assert "192.0.2.0" in text
    assert more in text
    assert ("more" in text) == bool(more)


def test_of_blocks_that_are_forgotten_nothing_is_told(vic: User, postbox: Postbox) -> None:
    outbox.notify("addresses_blocked", vic, first=1, last=2)
    assert deliver(postbox) == []


@pytest.mark.parametrize(
    ("kind", "facts", "subject", "says"),
    [
        ("password_changed", {"address": "192.0.2.7"}, "Your password was changed", "192.0.2.7"),
        ("new_device", {"agent": "Firefox on Linux"}, "New device signed in to your account", "Firefox on Linux"),
        (
            "second_factor_changed",
            {"what": "passkey_added"},
            "Your two-step verification was changed",
            "A passkey was added.",
        ),
        ("second_factor_changed", {}, "Your two-step verification was changed", "Two-step verification was changed."),
    ],
)
def test_a_notice(vic: User, postbox: Postbox, kind: str, facts: dict[str, Any], subject: str, says: str) -> None:
    assert outbox.notify(kind, vic, **facts)
    [got] = deliver(postbox)
    assert got.mail["Subject"] == subject
    for text in (got.text("plain"), got.text("html")):
        for words in (says, "Hello Vic,", "Company", "http://127.0.0.1:8000", "You are receiving this e-mail because"):
            assert words in text
    assert "{" not in got.text("plain")
    assert "\n\n\n" not in got.text("plain")
    assert not re.search(r"<script|<link|src=|@import|url\(", got.text("html")), "Nothing is fetched from elsewhere."


def test_a_notice_is_for_who_wants_it(vic: User) -> None:
    vic.muted = ["new_device"]
    assert outbox.notify("new_device", vic) is None
    assert outbox.notify("password_changed", vic)
    Preferences.objects.update(notifications=["new_device"])
    assert outbox.notify("password_changed", vic) is None
    vic.muted = []
    assert outbox.notify("new_device", vic)


def test_names_stay_names(vic: User, postbox: Postbox) -> None:
    User.objects.filter(pk=vic.pk).update(first_name="<b>Vic</b>", last_name='"X" <eve@example.com>, Søren')
    Organization.objects.update(name="Smith & <Sons>, 株式会社")
    outbox.send("new_device", User.objects.get(pk=vic.pk), agent="<script>alert(1)</script>")
    [got] = deliver(postbox)
    html = got.text("html")
    assert "&lt;b&gt;Vic&lt;/b&gt;" in html
    assert "&lt;script&gt;" in html
    assert "<script>" in got.text("plain")
    assert [each.addr_spec for each in got.mail["To"].addresses] == ["vic@example.com"]
    assert got.mail["To"].addresses[0].display_name == '<b>Vic</b> "X" <eve@example.com>, Søren'
    assert got.mail["From"].addresses[0].display_name == "Smith & <Sons>, 株式会社"


HOSTILE = "=?utf-8?q?V=0d=0aReply-To:_evil=40x.de=0d=0a=0d=0aPay?="
HOSTILE_NAMES = [
    HOSTILE,
    HOSTILE.replace("?q?V=0d=0a", "?b?Vg0KUmVwbHktVG86IGV2aWxAeC5kZQ==?= =?utf-8?q?"),
    f"Vic {HOSTILE} {HOSTILE}",
    f"=={HOSTILE}",
    "==??utf-8?q?V=0d=0aReply-To:_evil=40x.de?=",
    "=?utf-8?q?Boss?=",
    "=?unknown?x?y?=",
    'Vic \\" (boss) <eve@example.com>,;:@[]',
    "x" * 63,
    "ä" * 63,
]


def name_in(got: Received, header: str) -> str:
    """As RFC 2047 has it: Python's newer parser leaves blanks between encoded words of one name."""
    [line] = re.findall(rf"(?m)^{header}: ([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", got.raw.partition(b"\r\n\r\n")[0].decode())
    return str(make_header(decode_header(line.rpartition("<")[0].strip())))


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_encoded_words_become_no_header(vic: User, postbox: Postbox, name: str) -> None:
    """Of names that somebody typed before the forms refused them, and of those put together: last name =, first ?…"""
    User.objects.filter(pk=vic.pk).update(first_name=name[:63], last_name="")
    Organization.objects.update(name=name)
    vic.refresh_from_db()
    for to in ("vic@example.com", "jörg@example.com"):
        User.objects.filter(pk=vic.pk).update(email=to)
        outbox.send("new_device", User.objects.get(pk=vic.pk), agent="Firefox")
    names = []
    for got in deliver(postbox):
        head = got.raw.partition(b"\r\n\r\n")[0]
        names.append([line.partition(b":")[0] for line in re.split(rb"\r\n(?![ \t])", head)])
        assert max(map(len, head.split(b"\r\n"))) <= 100
        assert name_in(got, "To") == headers.plain(name[:63])
        assert name_in(got, "From") == headers.plain(name)
    assert len(names) == 2
    for found in names:
        assert sorted(found)[:3] == [b"Auto-Submitted", b"Content-Type", b"Date"]
        assert set(found) == {
            b"Subject", b"From", b"To", b"Date", b"Message-ID", b"Auto-Submitted", b"MIME-Version", b"Content-Type",
        }  # fmt: skip


def test_an_encoded_word_in_an_address_becomes_no_header(vic: User, postbox: Postbox) -> None:
    """Of one that was typed before the forms refused it. Some versions of Python write it as it is."""
    User.objects.filter(pk=vic.pk).update(email="=?utf-8?q?a=0d=0areply-to=3ae?=@example.com")
    outbox.send("new_device", User.objects.get(pk=vic.pk), agent="Firefox")
    heads = [got.raw.partition(b"\r\n\r\n")[0] for got in deliver(postbox)]
    assert not [head for head in heads if re.search(rb"(?im)^reply-to", head)]
    assert heads or Email.objects.get().answer_code == "unwritten"


@pytest.mark.parametrize("subject", [HOSTILE, f"Ada {HOSTILE}", "==??utf-8?q?a=0aBcc:_e?="])
def test_an_encoded_word_in_a_subject_becomes_no_header(vic: User, subject: str) -> None:
    email = outbox.send("new_device", vic)
    assert email
    mail = composition.message(email, Words(subject, "text", "html"), "portal@example.com")
    read = message_from_bytes(in_bytes(mail, utf8=False))
    assert read.keys() == mail.keys()
    assert not {"Reply-To", "Bcc"} & {*read.keys()}


def test_names_are_always_encoded(vic: User) -> None:
    email = outbox.send("new_device", vic)
    assert email
    content = in_bytes(composition.message(email, Words("S", "text", "html"), "portal@example.com"), utf8=False)
    assert b"To: =?utf-8?q?Vic?=\r\n <vic@example.com>\r\n" in content
    assert b"From: =?utf-8?q?Company?=\r\n <portal@example.com>\r\n" in content


def test_a_mail_whose_headers_are_others_is_not_sent(
    vic: User, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some version of Python may write it after all."""
    monkeypatch.setattr(headers, "plain", lambda text: text)
    monkeypatch.setattr(EncodedNames, "fold_binary", EmailPolicy.fold_binary)
    mail = EmailMessage()
    mail["To"] = "vic@example.com"
    mail.set_content("text")
    with pytest.raises(headers.HeaderError):
        headers.verify(mail, in_bytes(mail, utf8=False).replace(b"To:", b"Reply-To: eve@example.com\r\nTo:"))
    User.objects.filter(pk=vic.pk).update(first_name=HOSTILE)
    outbox.send("new_device", User.objects.get(pk=vic.pk), agent="Firefox")
    received = deliver(postbox)
    email = Email.objects.get()
    assert [got.mail["Reply-To"] for got in received] in ([], [None])
    assert (email.answer_code == "unwritten") == (received == [])


@pytest.mark.parametrize("bad", ["Two\r\nBcc: eve@example.com", "Two\nlines", "Two\rlines"])
def test_a_line_more_in_a_header_is_refused(vic: User, bad: str) -> None:
    email = outbox.send("plain", vic)
    assert email
    with pytest.raises(ValueError, match=r"linefeed|newline|CR or LF|invalid"):
        composition.message(email, Words(bad, "text", "html"), "portal@example.com")
    email.user = User(first_name=bad, email="vic@example.com")
    with pytest.raises(ValueError, match=r"linefeed|newline|CR or LF|invalid"):
        composition.message(email, Words("Subject", "text", "html"), "portal@example.com")


def picture(email: Email) -> Words:
    return Words("A picture", "Look", '<img src="cid:qr" alt="">', (("qr", b"\x89PNG picture"),))


def test_a_picture_travels_inside(vic: User, postbox: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "picture", Kind(_("Picture"), f"{__name__}.picture", ""))
    outbox.send("picture", vic)
    [got] = deliver(postbox)
    parts = [each for each in got.mail.walk() if each.get_content_type() == "image/png"]
    assert [(each["Content-ID"], each.get_content()) for each in parts] == [("<qr>", b"\x89PNG picture")]
    assert [each.get_content_type() for each in got.mail.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip


# --- an extension that an administrator changed ---


def change(by: User | None, extension: SipExtension, **more: object) -> None:
    before = changes.picture(extension)
    for name, value in more.items():
        setattr(extension if hasattr(extension, name) else extension.user, name, value)
    extension.user.save()
    extension.save()
    changes.record(by, Change.Kind.CHANGED, extension.number, before, changes.picture(extension))


def test_who_is_changed_by_another_is_told_what(ada: User, vic: User, postbox: Postbox) -> None:
    extension = make_extension("1000", user=vic)
    former = changes.values(extension)
    change(
        ada, extension, max_phones=3, mobile="+14155550123", registration_name="SECRETNAME",
        registration_password="K7pQ2sT9vX4zB6nM8rD5",
    )  # fmt: skip
    [got] = deliver(postbox)
    assert got.mail["Subject"] == "Your extension 1000 was changed"
    for text in (got.text("plain"), re.sub("<[^>]*>", "", got.text("html"))):
        assert "Ada changed your extension 1000." in text
        assert "IP Phone Concurrent Registrations: 3 (was 1)" in " ".join(text.split())
        assert "Mobile Number: +1 415-555-0123" in text
        assert "Registration Password: changed" in text
        assert "Registration Name: changed" in text
    kept = str(list(Email.objects.values_list()))
    for secret in ("SECRETNAME", "K7pQ2sT9vX4zB6nM8rD5", former["registration_name"], extension.sealed_password):
        assert secret not in got.raw.decode()
        assert secret not in got.text("html")
        assert secret not in kept


def test_nobody_is_told_of_their_own_deed_nor_of_the_systems(vic: User) -> None:
    extension = make_extension("1000", user=vic)
    change(vic, extension, max_phones=3)
    change(None, extension, max_phones=2)
    assert not Email.objects.exists()


def test_another_address_is_told_at_both(ada: User, vic: User) -> None:
    change(ada, make_extension("1000", user=vic), email="new@example.com")
    assert set(Email.objects.values_list("kind", "to")) == {
        ("extension_changed", "vic@example.com"),
        ("extension_changed", "new@example.com"),
    }


def test_another_address_with_another_password_is_told_at_both(client: Client, ada: User, vic: User) -> None:
    client.force_login(ada)
    extension = make_extension("1000", user=vic)
    kept = {
        "email": "new@example.com", "registration_password": "", "registration_name": extension.registration_name,
        "version": str(extension.version), "password": "Another7Horse9Battery",
    }  # fmt: skip
    typed = Typed(number="1000", more=kept).fields
    assert client.post(reverse("extensions:edit", args=["1000"]), typed).status_code == 302
    assert {to for kind, to in Email.objects.values_list("kind", "to") if kind == "password_changed"} == {
        "vic@example.com",
        "new@example.com",
    }


def test_the_form_tells(client: Client, ada: User, vic: User) -> None:
    client.force_login(ada)
    extension = make_extension("1000", user=vic)
    kept = {
        "email": vic.email, "registration_password": "", "registration_name": extension.registration_name,
        "version": str(extension.version), "password": "Another7Horse9Battery",
    }  # fmt: skip
    answer = client.post(
        reverse("extensions:edit", args=["1000"]), Typed(number="1000", first_name="Victor", more=kept).fields
    )
    assert answer.status_code == 302
    assert sorted(Email.objects.values_list("kind", "by")) == [
        ("extension_changed", ada.pk),
        ("password_changed", ada.pk),
    ]
    assert "password" not in Email.objects.get(kind="extension_changed").facts["fields"]
