"""Reads a spreadsheet's file. A program of its own, so that a file that is made to do harm harms nothing else.

It takes the file on standard input, and answers with one JSON object: the rows, or a code for what is wrong.
"""

import codecs
import csv
import io
import json
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

MEMORY = 400_000_000  # bytes of addresses, of which far less is ever used
CPU_SECONDS = 4
MOST_ROWS = 20_000
MOST_COLUMNS = 250
MOST_CHARACTERS = 2_000  # of a cell: far more than any field takes
MOST_PARTS = 500  # of a workbook
MOST_UNPACKED = 100_000_000
SEPARATORS = (",", ";", "\t", "|")
LOOKED_AT = 20  # lines, for the separator
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
WESTERN = "cp1252"  # what a spreadsheet writes that was not asked for UTF-8


class Unreadable(Exception):
    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def main() -> None:
    for which, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_FSIZE, 0)):
        resource.setrlimit(which, (most, most))
    try:
        found = read(sys.stdin.buffer.read())
    except Unreadable as error:
        found = {"error": error.code, "params": error.params}
    except MemoryError:
        found = {"error": "too_large"}
    json.dump(found, sys.stdout)


def read(content: bytes) -> dict[str, Any]:
    if not content.strip():
        raise Unreadable("empty")
    if content.startswith(ZIP):
        return {"encoding": "", "separator": "", "rows": list(checked(of_workbook(content)))}
    if content.startswith(OLD_EXCEL):
        raise Unreadable("old_excel")
    text, encoding = decoded(content)
    separator = separator_of(text)
    return {"encoding": encoding, "separator": separator, "rows": list(checked(of_text(text, separator)))}


def checked(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """Without those that are empty at the end; with those between, so that lines keep their numbers."""
    empty = 0
    for line, row in enumerate(rows, start=1):
        while row and not row[-1]:
            row.pop()
        if not row:
            empty += 1
            continue
        if line > MOST_ROWS + LOOKED_AT:
            raise Unreadable("too_many_rows", most=MOST_ROWS)
        if len(row) > MOST_COLUMNS:
            raise Unreadable("too_many_columns", line=line, most=MOST_COLUMNS)
        for cell in row:
            if len(cell) > MOST_CHARACTERS:
                raise Unreadable("long_cell", line=line, most=MOST_CHARACTERS)
        yield from ([] for _ in range(empty))
        empty = 0
        yield row


# --- text ---


def decoded(content: bytes) -> tuple[str, str]:
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            return in_encoding(content, encoding), encoding.removesuffix("-sig")
    if b"\0" in content[:1000]:
        guessed = "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
        if content[:1000].count(b"\0") * 3 < len(content[:1000]):
            raise Unreadable("not_text")
        return in_encoding(content, guessed), "utf-16"
    try:
        return no_nul(content.decode()), "utf-8"
    except UnicodeDecodeError:
        return in_encoding(content, WESTERN), WESTERN


def in_encoding(content: bytes, encoding: str) -> str:
    try:
        return no_nul(content.decode(encoding))
    except UnicodeError:
        raise Unreadable("not_text") from None


def no_nul(text: str) -> str:
    if "\0" in text:
        raise Unreadable("not_text")
    return text


def separator_of(text: str) -> str:
    """That by which most of the first lines have the same number of cells, and the most of them."""
    if text.startswith("sep=") and text[4:5] in SEPARATORS:
        return text[4]
    first = text[:100_000]

    def fits(separator: str) -> tuple[int, int]:
        widths = []
        for place, row in enumerate(csv.reader(io.StringIO(first, newline=""), delimiter=separator)):
            if place == LOOKED_AT:
                break
            widths.append(len(row))
        most = max((width for width in widths if width > 1), key=widths.count, default=0)
        return (widths.count(most), most) if most else (0, 0)

    return max(SEPARATORS, key=fits)


def of_text(text: str, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(100_000)
    lines = io.StringIO(text, newline="")
    if text.startswith("sep="):
        lines.readline()
        yield []
    reader = csv.reader(lines, delimiter=separator)
    try:
        yield from reader
    except csv.Error as error:
        if "limit" in str(error):
            raise Unreadable("long_cell", line=reader.line_num, most=MOST_CHARACTERS) from None
        raise Unreadable("broken_csv") from None


# --- workbooks ---


def of_workbook(content: bytes) -> Iterator[list[str]]:
    look_into(content)
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = [each.name for each in book.sheets_metadata if each.visible == python_calamine.SheetVisibleEnum.Visible]
        sheet = book.get_sheet_by_name(names[0]) if names else None
        if sheet is None or not sheet.height:
            raise Unreadable("empty")
        if sheet.height > MOST_ROWS + LOOKED_AT:
            raise Unreadable("too_many_rows", most=MOST_ROWS)
        if sheet.width > MOST_COLUMNS:
            raise Unreadable("too_many_columns", line=1, most=MOST_COLUMNS)
        for row in sheet.iter_rows():
            yield [as_text(value) for value in row]
    except (python_calamine.CalamineError, ValueError, OSError):
        raise Unreadable("broken_workbook") from None


def look_into(content: bytes) -> None:
    """By what is in it when it is unpacked, whatever it says of itself."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = book.infolist()
            if len(parts) > MOST_PARTS:
                raise Unreadable("too_large")
            if any(each.filename.lower().endswith("vbaproject.bin") for each in parts):
                raise Unreadable("macros")
            if sum(each.file_size for each in parts) > MOST_UNPACKED:
                raise Unreadable("too_large")
            left = MOST_UNPACKED
            for each in parts:
                with book.open(each) as part:
                    while some := part.read(1 << 16):
                        left -= len(some)
                        if left < 0:
                            raise Unreadable("too_large")
                        if b"<!DOCTYPE" in some[:4096] or b"<!ENTITY" in some[:4096]:
                            raise Unreadable("broken_workbook")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError, zlib.error):
        raise Unreadable("broken_workbook") from None


def as_text(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() | date():
            return value.isoformat()
        case str():
            if "\0" in value:
                raise Unreadable("not_text")
            return value
    return str(value)


if __name__ == "__main__":
    main()
