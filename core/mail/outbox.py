"""The mails that are to be sent: the table is the queue. A letter is written out when it is sent.

So no link and no secret is stored, and what it says is true at that moment.
"""

from __future__ import annotations

from typing import Any

from core.access.person import Person
from core.mail.models import Letter
from core.preferences.models import Preferences


def send(kind: str, user: Person, *, by: Person | None = None, to: str = "", **facts: Any) -> Letter | None:
    """Inside the transaction of what it tells of. None: the person has no address. `to`: another than the person's."""
    address = to or user.email
    if not address:
        return None
    return Letter.objects.create(kind=kind, user_id=user.pk, to=address, by_id=by.pk if by else None, facts=facts)


def notify(kind: str, user: Person, *, by: Person | None = None, to: str = "", **facts: Any) -> Letter | None:
    """As send() does, if the system and the person want such letters."""
    if kind not in Preferences.current().notifications or kind in user.muted:
        return None
    return send(kind, user, by=by, to=to, **facts)
