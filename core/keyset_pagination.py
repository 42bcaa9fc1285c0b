"""Pages of lists: by a signed key or by an id, where the last of many costs what the first does; and by place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from django.core.signing import BadSignature, Signer
from django.db.models import Model, Q, QuerySet

LAST_ID = 2**63 - 1
LAST = "last"  # the cursor of the last page, in any order

T = TypeVar("T")
M = TypeVar("M", bound=Model)
signer = Signer(salt="core.keyset_pagination")


@dataclass(frozen=True)
class Page(Generic[T]):
    """`previous` and `next` go into the addresses of the pages beside it; "" where there is no such page."""

    rows: list[T]
    previous: str = ""
    next: str = ""


@dataclass(frozen=True)
class PageOfAll(Page[T]):
    """Some of `total` rows; `first` is the place of the first of them, from 1 on."""

    first: int = 1
    total: int = 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def is_all(self) -> bool:
        return len(self.rows) == self.total


def _cursor(row: Model, key: str, way: str) -> str:
    return signer.sign_object([way, key, getattr(row, key), str(row.pk)])


def _read(cursor: str, key: str) -> tuple[str, Any, str] | None:
    """None also where it is of another order."""
    try:
        way, of, value, pk = signer.unsign_object(cursor)
    except (BadSignature, ValueError, TypeError):
        return None
    return (way, value, pk) if of == key else None


def _rows(rows: QuerySet[M], ordered: QuerySet[M], size: int) -> list[M]:
    """Keys first: an index of the order has them, and the rows of no other are read."""
    keys = list(ordered.values_list("pk", flat=True)[:size])
    found = {row.pk: row for row in rows.filter(pk__in=keys)}
    return [found[key] for key in keys if key in found]


def page(
    rows: QuerySet[M], key: str, *, descending: bool, cursor: str, size: int, whole: QuerySet[M] | None = None
) -> Page[M]:
    """The page at the cursor, by the field or annotation `key`, then by primary key; the first if it is not ours.

    `whole`: where the rows found are read, without what `rows` is narrowed down by.
    """
    place = _read(cursor, key)
    backwards = cursor == LAST or (place is not None and place[0] == "before")
    falling = descending != backwards
    after = rows
    if place is not None:
        _, value, pk = place
        step = "lt" if falling else "gt"
        after = rows.filter(
            Q(**{f"{key}__{step}e": value}) & (Q(**{f"{key}__{step}": value}) | Q(**{f"pk__{step}": pk}))
        )
    sign = "-" if falling else ""
    found = _rows(rows if whole is None else whole, after.order_by(f"{sign}{key}", f"{sign}pk"), size + 1)
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([])
    has_previous = more if backwards else place is not None
    has_next = place is not None if backwards else more
    return Page(
        found,
        _cursor(found[0], key, "before") if has_previous else "",
        _cursor(found[-1], key, "after") if has_next else "",
    )


def newest_first(rows: QuerySet[M], *, before: int | None, size: int) -> Page[M]:
    """The newest, or those before that id. There is no way back but to the newest."""
    found = list((rows if before is None else rows.filter(pk__lt=before)).order_by("-pk")[: size + 1])
    return Page(found[:size], next=str(found[size - 1].pk) if len(found) > size else "")


class FindIds(Protocol):
    def __call__(self, inside: tuple[int, int], size: int, *, oldest_first: bool = False) -> list[int]:
        """Return up to `size` ids from the one to the other, both meant."""


def by_id(find: FindIds, *, before: int | None, after: int | None, oldest: bool, size: int) -> Page[int]:
    """Ids, the newest first: those next to the id `before` or `after`; else the oldest, or the newest."""
    if after or oldest:
        found = find(((after or 0) + 1, LAST_ID), size + 1, oldest_first=True)
        has_newer, ids = len(found) > size, found[:size][::-1]
        has_older = bool(ids) and bool(find((1, ids[-1] - 1), 1))
    else:
        found = find((1, before - 1 if before else LAST_ID), size + 1)
        has_older, ids = len(found) > size, found[:size]
        has_newer = bool(before and ids) and bool(find((ids[0] + 1, LAST_ID), 1))
    return Page(ids, str(ids[0]) if has_newer else "", str(ids[-1]) if has_older else "")


def by_place(
    rows: Sequence[T] | QuerySet[Any, T], first: int, *, total: int, size: int, name: Callable[[int], str] = str
) -> PageOfAll[T]:
    """From place `first` on, counted from 1. `name`: what a place is called in an address."""
    shown = list(rows[first - 1 : first - 1 + size])
    previous = name(max(1, first - size)) if first > 1 else ""
    return PageOfAll(shown, previous, name(first + size) if first + size <= total else "", first, total)
