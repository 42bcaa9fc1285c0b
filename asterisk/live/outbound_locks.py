"""Extensions that called outside too often are told of: as an event, by mail and webhook, and in the operation log."""

import sqlite3

from django.db import transaction

from core.audit import log
from core.coded_text import CodedText
from core.events import look

KIND = "outbound_locked"


def tell(db: sqlite3.Connection) -> None:
    """Of those that the dial plan has locked and nobody was told of. Raises DatabaseError."""
    for key, number, dialed in db.execute("SELECT id, number, dialed FROM outbound_lock_news ORDER BY id").fetchall():
        with transaction.atomic():
            log.record(None, "extension.outbound_locked", number, dialed=dialed)
            look.begin(KIND, CodedText("outbound.locked", number=number, dialed=dialed), number)
        db.execute("DELETE FROM outbound_lock_news WHERE id = ?", (key,))


def solve(number: str) -> None:
    look.solve(KIND, number)
