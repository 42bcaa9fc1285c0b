"""Which extensions have every typed word somewhere in their text: few are fetched, of many the order is walked."""

from dataclasses import dataclass

from django.db import connections

from core import folding
from extensions.listing import search_index
from extensions.models import SipExtensionQuerySet

FEW = 1000


@dataclass(frozen=True)
class Found:
    """`total` counts to FEW; `more`: there are more than that."""

    rows: SipExtensionQuerySet
    total: int
    more: bool = False


def search(rows: SipExtensionQuerySet, text: str) -> Found:
    words = folding.words(text)
    if not words:
        return Found(rows, rows.count())
    containing = rows.containing(words)
    positions = _positions(containing, words)
    if len(positions) <= FEW:
        few = containing.filter(position__in=positions)
        return Found(few, few.count())
    total = containing.order_by("position").values("position")[: FEW + 1].count()
    return Found(containing, min(total, FEW), total > FEW)


def _positions(containing: SipExtensionQuerySet, words: list[str]) -> list[int]:
    """Where to look: all matches and perhaps more, or the first of too many."""
    connection = connections[containing.db]
    long = [word for word in words if len(word) >= search_index.SHORTEST]
    if connection.vendor == "sqlite" and long:
        return search_index.matches(connection, long, FEW + 1)
    in_order = ["position"] if connection.vendor == "sqlite" else []
    return list(containing.order_by(*in_order).values_list("position", flat=True)[: FEW + 1])
