"""What stands on the page of mails, and in the header, of the e-mails of the outbox."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core import localization
from core.mail import kinds
from core.mail.errors import answer_text, in_short
from core.mail.models import Email, EmailQuerySet
from core.preferences.models import Preferences

State = Email.State
STATES: dict[str, str | Promise] = {
    State.WAITING: gettext_lazy("Waiting"),
    State.SENDING: gettext_lazy("Sending"),
    State.TAKEN: gettext_lazy("Accepted by the mail server"),
    State.REFUSED: gettext_lazy("Failed"),
    State.UNCERTAIN: gettext_lazy("Delivery unknown"),
    State.VOID: gettext_lazy("Not sent"),
}


@dataclass(frozen=True)
class Line:
    """One e-mail, as the page shows it."""

    email: Email

    @property
    def kind(self) -> str:
        return kinds.label(self.email.kind)

    @property
    def state(self) -> str:
        return str(STATES[self.email.state])

    @property
    def dot(self) -> str:
        if self.email.state in (State.REFUSED, State.UNCERTAIN):
            return "bad"
        if self.email.delayed_since:
            return "wait"
        return "good" if self.email.state == State.TAKEN else "none"

    @property
    def answer(self) -> str:
        return self.email.answer_text

    @property
    def waits_until(self) -> datetime | None:
        later = self.email.tries or self.email.due_at > self.email.created_at
        return self.email.due_at if self.email.state == State.WAITING and later else None

    @property
    def may_be_sent_again(self) -> bool:
        return self.email.state in (State.REFUSED, State.UNCERTAIN)

    @property
    def may_be_discarded(self) -> bool:
        return self.email.state == State.WAITING

    @property
    def may_be_looked_after(self) -> bool:
        return self.email.state == State.UNCERTAIN and self.email.settled_at is None


@dataclass(frozen=True)
class MailState:
    """For the header. `words` is "" where nothing is amiss, `why` where there is no more to say."""

    words: str = ""
    why: str = ""
    uncertain: bool = False

    @classmethod
    def now(cls) -> "MailState":
        """An index holds none but the troubled, of whom there are none as a rule."""
        troubled = Email.objects.troubled()
        if not troubled.exists():
            return cls()
        late = Q(state=State.WAITING)
        found = troubled.aggregate(
            since=Min("delayed_since", filter=late),
            uncertain=Count("pk", filter=Q(state=State.UNCERTAIN)),
        )
        if found["since"]:
            words = _("E-mail delayed since %(moment)s") % {"moment": short(found["since"])}
            return cls(words, _why(troubled.filter(late)))
        if number := found["uncertain"]:
            words = ngettext("Delivery of %(number)s e-mail unknown", "Delivery of %(number)s e-mails unknown", number)
            return cls(words % {"number": localization.count(number)}, uncertain=True)
        return cls()


def _why(late: EmailQuerySet) -> str:
    """What is about the server counts for more than what it says of one mail."""
    answer = late.order_by("-answer_code", "-answer").values_list("answer_code", "answer")[0]
    return f"{in_short(answer[0], Preferences.current().mail_host)} {answer_text(*answer)}"


def short(moment: datetime) -> str:
    """Of today: the time alone."""
    if localtime(moment).date() == localdate():
        return date_format(localtime(moment), "TIME_FORMAT")
    return localization.moment(moment)
