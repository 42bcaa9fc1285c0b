"""What people have typed stays text in a mail, and what is sent along arrives as it was."""

import email
from email.message import EmailMessage
from email.policy import default

import pytest
from pytest_django.fixtures import Settings

from accounts.models import Organization, User
from core.mail import composition, headers
from core.mail.composition import Attachment, Words
from core.mail.headers import HeaderError
from core.mail.models import Email
from core.mail.smtp.client import in_ascii_if_possible, in_bytes


@pytest.mark.parametrize(("text", "plain"), [("a =?b", "a = ?b"), ("==??", "== ??"), ("a = ?", "a = ?"), ("", "")])
def test_no_encoded_word_begins_in_what_was_typed(text: str, plain: str) -> None:
    assert headers.plain(text) == plain
    assert headers.ENCODED_WORD not in headers.plain(text)


def test_a_mail_with_other_headers_than_it_was_given_is_not_sent() -> None:
    mail = EmailMessage()
    mail["Subject"], mail["To"] = "Hello", "a@example.com"
    headers.verify(mail, b"subject: Hello\r\nTO: a@example.com\r\n\r\nText")
    for wrong in (b"Subject: Hello\r\n\r\n", b"Subject: Hello\r\nTo: a@example.com\r\nBcc: e@example.com\r\n\r\n",
                  b"To: a@example.com\r\nSubject: Hello\r\n\r\n"):  # fmt: skip
        with pytest.raises(HeaderError, match="other headers"):
            headers.verify(mail, wrong)


@pytest.mark.parametrize(
    ("text", "tidied"),
    [("  a  \n b\n\n\n\n c \n", "a\nb\n\nc\n"), ("\n\na\n\n \n\nb", "a\n\nb\n"), ("", "\n")],
)
def test_paragraphs_have_one_empty_line_between_them(text: str, tidied: str) -> None:
    assert composition.tidy(text) == tidied


def test_lines_end_and_dots_begin_as_smtp_wants_it() -> None:
    mail = EmailMessage()
    mail["Subject"] = "Dots"
    mail.set_content(".first\nsecond.\n..third")
    content = in_bytes(mail, utf8=False)
    assert content.endswith(b"\r\n..first\r\nsecond.\r\n...third\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    ("address", "ascii_if_possible"),
    [
        ("ada@example.com", "ada@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("jörg@example.com", "jörg@example.com"),
        ("ada@-.example", "ada@-.example"),
    ],
)
def test_a_domain_has_a_name_in_ascii(address: str, ascii_if_possible: str) -> None:
    assert in_ascii_if_possible(address) == ascii_if_possible


def written(user: User | None, to: str, sender: str = "portal@example.com") -> EmailMessage:
    found = Words(
        "Hello =?utf-8?q?x?=",
        "Text",
        "<img src='cid:code'>",
        (("code", b"png"),),
        (Attachment("message.mp3", "audio/mpeg", b"sound"),),
    )
    mail = composition.message(Email(pk=1, kind="test", user=user, to=to), found, sender)
    return email.message_from_bytes(in_bytes(mail, utf8=True), policy=default)


def test_a_mail_has_its_pictures_within_and_its_recordings_beside(ada: User) -> None:
    Organization.objects.update(name="Acme")
    mail = written(ada, "ada@example.com")
    assert (mail["Subject"], mail["To"], mail["From"]) == (
        "Hello = ?utf-8?q?x?=", "Ada <ada@example.com>", "Acme <portal@example.com>",
    )  # fmt: skip
    assert mail["Auto-Submitted"] == "auto-generated"
    parts = {part.get_content_type(): part for part in mail.walk()}
    assert parts["text/plain"].get_content().strip() == "Text"
    assert parts["image/png"]["Content-ID"] == "<code>"
    assert parts["image/png"].get_content_disposition() == "inline"
    assert parts["image/png"].get_filename() == "code.png"
    assert parts["audio/mpeg"].get_content_disposition() == "attachment"
    assert (parts["audio/mpeg"].get_filename(), parts["audio/mpeg"].get_content()) == ("message.mp3", b"sound")
    assert written(None, "eve@example.com")["To"] == "eve@example.com"


def test_an_address_of_another_alphabet_is_written_as_it_is(ada: User, settings: Settings) -> None:
    assert "jörg@example.com" in str(written(ada, "jörg@example.com")["To"])
    assert "bücher" not in str(written(ada, "ada@bücher.example")["To"])
    one, other = Email(pk=1), Email(pk=2)
    other.created_at = one.created_at
    key = composition.message_id(one, "portal@bücher.example")
    assert key.endswith("@xn--bcher-kva.example>")
    assert key == composition.message_id(one, "portal@bücher.example")
    assert key != composition.message_id(other, "portal@bücher.example")
