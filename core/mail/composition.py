"""An e-mail written out: by the function of its kind, in the person's language, as a mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from core.mail import headers
from core.mail.kinds import KINDS
from core.mail.models import Email
from core.mail.smtp.client import in_ascii_if_possible, in_bytes
from core.preferences import language


@dataclass(frozen=True)
class Attachment:
    """`name`: of the file, a name that we made. `type`: as audio/mpeg."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class Words:
    """`images`: (content id, PNG) of each that the HTML shows as cid:…; nothing is fetched from elsewhere."""

    subject: str
    text: str
    html: str
    images: tuple[tuple[str, bytes], ...] = ()
    attachments: tuple[Attachment, ...] = ()


Images = tuple[tuple[str, bytes], ...]
Writer = Callable[[Email], Words | None]


def words(
    email: Email,
    subject: str,
    context: dict[str, Any],
    images: Images = (),
    attachments: tuple[Attachment, ...] = (),
) -> Words:
    """From the two templates of its kind, one for HTML and one for plain text."""
    shown = {
        **context,
        "email": email,
        "person": email.user,
        "subject": subject,
        "company": company_name(),
        "portal": settings.PORTAL_URL,
        "language": translation.get_language(),
    }
    template = KINDS[email.kind].template
    text = render_to_string(f"{template}.txt", shown)
    return Words(subject, tidy(text), render_to_string(f"{template}.html", shown), images, attachments)


def tidy(text: str) -> str:
    """Paragraphs with one empty line between them, wherever a template left more."""
    paragraphs = "\n".join(line.strip() for line in text.splitlines()).split("\n\n")
    return "\n\n".join(each.strip("\n") for each in paragraphs if each.strip()) + "\n"


def written(email: Email, sender: str) -> EmailMessage | None:
    """None: there is nothing any more to write, or nobody."""
    if email.user is None:  # asked for by somebody who had not signed in: whoever it is was not looked for then
        email.user = get_user_model().objects.filter(email=email.to).first()
    if email.user is None:
        return None
    writer: Writer = import_string(KINDS[email.kind].writer)
    with language.of(email.user):
        found = writer(email)
        return message(email, found, sender) if found else None


def message(email: Email, found: Words, sender: str) -> EmailMessage:
    """Raises ValueError where the subject, a name or an address is more than one line, or becomes another header."""
    mail = EmailMessage()
    mail["Subject"] = headers.plain(found.subject)
    mail["From"] = mailbox(company_name(), sender)
    mail["To"] = mailbox(email.user.full_name if email.user else "", email.to)
    mail["Date"] = format_datetime(timezone.localtime())
    mail["Message-ID"] = message_id(email, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(found.text)
    mail.add_alternative(found.html, subtype="html")
    html = mail.get_payload()[1]  # type: ignore[index]
    for content_id, png in found.images:
        html.add_related(  # type: ignore[union-attr]
            png, "image", "png", cid=f"<{content_id}>", disposition="inline", filename=f"{content_id}.png"
        )
    for each in found.attachments:
        kind, _slash, form = each.type.partition("/")
        mail.add_attachment(each.content, kind, form, filename=each.name)
    headers.verify(mail, in_bytes(mail, utf8=not f"{email.to}{sender}".isascii()))
    return mail


def company_name() -> str:
    name: str = apps.get_model(settings.COMPANY_MODEL).company_name()
    return name


def mailbox(name: str, address: str) -> Address:
    username, _at, domain = in_ascii_if_possible(address).rpartition("@")
    return Address(headers.plain(name), username, domain)


def message_id(email: Email, sender: str) -> str:
    """The same at each try, so that whoever gets an e-mail twice can tell."""
    key = salted_hmac("core.mail.composition", f"{email.pk} {email.created_at.isoformat()}").hexdigest()
    return f"<{key}@{in_ascii_if_possible(sender).rpartition('@')[2]}>"
