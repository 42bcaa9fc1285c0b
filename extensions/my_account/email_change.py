"""A person's change of the e-mail address: asked for here, confirmed at the old address and at the new one.

In either order, by whoever reads the mails. Until both are there, nothing is changed; nor is anybody told whether the
new address is somebody's already.
"""

from datetime import timedelta
from enum import Enum

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import one_time_links
from accounts.models import User
from accounts.one_time_links import Link, Purpose
from accounts.profile.models import EmailChange
from core.audit import log
from core.mail import outbox
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.models import SipExtension
from extensions.my_account import self_service

MOST_ASKED = 5
WITHIN = timedelta(hours=1)
COLUMNS = {Purpose.OLD_EMAIL: "old_confirmed", Purpose.NEW_EMAIL: "new_confirmed"}
KINDS = {Purpose.OLD_EMAIL: "email_change_old", Purpose.NEW_EMAIL: "email_change_new"}


class Outcome(Enum):
    """`TAKEN`: meanwhile, or from the start, by somebody else."""

    WAITS = "waits"
    DONE = "done"
    TAKEN = "taken"
    VOID = "void"


def pending(user: User) -> EmailChange | None:
    """While its links are valid."""
    since = timezone.now() - timedelta(seconds=one_time_links.VALID_SECONDS[Purpose.NEW_EMAIL])
    return EmailChange.objects.filter(user=user, asked_at__gt=since).first()


def asked_too_often(user: User) -> bool:
    """Each asks for a mail to an address that may be anybody's."""
    since = timezone.now() - WITHIN
    return Email.objects.filter(user=user, kind="email_change_new", created_at__gt=since).count() >= MOST_ASKED


def ask(user: User, new: str) -> EmailChange:
    """What was asked for before is forgotten, with its links."""
    with transaction.atomic():
        EmailChange.objects.filter(user=user).delete()
        change = EmailChange.objects.create(user=user, new=new, old_confirmed=not user.email)
        outbox.send(KINDS[Purpose.OLD_EMAIL], user, by=user, change=change.pk)
        outbox.send(KINDS[Purpose.NEW_EMAIL], user, by=user, to=new, change=change.pk)
        _record(user, "person.email_asked", [user.email, new])
    return change


def cancel(change: EmailChange) -> None:
    with transaction.atomic():
        change.delete()
        _record(change.user, "person.email_cancelled", [change.user.email, change.new])


def token(change: EmailChange, side: Purpose) -> str:
    return one_time_links.token(Link(side, change.pk, change.version))


def find(text: str) -> tuple[Purpose, EmailChange] | None:
    """What a link is about, and which address it was sent to."""
    link = one_time_links.read(text)
    if link is None or link.purpose not in COLUMNS or "email" not in Preferences.current().self_service:
        return None
    changes = EmailChange.objects.select_related("user").filter(user__is_active=True)
    change = changes.filter(pk=link.about, version=link.version).first()
    return (link.purpose, change) if change else None


def confirm(change: EmailChange, side: Purpose) -> Outcome:
    with transaction.atomic():
        EmailChange.objects.filter(pk=change.pk).update(**{COLUMNS[side]: True})
        now = EmailChange.objects.select_for_update().select_related("user").filter(pk=change.pk).first()
        if now is None:
            return Outcome.VOID
        if now.old_confirmed and now.new_confirmed:
            return _carry_out(now)
        _record(now.user, "person.email_confirmed", [now.user.email, now.new])
        return Outcome.WAITS


def _carry_out(change: EmailChange) -> Outcome:
    user, old = change.user, change.user.email
    change.delete()
    try:
        with transaction.atomic():
            self_service.change(user, email=change.new, link_version=user.link_version + 1)
    except IntegrityError:
        _record(user, "person.email_asked", [old, change.new], log.Result.REFUSED)
        return Outcome.TAKEN
    if old:
        outbox.send("email_changed", user, by=user, to=old, new=change.new)
    return Outcome.DONE


def _record(user: User, action: str, pair: list[str | None], result: log.Result = log.Result.DONE) -> None:
    number = SipExtension.objects.filter(user=user).values_list("number", flat=True).first()
    log.record(
        user,
        action,
        user.full_name,
        number=number or "",
        result=result,
        fields={"email": [each or "" for each in pair]},
    )
