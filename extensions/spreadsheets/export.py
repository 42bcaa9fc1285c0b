"""The list as a file, a stretch of it at a time."""

import csv
import tempfile
from collections.abc import Iterator
from itertools import chain
from typing import IO

from rustpy_xlsxwriter import Format, write_worksheet

from accounts.models import User
from core.audit.csv_export import Echo, safe
from extensions.models import SipExtensionQuerySet
from extensions.spreadsheets import columns
from extensions.spreadsheets.columns import Writer

AT_ONCE = 2_000
BYTE_ORDER_MARK = "\ufeff"  # by which a spreadsheet knows that it is UTF-8
SHEET = "Extensions"
WIDTH = 18  # characters of a column


def rows(found: SipExtensionQuerySet, names: list[str]) -> Iterator[list[str]]:
    """By number, head first. What is added or deleted meanwhile is there or not, and nothing twice."""
    yield columns.head(names)
    writer = Writer(names)
    last = -1
    while some := list(
        found.filter(position__gt=last).order_by("position").values("position", *writer.lookups)[:AT_ONCE]
    ):
        organizations = _organizations([each["user"] for each in some]) if "organizations" in names else {}
        for each in some:
            yield writer.cells(each, organizations.get(each["user"], []))
        last = some[-1]["position"]


def _organizations(users: list[int]) -> dict[int, list[int]]:
    members = User.organizations.through.objects.filter(user__in=users)
    found: dict[int, list[int]] = {}
    for user, organization in members.values_list("user", "organization"):
        found.setdefault(user, []).append(organization)
    return found


def as_csv(rows: Iterator[list[str]]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield BYTE_ORDER_MARK
    lines = [writer.writerow(next(rows))]
    for cells in rows:
        lines.append(writer.writerow([safe(cell) for cell in cells]))
        if len(lines) == AT_ONCE:
            yield "".join(lines)
            lines = []
    yield "".join(lines)


def as_xlsx(rows: Iterator[list[str]]) -> IO[bytes]:
    """An open file, which is gone when it is closed. Each cell is typed as text, of which nothing is computed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the answer closes it)
    names = next(rows)
    first = next(rows, [""] * len(names))  # without a row there would be no head
    text = Format().set_num_format("@")
    write_worksheet(
        (dict(zip(names, cells, strict=True)) for cells in chain([first], rows)),
        file,
        SHEET,
        freeze_row=1,
        freeze_col=1,
        column_width=WIDTH,
        column_formats=[text] * len(names),
        bold_headers=True,
    )
    file.seek(0)
    return file
