"""Why a mail was not taken: stored as a code and what the server said, shown in the reader's language."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

DETAIL_LENGTH = 400

SILENT = {
    "no_address": gettext_lazy("No server has that name. Check Mail server for a typo."),
    "unreachable": gettext_lazy("It cannot be reached. Check Mail server, Port, and any firewalls."),
    "timeout": gettext_lazy("It did not respond in time. Check Port, Security, and any firewalls."),
    "broken": gettext_lazy("It closed the connection. Check Port and Security, or the server's own log."),
    "not_smtp": gettext_lazy("The program at that port is not a mail server. Check Port and Security."),
    "tls": gettext_lazy("The encrypted connection failed. Check that Security matches Port."),
    "certificate": gettext_lazy(
        "Its certificate is not trusted. Enter the name in the certificate as Mail server, or have the certificate"
        " renewed."
    ),
}
REFUSING = {
    "greeting": gettext_lazy("It does not accept e-mail from this portal now."),
    "no_starttls": gettext_lazy("It does not offer STARTTLS. Choose TLS and its port, often 465."),
    "no_auth": gettext_lazy("It does not accept a user name on this port. Leave User Name empty, or change Port."),
    "password_refused": gettext_lazy("It rejected the User Name and Password. Some servers require an app password."),
    "unencrypted": gettext_lazy(
        "The password was not sent, because the connection is not encrypted. Choose STARTTLS or TLS."
    ),
    "sealed": gettext_lazy("The password cannot be decrypted with this installation's keys. Enter it again."),
    "sender_utf8": gettext_lazy(
        "It cannot send from an address with characters such as ö. Enter a Sender Address without them."
    ),
    "sender_refused": gettext_lazy(
        "It does not accept e-mail from Sender Address. Enter an address that belongs to this server."
    ),
    "busy": gettext_lazy("It does not accept e-mail now and asks to try again later."),
}
# Of one e-mail, where the server did not get to say anything.
OF_A_LETTER = {
    "no_utf8": gettext_lazy(
        "The mail server cannot send to an address with characters such as ö. Enter another address for this person."
    ),
    "unwritten": gettext_lazy("The e-mail could not be created. See the portal's log for the reason."),
    "cut_off": gettext_lazy("The connection ended before the server replied. The e-mail may have been accepted."),
    "stopped": gettext_lazy("The portal stopped before the server replied. The e-mail may have been accepted."),
    "discarded": gettext_lazy("Discarded before it was sent."),
    "nothing": gettext_lazy("There was nothing left to send."),
}
WORDS: dict[str, str | Promise] = {**SILENT, **REFUSING, **OF_A_LETTER}


@dataclass
class Trouble(Exception):
    """With the server: no e-mail would fare better."""

    code: str
    said: str = ""

    def __str__(self) -> str:
        return answer_text(self.code, self.said)


def one_line(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:DETAIL_LENGTH]


def answer_text(code: str, said: str, *, given_up: bool = False) -> str:
    """In the reader's language, but for what the server itself said."""
    text = str(WORDS.get(code, code))
    if given_up:
        return _with(_("Gave up after two days."), _with(text, said))
    return _with(text, said)


def _with(text: str, more: str) -> str:
    return f"{text} ({more})" if text and more else text or more


def in_short(code: str, host: str) -> str:
    """For the header."""
    if code in SILENT:
        return _("The mail server at %(host)s is not responding.") % {"host": host}
    return _("The mail server at %(host)s refuses e-mail.") % {"host": host}
