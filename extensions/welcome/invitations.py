"""The mail by which a person chooses a password: who may get it, and asking for it, for one or for ten thousand.

Asking makes the link of an earlier one void at once: the link works for one version of its person alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import models
from django.db.models import BooleanField, Case, Count, ExpressionWrapper, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.passwords import rules as password_rules
from core.audit import log
from core.coded_text import CodedText
from core.mail import outbox
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.models import SipExtension, SipExtensionQuerySet

KIND = "welcome"
CHUNK = 500
NAMED = 100  # as many are recorded one by one: each is a step of the log's chain, at which all others wait


class Standing(models.IntegerChoices):
    """Where a person stands: the first that is true."""

    LEFT = 0, _("Offboarded")
    DISABLED = 1, _("Extension disabled")
    NO_ADDRESS = 2, _("No e-mail address")
    NO_SIGN_IN = 3, _("Sign-in blocked")
    HAS_PASSWORD = 4, _("Already has a password")
    NEW = 5, _("No password chosen yet")


MAY_GET = (Standing.HAS_PASSWORD, Standing.NEW)
HAS_PASSWORD = password_rules.is_set("user__password")
STANDING = Case(
    When(left_on__isnull=False, then=Value(Standing.LEFT)),
    When(enabled=False, then=Value(Standing.DISABLED)),
    When(Q(user__email=None) | Q(user__email=""), then=Value(Standing.NO_ADDRESS)),
    When(user__is_active=False, then=Value(Standing.NO_SIGN_IN)),
    When(HAS_PASSWORD, then=Value(Standing.HAS_PASSWORD)),
    default=Value(Standing.NEW),
)


def of_standing(found: SipExtensionQuerySet, *standings: int) -> SipExtensionQuerySet:
    return found.alias(standing=STANDING).filter(standing__in=standings)


def standing_of(extension: SipExtension) -> Standing:
    return Standing(SipExtension.objects.filter(pk=extension.pk).values_list(STANDING, flat=True)[0])


def counts(found: SipExtensionQuerySet) -> dict[Standing, int]:
    """How many stand where."""
    rows = found.order_by().values(standing=STANDING).annotate(many=Count("pk")).values_list("standing", "many")
    many = dict(rows)
    return {standing: many.get(standing, 0) for standing in Standing}


def ask(found: SipExtensionQuerySet, by: User, *, batch: uuid.UUID | None = None) -> list[str]:
    """Gives the numbers whose people get one; all the others are passed over."""
    with log.together():
        people = dict(of_standing(found, *MAY_GET).order_by().values_list("user", "number"))
        asked = [people[user] for user in _enqueue(sorted(people), by, batch)]
        if len(asked) <= NAMED:
            for number in asked:
                log.record(by, "extension.welcome_asked", number)
        else:
            on = CodedText("extension.many", number=len(asked))
            log.record(by, "welcome.asked", on, count=len(asked), batch=batch)
    return asked


def _enqueue(users: list[int], by: User, batch: uuid.UUID | None) -> Iterator[int]:
    """In the order of the primary keys, so that two who ask at once do not wait for each other in a ring."""
    for some in (users[start : start + CHUNK] for start in range(0, len(users), CHUNK)):
        held = User.objects.select_for_update(no_key=True).filter(pk__in=some).order_by("pk")
        people = list(held.exclude(email=None).values_list("pk", "email", "link_version"))
        User.objects.filter(pk__in=[pk for pk, _, _ in people]).update(link_version=F("link_version") + 1)
        mails = ((pk, email or "", {"version": version + 1}) for pk, email, version in people)
        outbox.send_many(KIND, mails, by=by, batch=batch)
        yield from (pk for pk, _, _ in people)


@dataclass(frozen=True)
class Shown:
    """What an extension's page says of the welcome mail."""

    email: Email | None
    standing: Standing
    has_password: bool
    mail_is_set_up: bool
    reader: User

    @property
    def answer(self) -> str:
        return self.email.answer_text if self.email else ""

    @property
    def batch(self) -> uuid.UUID | None:
        """That it was asked for in, where the reader may see that."""
        email = self.email
        if email is None or not (self.reader.reaches_everybody or email.by_id == self.reader.pk):
            return None
        return email.batch

    @property
    def may_be_sent(self) -> bool:
        return self.mail_is_set_up and self.is_possible

    @property
    def is_possible(self) -> bool:
        """But for the mail server."""
        return self.standing in MAY_GET

    @property
    def is_next(self) -> bool:
        """Whether it is what one would do now."""
        return self.may_be_sent and not self.has_password and self.email is None


def shown(extension: SipExtension, reader: User) -> Shown:
    only = SipExtension.objects.filter(pk=extension.pk)
    standing, has_password = only.values_list(STANDING, ExpressionWrapper(HAS_PASSWORD, BooleanField()))[0]
    email = Email.objects.filter(user=extension.user_id, kind=KIND).first()
    return Shown(email, Standing(standing), has_password, bool(Preferences.current().mail_host), reader)
