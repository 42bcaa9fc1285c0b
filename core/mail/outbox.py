"""The mails that are to be sent: the table is the queue. An e-mail is written out when it is sent.

So no link and no secret is stored, and what it says is true at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from core.access.person import Person
from core.mail.models import Email
from core.preferences.models import Preferences


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


def notify(kind: str, user: Person, *, by: Person | None = None, to: str = "", **facts: Any) -> Email | None:
    """As send() does, if the system and the person want such e-mails."""
    if kind not in Preferences.current().notifications or kind in user.muted:
        return None
    return send(kind, user, by=by, to=to, **facts)
