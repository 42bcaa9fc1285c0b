"""Spreadsheets to import, and their pages."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO, StringIO
from typing import Any
from unittest.mock import patch

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from extensions.spreadsheets import run
from extensions.spreadsheets.models import Import
from tests.pages import html_of

Rows = Iterable[Mapping[str, str]]


def as_csv(rows: Rows, *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    held = list(rows)
    heads = list(dict.fromkeys(head for row in held for head in row))
    text = StringIO()
    writer = csv.DictWriter(text, heads, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(held)
    return text.getvalue().encode(encoding)


def as_xlsx(rows: Rows) -> bytes:
    held = list(rows)
    heads = list(dict.fromkeys(head for row in held for head in row))
    content = BytesIO()
    book = xlsxwriter.Workbook(content)
    sheet = book.add_worksheet()
    for line, cells in enumerate([heads, *([row.get(head, "") for head in heads] for row in held)]):
        for place, cell in enumerate(cells):
            if cell.isdecimal():
                sheet.write_number(line, place, int(cell))
            else:
                sheet.write_string(line, place, cell)
    book.close()
    return content.getvalue()


@contextmanager
def at_once() -> Iterator[None]:
    """What a process of its own would do is done before the page answers."""

    def start(given: Import, begin: Callable[[], object] = lambda: None) -> None:
        if begin() != 0:
            run.work(given.pk)

    with patch.object(run, "start", start):
        yield


def upload(client: Client, content: bytes, mode: str = "both", name: str = "people.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    with at_once():
        return client.post("/extensions/import/", {"spreadsheet": file, "mode": mode})


def given(answer: Any) -> Import:
    assert answer.status_code == 302, answer.content.decode()
    return Import.objects.get(pk=answer.headers["Location"].split("/")[-2])


def begin(client: Client, made: Import, deed: str = "start") -> Import:
    with at_once():
        assert client.post(f"/extensions/import/{made.pk}/{deed}/").status_code == 302
    made.refresh_from_db()
    return made


def page(client: Client, made: Import, query: str = "") -> str:
    return html_of(client, f"/extensions/import/{made.pk}/{query}")


def errors(client: Client, made: Import) -> dict[str, str]:
    """Of the rows that the page shows: label -> words."""
    rows = client.get(f"/extensions/import/{made.pk}/").context["page"].rows
    return {cell.label: cell.error for row in rows for cell in row.cells} | {
        "": " ".join(m for r in rows for m in r.more)
    }
