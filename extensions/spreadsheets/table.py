"""The rows of an import, and what was found of each, as they are kept sealed between two pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from extensions.spreadsheets import formats
from extensions.spreadsheets.rows import Checked, Kind, Row, clashes


@dataclass
class Found:
    """Of a row that was checked. `errors`: targets. `version`: of the extension as it was then.

    `meant`: the keys of the role and of the departments that its cells named.
    """

    kind: str = Kind.WRONG.value
    errors: list[str] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    unique: dict[str, str] = field(default_factory=dict)
    version: int = 0
    meant: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, checked: Checked) -> Found:
        return cls(
            checked.kind.value, sorted(checked.errors), sorted(checked.weak), checked.changes, checked.unique,
            checked.version, checked.meant,
        )  # fmt: skip


@dataclass
class Table:
    """`lines`: of the file, where each row stands."""

    heads: list[str]
    lines: list[int]
    rows: list[list[str]]
    found: list[Found] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "heads": self.heads,
            "lines": self.lines,
            "rows": self.rows,
            "found": [asdict(each) for each in self.found],
        }

    @classmethod
    def of_json(cls, held: dict[str, Any]) -> Table:
        found = [Found(**each) for each in held["found"]]
        return cls(held["heads"], held["lines"], held["rows"], found)

    @property
    def width(self) -> int:
        return len(self.heads)

    def row(self, place: int, targets: Sequence[str]) -> Row:
        cells = zip(targets, self.rows[place], strict=True)
        return {target: cell.strip() if target == "number" else cell for target, cell in cells if target}

    def typed(self, targets: Sequence[str], places: Iterable[int] | None = None) -> list[Row]:
        return [self.row(place, targets) for place in (range(len(self.rows)) if places is None else places)]

    def clashes(self) -> dict[int, dict[str, int]]:
        """Place -> target -> the line that has the same."""
        first = clashes([(place, each.unique) for place, each in enumerate(self.found)])
        return {place: {name: self.lines[other] for name, other in names.items()} for place, names in first.items()}

    def counts(self) -> Counter[str]:
        """By kind, a clash being wrong."""
        wrong = self.clashes()
        return Counter(Kind.WRONG.value if place in wrong else each.kind for place, each in enumerate(self.found))

    def places(self, kind: str) -> list[int]:
        wrong = self.clashes()
        return [
            place for place, each in enumerate(self.found)
            if kind not in set(Kind) or (Kind.WRONG.value if place in wrong else each.kind) == kind
        ]  # fmt: skip


def alike(rows: Sequence[Sequence[str]], place: int, column: int) -> list[int]:
    """The others that have the same in the column."""
    cell = rows[place][column]
    return [other for other, row in enumerate(rows) if row[column] == cell and other != place]


def with_heads(rows: Sequence[Sequence[str]]) -> tuple[Table, int] | None:
    """The rows below the line that names the columns, all as wide, without empty ones; None where no line does."""
    at = formats.line_of_heads(rows)
    if at is None:
        return None
    width = max(map(len, rows[at:]))
    heads = _as_wide(rows[at], width)
    kept = [(line, _as_wide(row, width)) for line, row in enumerate(rows, start=1) if line > at + 1 and any(row)]
    return Table(heads, [line for line, _ in kept], [row for _, row in kept]), at


def _as_wide(row: Sequence[str], width: int) -> list[str]:
    return [*row, *([""] * (width - len(row)))]
