"""Which extensions have every typed word somewhere in their text: few are fetched, of many the order is walked."""

from dataclasses import dataclass

from django.db import connections

from core import folding
from extensions.listing import search_index
from extensions.models import SipExtension, SipExtensionQuerySet

FEW = 1000  # are fetched
COUNTED = 10_000


@dataclass(frozen=True)
class Found:
    """`more`: there are more than `total`, and nobody counted them. `trouble`: why none was looked for, in words."""

    rows: SipExtensionQuerySet
    total: int
    more: bool = False
    trouble: str = ""


def search(rows: SipExtensionQuerySet, text: str, *orders: str) -> Found:
    """`orders`: in which those are met first that match but for the text; none where that is for the database."""
    words = folding.words(text)
    if not words:
        return counted(rows, COUNTED, *orders)
    matching, are_few = _matching(rows, words)
    return counted(matching, FEW) if are_few else counted(matching, FEW, "position")


def first_of(rows: SipExtensionQuerySet, text: str, most: int) -> list[SipExtension]:
    """By number; none where no word was typed."""
    words = folding.words(text)
    return list(_matching(rows, words)[0].order_by("position")[:most]) if words else []


def _matching(rows: SipExtensionQuerySet, words: list[str]) -> tuple[SipExtensionQuerySet, bool]:
    """Those that match, and whether they are few."""
    rows = rows.containing(words)
    positions = _positions(rows, words)
    if len(positions) <= FEW:
        return rows.filter(position__in=positions), True
    return rows, False


def counted(rows: SipExtensionQuerySet, most: int, *orders: str, of: SipExtensionQuerySet | None = None) -> Found:
    """`most`: so many are counted of those that must be looked at. `of`: the same rows, sooner counted so."""
    if not rows.query.where:
        return Found(rows, rows.count())
    ordered = rows.order_by(*orders).values("position") if of is None else of.values("user")
    total = ordered[: most + 1].count()
    return Found(rows, min(total, most), total > most)


def _positions(containing: SipExtensionQuerySet, words: list[str]) -> list[int]:
    """Where to look: all matches and perhaps more, or the first of too many."""
    connection = connections[containing.db]
    long = [word for word in words if len(word) >= search_index.SHORTEST]
    if connection.vendor == "sqlite" and long:
        return search_index.matches(connection, long, FEW + 1)
    in_order = ["position"] if connection.vendor == "sqlite" else []
    return list(containing.order_by(*in_order).values_list("position", flat=True)[: FEW + 1])
