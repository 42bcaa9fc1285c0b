"""The page of a table's rows: what becomes of each, and errors at cells that can be typed anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.keyset_pagination import PageOfAll, by_place
from extensions.fields import label
from extensions.spreadsheets.forms import target_label
from extensions.spreadsheets.models import Import
from extensions.spreadsheets.reader import MOST_CHARACTERS
from extensions.spreadsheets.rows import Checked, Kind
from extensions.spreadsheets.run import checker
from extensions.spreadsheets.table import Table, alike

PAGE_SIZE = 25
ALL = "all"
KIND_LABELS = {
    Kind.NEW: gettext_lazy("New"),
    Kind.CHANGED: gettext_lazy("Changed"),
    Kind.SAME: gettext_lazy("No change"),
    Kind.WRONG: gettext_lazy("Error"),
}
DOTS = {Kind.NEW: "good", Kind.CHANGED: "wait", Kind.SAME: "off", Kind.WRONG: "bad"}


@dataclass(frozen=True)
class Cell:
    """`column`: of the table. `alike`: how many other rows have the same in it."""

    line: int
    column: int
    label: str
    text: str
    error: str
    alike: int

    @property
    def name(self) -> str:
        return f"cell-{self.line}-{self.column}"

    @property
    def alike_name(self) -> str:
        return f"alike-{self.line}-{self.column}"


@dataclass
class ShownRow:
    line: int
    number: str
    name: str
    kind: Kind
    cells: list[Cell] = field(default_factory=list)  # to be typed anew
    more: list[str] = field(default_factory=list)  # errors at no cell
    changes: str = ""
    weak: str = ""

    @property
    def kind_label(self) -> str:
        return str(KIND_LABELS[self.kind])

    @property
    def dot(self) -> str:
        return DOTS[self.kind]


@dataclass(frozen=True)
class Filter:
    """`kind`: of the rows, or ALL."""

    kind: str
    label: str
    count: int


def filters(table: Table) -> list[Filter]:
    counts = table.counts()
    found = [Filter(ALL, _("All"), len(table.rows))]
    order = (Kind.WRONG, Kind.NEW, Kind.CHANGED, Kind.SAME)
    return found + [Filter(kind.value, str(KIND_LABELS[kind]), counts[kind]) for kind in order if counts[kind]]


def page(given: Import, table: Table, kind: str, first: int, edited: int | None) -> PageOfAll[ShownRow]:
    """`edited`: the line of a row of which all cells are to be typed anew."""
    found: PageOfAll[int] = by_place(table.places(kind), first, total=len(table.places(kind)), size=PAGE_SIZE)
    rows = _shown(given, table, found.rows, edited)
    return PageOfAll(rows, first=found.first, total=found.total, previous=found.previous, next=found.next)


def _shown(
    given: Import, table: Table, places: Sequence[int], edited: int | None, *, counts_alike: bool = True
) -> list[ShownRow]:
    checked = checker(given).check(table.typed(given.targets, places))
    clashes = table.clashes()
    return [
        _row(
            given,
            table,
            place,
            each,
            clashes.get(place, {}),
            whole=table.lines[place] == edited,
            counts_alike=counts_alike,
        )
        for place, each in zip(places, checked, strict=True)
    ]


def _row(
    given: Import,
    table: Table,
    place: int,
    checked: Checked,
    clashes: Mapping[str, int],
    *,
    whole: bool,
    counts_alike: bool,
) -> ShownRow:
    errors = dict(checked.errors)
    for name, line in clashes.items():
        errors.setdefault(name, _("Line %(line)s has the same. Correct one of them.") % {"line": line})
    typed = table.row(place, given.targets)
    row = ShownRow(table.lines[place], typed.get("number", ""), _name(typed), Kind.WRONG if errors else checked.kind)
    for column, target in enumerate(given.targets):
        if target and (whole or target in errors):
            is_counted = counts_alike and target in errors and target != "number" and target not in clashes
            others = len(alike(table.rows, place, column)) if is_counted else 0
            cell = table.rows[place][column]
            row.cells.append(
                Cell(table.lines[place], column, target_label(target), cell, errors.get(target, ""), others)
            )
    without_column = {name: words for name, words in errors.items() if name not in given.targets}
    row.more = [f"{target_label(name)}: {words}" for name, words in without_column.items()]
    row.changes = ", ".join(label(name) for name in checked.changes)
    row.weak = ", ".join(label(name) for name in sorted(checked.weak))
    return row


def _name(typed: Mapping[str, str]) -> str:
    return typed.get("full_name") or " ".join(filter(None, (typed.get("first_name"), typed.get("last_name"))))


def errors(given: Import, table: Table) -> Iterator[tuple[int, str]]:
    """The places of the wrong rows, and what is wrong in words."""
    places = table.places(Kind.WRONG)
    for place, row in zip(places, _shown(given, table, places, None, counts_alike=False), strict=True):
        at_cells = [f"{cell.label}: {cell.error}" for cell in row.cells]
        yield place, " ".join([*at_cells, *row.more])


def correct(table: Table, sent: Mapping[str, str]) -> list[int]:
    """Put what was typed into the cells of the page in their place. Gives the places of the rows that differ now."""
    by_line = {line: place for place, line in enumerate(table.lines)}
    shown = [[*row] for row in table.rows]  # in the other inputs of the page, too
    changed = set()
    for name, text in sent.items():
        what, _sep, where = name.partition("-")
        line, _sep, column_text = where.partition("-")
        if what != "cell" or not (line.isdecimal() and column_text.isdecimal()) or int(line) not in by_line:
            continue
        place, column = by_line[int(line)], int(column_text)
        if column >= table.width or text == shown[place][column]:
            continue
        places = [place, *(alike(shown, place, column) if f"alike-{line}-{column}" in sent else ())]
        for each in places:
            table.rows[each][column] = text[:MOST_CHARACTERS]
        changed |= {*places}
    return sorted(changed)


def leave_out(table: Table, places: Sequence[int]) -> None:
    gone = {*places}
    for name in ("lines", "rows", "found"):
        setattr(table, name, [each for place, each in enumerate(getattr(table, name)) if place not in gone])
