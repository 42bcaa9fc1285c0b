"""Why a mail was not taken: stored as a code and what the server said, shown in the reader's language."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

DETAIL_LENGTH = 400

SILENT = {
    "no_address": gettext_lazy("There is no address for that name. Look for a slip in Mail server."),
    "unreachable": gettext_lazy("It cannot be reached. Look at Mail server and Port, and at firewalls between."),
    "timeout": gettext_lazy("It did not answer in time. Look at Port and Security, and at firewalls between."),
    "broken": gettext_lazy("It broke the connection off. Look at Port and Security, or at the server's own log."),
    "not_smtp": gettext_lazy("What answers there is no mail server. Look at Port and Security."),
    "tls": gettext_lazy("No encrypted connection came about. Look whether Security fits the Port."),
    "certificate": gettext_lazy(
        "Its certificate is not to be trusted. Enter the name that stands in it as Mail server, or have it renewed."
    ),
}
REFUSING = {
    "greeting": gettext_lazy("It takes no mail from here now."),
    "no_starttls": gettext_lazy("It does not offer STARTTLS. Choose TLS with the port for it, often 465."),
    "no_auth": gettext_lazy("It does not ask for a user name here. Leave User Name empty, or choose another Port."),
    "password_refused": gettext_lazy(
        "It does not accept User Name and Password. Some servers want a password made for programs."
    ),
    "unencrypted": gettext_lazy(
        "The password was not sent, because the connection is not encrypted. Choose STARTTLS or TLS."
    ),
    "sealed": gettext_lazy("The password cannot be opened with this installation's keys. Enter it again."),
    "sender_utf8": gettext_lazy(
        "It cannot send from an address with letters such as ö. Enter another Sender Address, in plain letters."
    ),
    "sender_refused": gettext_lazy("It does not take mail from the Sender Address. Enter one that belongs to it."),
    "busy": gettext_lazy("It takes no mail now, and asks to try again later."),
}
# Of one e-mail, where the server did not get to say anything.
OF_A_LETTER = {
    "no_utf8": gettext_lazy(
        "The mail server cannot send to an address with letters such as ö. Enter another address for this person."
    ),
    "unwritten": gettext_lazy("The letter could not be written. The portal's log says why."),
    "cut_off": gettext_lazy("The connection ended before the server answered: it may have taken the letter."),
    "stopped": gettext_lazy("The portal was stopped before the server answered: it may have taken the letter."),
    "discarded": gettext_lazy("Discarded before it was sent."),
    "nothing": gettext_lazy("There was nothing any more to write."),
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
        return _with(_("Given up after two days."), _with(text, said))
    return _with(text, said)


def _with(text: str, more: str) -> str:
    return f"{text} ({more})" if text and more else text or more


def in_short(code: str, host: str) -> str:
    """For the header."""
    if code in SILENT:
        return _("The mail server at %(host)s does not answer.") % {"host": host}
    return _("The mail server at %(host)s refuses.") % {"host": host}
