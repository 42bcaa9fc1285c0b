"""Who may use an outbound route that not everyone may.

It follows roles, departments and extensions as they are saved: who leaves a department no longer calls by its routes,
whatever else waits for an apply.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from django.db.models import Max, Q

from accounts.models import Organization
from asterisk.engine import store as engine
from core.audit.models import AuditRecord
from extensions.models import SipExtension
from extensions.review import preferences as preference_changes
from extensions.review.preferences import Field
from trunks import record
from trunks.outbound import extension_ranges

TABLE = "outbound_member"
INSERT, DELETE = f"INSERT OR IGNORE INTO {TABLE} VALUES (?)", f"DELETE FROM {TABLE} WHERE id = ?"  # noqa: S608 (our own name)


def wanted() -> set[str]:
    """The ids of the table's rows, by the lines that the PBX has or has been given, and the people as they are now."""
    routes = record.of(preference_changes.given(Field.LINES))["outbound"]
    found: set[str] = set()
    for route in routes:
        if route["enabled"] and route.get("restricted"):
            numbers = SipExtension.objects.filter(_is_meant_by(route)).values_list("number", flat=True)
            found |= {f"{route['id']}-{number}" for number in numbers.iterator()}
    return found


def _is_meant_by(route: Mapping[str, Any]) -> Q:
    meant = Q(user__role__in=route["roles"])
    if route["organizations"]:
        below = Organization.tree().with_all_below(route["organizations"])
        meant |= Q(pk__in=SipExtension.objects.filter(user__organizations__in=below).values("pk"))
    for first, last in extension_ranges.parsed(route["extensions"]):
        meant |= Q(position__range=(first, last))
    return meant


def differing(db: sqlite3.Connection) -> tuple[set[str], set[str]]:
    """Rows that it lacks, and rows that it should not have."""
    now = wanted()
    held = {each for (each,) in db.execute(f"SELECT id FROM {TABLE}")}  # noqa: S608 (our own name)
    return now - held, held - now


def put(db: sqlite3.Connection) -> None:
    """Inside a transaction of the engine."""
    _write(db, *differing(db))


def _write(db: sqlite3.Connection, lacks: set[str], more: set[str]) -> None:
    db.executemany(DELETE, [(each,) for each in more])
    db.executemany(INSERT, [(each,) for each in lacks])


class Following:
    """Puts it right where anything was done since, as the operation log tells."""

    def __init__(self) -> None:
        self._seen: int | None = None

    def follow(self, db: sqlite3.Connection) -> None:
        """Raises what both databases raise, and then does it again the next time."""
        latest = AuditRecord.objects.aggregate(latest=Max("pk"))["latest"] or 0
        if latest == self._seen:
            return
        lacks, more = differing(db)  # before the transaction: calls write into the engine, too
        if lacks or more:
            with engine.transaction(db):
                _write(db, lacks, more)
        self._seen = latest
