"""Pages by key: each begins where another ended, so the last of many costs what the first does."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.signing import BadSignature, Signer
from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
signer = Signer(salt="core.keyset_pagination")


@dataclass(frozen=True)
class Page(Generic[M]):
    """`previous` and `next` are cursors, "" where there is no such page."""

    rows: list[M]
    previous: str
    next: str


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


def page(rows: QuerySet[M], key: str, *, descending: bool, cursor: str, size: int) -> Page[M]:
    """The page at the cursor, by the field or annotation `key`, then by primary key. A cursor not ours: the first."""
    place = _read(cursor, key)
    backwards = place is not None and place[0] == "before"
    falling = descending != backwards
    after = rows
    if place is not None:
        _, value, pk = place
        step = "lt" if falling else "gt"
        after = rows.filter(
            Q(**{f"{key}__{step}e": value}) & (Q(**{f"{key}__{step}": value}) | Q(**{f"pk__{step}": pk}))
        )
    sign = "-" if falling else ""
    found = _rows(rows, after.order_by(f"{sign}{key}", f"{sign}pk"), size + 1)
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([], "", "")
    has_previous = more if backwards else place is not None
    has_next = True if backwards else more
    return Page(
        found,
        _cursor(found[0], key, "before") if has_previous else "",
        _cursor(found[-1], key, "after") if has_next else "",
    )
