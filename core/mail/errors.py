"""What keeps the mail server from taking any mail: kept as a word and what was said, told in the reader's language."""

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

DETAIL_LENGTH = 400
# How an answer begins that is about the server, not about the letter: the server's own begin with their three digits.
ABOUT_THE_SERVER = r"^[a-z_]+: "

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
    "sender_refused": gettext_lazy("It does not take mail from the Sender Address. Enter one that belongs to it."),
    "busy": gettext_lazy("It takes no mail now, and asks to try again later."),
}
# Of one letter, where the server did not get to say anything.
OF_A_LETTER = {
    "no_utf8": gettext_lazy("The mail server cannot send to an address with such letters."),
    "unwritten": gettext_lazy("The letter could not be written. The portal's log says why."),
    "cut_off": gettext_lazy("The connection ended before the server answered: it may have taken the letter."),
    "stopped": gettext_lazy("The portal was stopped before the server answered: it may have taken the letter."),
    "discarded": gettext_lazy("Discarded before it was sent."),
    "given_up": gettext_lazy("Given up after two days."),
    "nothing": gettext_lazy("There was nothing any more to write."),
}
WORDS: dict[str, str | Promise] = {**SILENT, **REFUSING, **OF_A_LETTER}


@dataclass
class Trouble(Exception):
    """With the server: no letter would fare better."""

    kind: str
    detail: str = ""

    @property
    def kept(self) -> str:
        return kept(self.kind, self.detail)


def kept(kind: str, detail: str = "") -> str:
    """As Letter.answer keeps it."""
    return f"{kind}: {one_line(detail)}"


def one_line(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:DETAIL_LENGTH]


def in_words(answer: str) -> str:
    """What Letter.answer means: a server's own words are left as they are."""
    kind, detail = _parted(answer)
    if kind not in WORDS:
        return answer
    words = str(WORDS[kind])
    said = in_words(detail)
    return f"{words} ({said})" if said else words


def is_silence(answer: str) -> bool:
    return _parted(answer)[0] in SILENT


def in_short(answer: str, host: str) -> str:
    """For the header."""
    if is_silence(answer):
        return _("The mail server at %(host)s does not answer.") % {"host": host}
    return _("The mail server at %(host)s refuses.") % {"host": host}


def _parted(answer: str) -> tuple[str, str]:
    if not re.match(ABOUT_THE_SERVER, answer):
        return "", answer
    kind, _colon, detail = answer.partition(": ")
    return kind, detail
