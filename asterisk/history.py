"""Each apply is a restore point: what it changed can be wished back, and applied like any other wish."""

from datetime import datetime

from accounts.models import User
from asterisk.models import ApplyRun
from extensions import review, wish
from extensions.models import Change


def former_wishes(changes: list[Change]) -> dict[str, wish.Record | None]:
    """number -> the wish before the first of these changes."""
    formers: dict[str, wish.Record | None] = {}
    for change in sorted(changes, key=lambda change: change.pk):
        formers.setdefault(change.number, change.former)
    return formers


def undo(run: ApplyRun, by: User | None) -> list[str]:
    """Wish back what this apply changed. Gives the numbers that now wait. Raises wish.CannotPutBack."""
    return review.restore(former_wishes(list(run.changes.all())), by)


def back_to(moment: datetime, by: User | None) -> list[str]:
    """Wish back all that was applied after the moment. Gives the numbers that now wait. Raises wish.CannotPutBack."""
    return review.restore(former_wishes(list(Change.objects.filter(applied_at__gt=moment))), by)
