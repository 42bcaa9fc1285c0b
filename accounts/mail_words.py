"""What stands on the page of mails, and in the header, of the letters of the outbox."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.mail_trouble import in_short, in_words
from accounts.models import Letter
from pbxportal import locality
from pbxportal.models import Preferences

State = Letter.State
STATES: dict[str, str | Promise] = {
    State.WAITING: _("Waiting"),
    State.SENDING: _("Being sent"),
    State.TAKEN: _("Taken by the server"),
    State.REFUSED: _("Refused"),
    State.UNCERTAIN: _("Uncertain"),
    State.VOID: _("Not sent"),
}
KINDS: dict[str, str | Promise] = {
    "welcome": _("Welcome"),
    "reset": _("Forgotten password"),
    "password_changed": _("Password changed"),
    "new_device": _("Signed in on a new device"),
    "second_factor_changed": _("Second factor changed"),
    "email_change_old": _("Another address, to the old one"),
    "email_change_new": _("Another address, to the new one"),
    "extension_changed": _("Extension changed"),
    "new_network": _("Phone in a new network"),
}


@dataclass(frozen=True)
class Line:
    """One letter, as the page shows it."""

    letter: Letter

    @property
    def kind(self) -> str:
        return str(KINDS.get(self.letter.kind, self.letter.kind))

    @property
    def state(self) -> str:
        return str(STATES[self.letter.state])

    @property
    def dot(self) -> str:
        if self.letter.state in (State.REFUSED, State.UNCERTAIN):
            return "bad"
        if self.letter.delayed_since:
            return "wait"
        return "good" if self.letter.state == State.TAKEN else "none"

    @property
    def answer(self) -> str:
        return in_words(self.letter.answer)

    @property
    def waits_until(self) -> datetime | None:
        return self.letter.due_at if self.letter.state == State.WAITING and self.letter.tries else None

    @property
    def may_be_sent_again(self) -> bool:
        return self.letter.state in (State.REFUSED, State.UNCERTAIN)

    @property
    def may_be_discarded(self) -> bool:
        return self.letter.state == State.WAITING

    @property
    def may_be_looked_after(self) -> bool:
        return self.letter.state == State.UNCERTAIN and self.letter.settled_at is None


@dataclass(frozen=True)
class MailState:
    """For the header. `waits` is "" where nothing waits longer than usual."""

    waits: str
    uncertain: int

    @classmethod
    def now(cls) -> "MailState":
        """One question: an index holds none but the troubled."""
        late = Q(state=State.WAITING)
        found = Letter.objects.troubled().aggregate(
            since=Min("delayed_since", filter=late),
            answer=Max("answer", filter=late),
            uncertain=Count("pk", filter=Q(state=State.UNCERTAIN)),
        )
        waits = ""
        if found["since"]:
            waits = str(
                _("Mail waits: %(why)s since %(moment)s")
                % {
                    "why": in_short(found["answer"], Preferences.current().mail_host),
                    "moment": locality.moment(found["since"]),
                }
            )
        return cls(waits, found["uncertain"])
