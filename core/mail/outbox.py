"""The mails that are to be sent: the table is the queue. An e-mail is written out when it is sent.

So no link and no secret is stored, and what it says is true at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.access.person import Person
from core.mail.models import Email
from core.preferences.models import Preferences

Changes = dict[str, list[str]]  # field -> [before, after]
WRITTEN_AT_ONCE = 500
QUIET, MOST = timedelta(minutes=10), timedelta(hours=1)


def send(kind: str, user: Person, *, by: Person | None = None, to: str = "", **facts: Any) -> Email | None:
    """Inside the transaction of what it tells of. None: the person has no address. `to`: another than the person's."""
    address = to or user.email
    if not address:
        return None
    return Email.objects.create(kind=kind, user_id=user.pk, to=address, by_id=by.pk if by else None, facts=facts)


def send_to_address(kind: str, to: str) -> Email:
    """To whoever has the address when it is written, which nobody looks for before: it may be nobody."""
    return Email.objects.create(kind=kind, to=to)


def send_many(kind: str, mails: Iterable[tuple[int, str, dict[str, Any]]], *, by: Person, batch: UUID | None) -> None:
    """As send() does, to (user's primary key, address, facts) each."""
    Email.objects.bulk_create(
        Email(kind=kind, user_id=user, to=to, by_id=by.pk, batch=batch, facts=facts) for user, to, facts in mails
    )


def send_again(email: Email) -> Email:
    """As another one: what became of the first stays to be read."""
    same = {name: getattr(email, name) for name in ("kind", "user_id", "to", "facts", "by_id", "batch")}
    return Email.objects.create(**same)


def notify_of_changes(kind: str, user: Person, fields: Changes, *, by: Person, to: str, **of: Any) -> None:
    """As notify() does, but one e-mail for what `by` changes in a row of the same thing, which the facts `of` name.

    It is sent after QUIET without another change, MOST after the first one at the latest.
    """
    now = timezone.now()
    same = {f"facts__{name}": value for name, value in of.items()}
    gathering = Email.objects.select_for_update().filter(
        kind=kind, user_id=user.pk, to=to, by_id=by.pk, state=Email.State.WAITING, tries=0, due_at__gt=now, **same
    )
    if email := gathering.order_by("id").first():
        email.facts["fields"] = merged(email.facts["fields"], fields)
        # Always another time than before: by this the worker sees that what it has written out is outdated.
        email.due_at = max(min(now + QUIET, email.created_at + MOST), email.due_at + timedelta(microseconds=1))
        email.save(update_fields=["facts", "due_at"])
    elif email := notify(kind, user, by=by, to=to, fields=fields, **of):
        email.due_at = now + QUIET
        email.save(update_fields=["due_at"])


def notify_many_of_changes(kind: str, mails: Sequence[tuple[Person, str, Changes, str]], *, by: Person) -> None:
    """As notify_of_changes() does for one, of (person, address, changes, number) each."""
    if kind not in Preferences.current().notifications:
        return
    now = timezone.now()
    wanted = {(user.pk, number, to): fields for user, to, fields, number in mails if kind not in user.muted}
    gathering = Email.objects.select_for_update().filter(
        kind=kind, by_id=by.pk, state=Email.State.WAITING, tries=0, due_at__gt=now
    )
    gathered = {}
    for email in gathering.order_by("-id"):
        key = (email.user_id, email.facts.get("number"), email.to)
        if key in wanted:
            gathered[key] = email
    for key, email in gathered.items():
        email.facts["fields"] = merged(email.facts["fields"], wanted.pop(key))
        email.due_at = max(min(now + QUIET, email.created_at + MOST), email.due_at + timedelta(microseconds=1))
    Email.objects.bulk_update(gathered.values(), ["facts", "due_at"], batch_size=WRITTEN_AT_ONCE)
    Email.objects.bulk_create(
        (
            Email(
                kind=kind, user_id=user, to=to, by_id=by.pk, due_at=now + QUIET,
                facts={"fields": fields, "number": number},
            )
            for (user, number, to), fields in wanted.items()
        ),
        batch_size=WRITTEN_AT_ONCE,
    )  # fmt: skip


def merged(before: Changes, after: Changes) -> Changes:
    """From the first old value of each field to the last new one; without those that are as they were."""
    both = {name: [before.get(name, pair)[0], pair[1]] for name, pair in {**before, **after}.items()}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


def notify_many(kind: str, mails: Sequence[tuple[Person, str]], *, by: Person) -> None:
    """As notify() does for one, to (person, address) each."""
    if kind in Preferences.current().notifications:
        send_many(kind, ((user.pk, to, {}) for user, to in mails if kind not in user.muted), by=by, batch=None)


def notify(kind: str, user: Person, *, by: Person | None = None, to: str = "", **facts: Any) -> Email | None:
    """As send() does, if the system and the person want such e-mails."""
    if kind not in Preferences.current().notifications or kind in user.muted:
        return None
    return send(kind, user, by=by, to=to, **facts)
