"""Calls to emergency numbers are told of at once: by mail to the people who were chosen, and in the operation log."""

import sqlite3

from django.db import transaction

from accounts.models import User
from asterisk.live.emails import EMERGENCY
from core.access.permissions import Permission
from core.audit import log
from core.mail import outbox
from extensions.models import SipExtension
from trunks.models import Emergency


def tell(db: sqlite3.Connection) -> None:
    """Of what the dial plan has noted and nobody was told of. Raises DatabaseError."""
    for key, dialed, caller, at in db.execute(
        "SELECT id, dialed, caller, at FROM emergency_call ORDER BY id"
    ).fetchall():
        extension = SipExtension.objects.select_related("user").filter(number=caller).first()
        location = extension.location if extension else ""
        with transaction.atomic():
            log.record(
                extension.user if extension else None, "emergency.called", caller, dialed=dialed, location=location
            )
            for person in people():
                outbox.send(EMERGENCY, person, dialed=dialed, caller=caller, at=at, location=location)
        db.execute("DELETE FROM emergency_call WHERE id = ?", (key,))


def people() -> list[User]:
    """Who were chosen; where none were, who may change what happens."""
    chosen = list(User.objects.filter(pk__in=Emergency.load().people, is_active=True).exclude(email=None))
    return chosen or list(User.objects.who_may(Permission.MANAGE_ROUTES))
