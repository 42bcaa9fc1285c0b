"""A mail that shows whether the mail server takes any: sent while one waits, with all that the server says."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.access.person import Person
from core.mail import composition
from core.mail.errors import Trouble
from core.mail.models import Email
from core.mail.smtp.client import Connection, Later, Refused, Server, Uncertain
from core.mail.smtp.protocol import Limits, Reply
from core.preferences import language

LIMITS = Limits(connect=4, reply=5, opening=10, after_the_dot=10)


@dataclass(frozen=True)
class Outcome:
    taken: bool
    words: str
    replies: list[Reply]
    to: str


def written(email: Email) -> composition.Words:
    return composition.words(email, _("Test e-mail"), {})


def send(server: Server, to: str, by: Person) -> Outcome:
    replies: list[Reply] = []
    taken, words = _try(server, to, by, replies)
    return Outcome(taken, words, [each for each in replies if _matters(each)], to)


def _try(server: Server, to: str, by: Person, replies: list[Reply]) -> tuple[bool, str]:
    try:
        with language.of(by):
            email = Email(kind="test", user_id=by.pk, to=to)
            mail = composition.message(email, written(email), server.sender)
        line = Connection(server, LIMITS, replies)
        try:
            line.hand_over(mail, to, lambda: True)
        finally:
            line.leave()
    except Trouble as trouble:
        return False, str(trouble)
    except Refused as refused:
        return False, _("The mail server rejected this e-mail: %(answer)s") % {"answer": refused}
    except Later as later:
        return False, _("The mail server cannot accept this e-mail now: %(answer)s") % {"answer": later}
    except Uncertain:
        return False, _("The mail server did not confirm the e-mail. Check whether it arrived.")
    return True, _("The mail server accepted the e-mail for %(to)s.") % {"to": to}


def _matters(reply: Reply) -> bool:
    """Not what it can do, what it asks for in between, and how it takes its leave."""
    usual = (reply.asked in ("EHLO", "HELO") and reply.code == 250) or reply.asked in ("RSET", "QUIT")
    return not usual and reply.code != 334
