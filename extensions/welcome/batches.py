"""Welcome mails that were asked for together: how far they are, and what became of each."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, Max, Min, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.models import User
from core.keyset_pagination import PageOfAll, by_place
from core.mail.models import Email
from core.validators import digits
from extensions.models import SipExtensionQuerySet
from extensions.welcome.invitations import KIND

State = Email.State
OPEN, TROUBLE = (State.WAITING, State.SENDING), (State.REFUSED, State.UNCERTAIN)
LATELY = timedelta(minutes=1)
PAGE_SIZE = 25
LAST = 10

NEWER = Email.objects.filter(user=OuterRef("user"), kind=KIND, pk__gt=OuterRef("pk"))
TROUBLE_FIRST = Case(When(state__in=TROUBLE, then=Value(0)), When(state__in=OPEN, then=Value(1)), default=Value(2))


@dataclass(frozen=True)
class Progress:
    total: int
    taken: int
    refused: int
    uncertain: int
    void: int
    a_minute: int  # taken lately; 0 where that cannot be said yet
    delayed: int  # that the mail server has not taken at the first try
    answer: str  # to the last such try

    @property
    def settled(self) -> int:
        return self.taken + self.refused + self.uncertain + self.void

    @property
    def waiting(self) -> int:
        return self.total - self.settled

    @property
    def minutes_left(self) -> int:
        """At least one; 0 where it cannot be said."""
        return -(-self.waiting // self.a_minute) if self.a_minute else 0


def of(batch: uuid.UUID) -> QuerySet[Email]:
    return Email.objects.filter(batch=batch, kind=KIND)


def visible_to(user: User, batch: uuid.UUID) -> bool:
    """To who asked for it, and to who reaches all."""
    emails = of(batch) if user.reaches_everybody else of(batch).filter(by=user)
    return emails.exists()


def progress(batch: uuid.UUID) -> Progress:
    emails, lately = of(batch), timezone.now() - LATELY
    found = emails.aggregate(
        total=Count("pk"),
        **{state.value: Count("pk", filter=Q(state=state)) for state in (State.TAKEN, *TROUBLE, State.VOID)},
        recent=Count("pk", filter=Q(settled_at__gt=lately)),
        first=Min("settled_at", filter=Q(settled_at__gt=lately)),
        last=Max("settled_at"),
        delayed=Count("pk", filter=Q(state=State.WAITING, tries__gt=0)),
    )
    a_minute = _a_minute(found.pop("recent"), found.pop("first"), found.pop("last"))
    tried = emails.filter(state=State.WAITING, tries__gt=0).order_by("-due_at")
    last = tried.first() if found["delayed"] else None
    return Progress(**found, a_minute=a_minute, answer=last.answer_text if last else "")


def _a_minute(count: int, first: datetime | None, last: datetime | None) -> int:
    """Of those settled within the last minute; known from the second second on."""
    if first is None or last is None or count < 2:
        return 0
    seconds = (last - first).total_seconds()
    return round((count - 1) / seconds * 60) if seconds >= 1 else 0


@dataclass(frozen=True)
class Mailed:
    """One of a batch, as its page shows it. `again`: a newer one was asked for since."""

    email: Email
    number: str
    name: str
    again: bool

    @property
    def answer(self) -> str:
        """Not what all wait for alike: the page says that once."""
        return "" if self.email.waits_for_the_server else self.email.answer_text


def page(batch: uuid.UUID, visible: SipExtensionQuerySet, start: str) -> PageOfAll[Mailed]:
    """Those whose extensions one may see, the ones in trouble first; from the place `start` on."""
    emails = of(batch).filter(user__sip_extension__in=visible.order_by().values("pk"))
    total = emails.count()
    first = digits(start, most=max(total, 1)) or 1
    shown = emails.annotate(again=Exists(NEWER)).select_related("user__sip_extension")
    ordered = shown.order_by(TROUBLE_FIRST, "user__sip_extension__position")
    found: PageOfAll[Any] = by_place(ordered, first, total=total, size=PAGE_SIZE)
    return replace(found, rows=[_mailed(email) for email in found.rows])


def _mailed(email: Any) -> Mailed:
    user = email.user
    return Mailed(email, user.sip_extension.number, user.full_name, email.again)


def in_trouble(batch: uuid.UUID, managed: SipExtensionQuerySet) -> SipExtensionQuerySet:
    """The extensions of which a mail was refused or is uncertain, and no newer one was asked for."""
    troubled = of(batch).filter(state__in=TROUBLE).exclude(Exists(NEWER))
    return managed.filter(user__in=troubled.order_by().values("user"))


def asked_by(user: User) -> list[Any]:
    """The last batches of this person."""
    emails = Email.objects.filter(by=user, kind=KIND, batch__isnull=False).order_by()
    rows = emails.values("batch").annotate(
        at=Min("created_at"),
        total=Count("pk"),
        open=Count("pk", filter=Q(state__in=OPEN)),
        trouble=Count("pk", filter=Q(state__in=TROUBLE)),
    )
    return list(rows.order_by("-at")[:LAST])
