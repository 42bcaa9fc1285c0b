"""What the program that reads a file makes of its cells and separators, beside the limits that it has as a program."""

import codecs
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter

from extensions.spreadsheets import reader
from extensions.spreadsheets.reader import Unreadable, as_text, decoded, read, separator_of
from tests.extensions.spreadsheets.test_hostile import with_part


def refusal(content: bytes) -> tuple[str, dict[str, Any]] | None:
    """The code of what is wrong with it, and its parameters."""
    try:
        read(content)
    except Unreadable as error:
        return error.code, error.params
    return None


def workbook(fill: Callable[[Any], object], name: str = "People") -> bytes:
    content = BytesIO()
    book = xlsxwriter.Workbook(content)
    fill(book.add_worksheet(name))
    book.close()
    return content.getvalue()


def packed(parts: dict[str, bytes]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as book:
        for name, part in parts.items():
            book.writestr(name, part)
    return content.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (False, "no"),
        (739.0, "739"),
        (-1.0, "-1"),
        (0.5, "0.5"),
        (999_999_999_999_999.0, "999999999999999"),
        (1e15, "1000000000000000.0"),
        (12, "12"),
        ("0739", "0739"),
        (date(2026, 6, 11), "2026-06-11"),
        (datetime(2026, 6, 11, 8, 30), "2026-06-11T08:30:00"),  # noqa: DTZ001 (a cell has no zone)
    ],
)
def test_a_cell_is_text(value: object, text: str) -> None:
    assert as_text(value) == text


def test_a_nul_in_a_cell_is_no_text() -> None:
    with pytest.raises(Unreadable) as refused:
        as_text("a\0b")
    assert refused.value.code == "not_text"


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a;b\n1;2\n", ";"),
        ("a\tb,c\n1\t2,3\n4\t5\n", "\t"),
        ("a,b,c\n1,2,3\n", ","),
        ("a;b,c\n1;2,3\n", ","),  # both alike: the first
        ("sep=|\na,b|c\nd,e\nf,g\n", "|"),
        ("sep=;\r\na,b;c\r\nd,e\r\nf,g\r\n", ";"),
        ("sep=x\na,b\nd,e\n", ","),
        ("sep=", ","),
        ("alone\n", ","),
        ("a;b\rc;d\r", ";"),  # as Excel for Mac writes it
        ("a,b;c\n" * 20 + "a;b;c;d,e\n" * 50, ","),  # the first lines alone count
        ("a,b\n" * 19 + "a;b\n" * 19 + "a;b\n", ","),
        ("a,b,c\nd,e;f\ng,h;i\n", ","),
        ("a|b|c\nd|e|f\ng,h\n", "|"),
        ("Our people\nof June\na;b\n", ";"),
    ],
)
def test_the_separator_is_found(text: str, separator: str) -> None:
    assert separator_of(text) == separator


def test_a_file_of_a_separator_alone_has_no_rows() -> None:
    assert read(b"sep=")["rows"] == read(b"sep=;\n")["rows"] == []


def test_lines_keep_their_numbers_and_empty_cells_at_the_end_are_gone() -> None:
    assert read(b"\na;b;;\n\n;;\nc;\n;d\n\n;\n") == {
        "encoding": "utf-8",
        "separator": ";",
        "rows": [[], ["a", "b"], [], [], ["c"], ["", "d"]],
    }
    assert read(b"sep=|\na|b\n")["rows"] == [[], ["a", "b"]]
    assert read(b"a;b\rc;d\r")["rows"] == [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (b"", ("empty", {})),
        (b" \n", ("empty", {})),
        (b"\xd0\xcf\x11\xe0" + bytes(8), ("old_excel", {})),
        (b"a\n" * 20_020, None),
        (b"a\n" * 20_021, ("too_many_rows", {"most": 20_000})),
        (b"a\n" * 20_020 + b"\n,\n", None),
        (b"a\n" + b"," * 249 + b"x\n", None),
        (b"a\n" + b"," * 250 + b"x\n", ("too_many_columns", {"line": 2, "most": 250})),
        (b"a\n" + b"," * 300 + b"\n", None),
        (b"a\nb," + b"x" * 2_000, None),
        (b"a\nb," + b"x" * 2_001, ("long_cell", {"line": 2, "most": 2_000})),
        (b"a,b\n\nb," + b"x" * 100_001, ("long_cell", {"line": 3, "most": 2_000})),
        (b"a" * 1_500 + b"\n\0", ("not_text", {})),
        (codecs.BOM_UTF8 + b"a\xff", ("not_text", {})),
        (codecs.BOM_UTF16_LE + b"a\0b", ("not_text", {})),
        (codecs.BOM_UTF16_LE + b"a\0\0\0", ("not_text", {})),
        (b"\x81\n", ("not_text", {})),
        (b"ab\0cd", ("not_text", {})),
        (b"abcdefg\0", ("not_text", {})),
        (b"a\0b\0cdef", ("not_text", {})),
        (b"PK\x03\x04", ("broken_workbook", {})),
    ],
)
def test_a_file_is_read_up_to_the_limits_and_refused_past_them(
    content: bytes, refused: tuple[str, dict[str, Any]] | None
) -> None:
    assert refusal(content) == refused


@pytest.mark.parametrize(
    ("content", "text", "encoding"),
    [
        ("é,b".encode(), "é,b", "utf-8"),
        ("é,b".encode("utf-8-sig"), "é,b", "utf-8"),
        ("é,b".encode("cp1252"), "é,b", "cp1252"),
        (codecs.BOM_UTF16_LE + "é,b".encode("utf-16-le"), "é,b", "utf-16"),
        (codecs.BOM_UTF16_BE + "é,b".encode("utf-16-be"), "é,b", "utf-16"),
        (codecs.BOM_UTF32_LE + "é,b".encode("utf-32-le"), "é,b", "utf-32"),
        ("é,b".encode("utf-16-le"), "é,b", "utf-16"),
        ("é,b".encode("utf-16-be"), "é,b", "utf-16"),
        ("a,\u65e5".encode("utf-16-le"), "a,\u65e5", "utf-16"),  # a third of it is NUL
    ],
)
def test_an_encoding_is_told_by_its_mark_or_by_what_is_there(content: bytes, text: str, encoding: str) -> None:
    assert decoded(content) == (text, encoding)


def test_of_several_sheets_the_first_that_is_shown_is_read() -> None:
    content = BytesIO()
    book = xlsxwriter.Workbook(content)
    hidden, shown, other = (book.add_worksheet(name) for name in ("Old", "New", "More"))
    hidden.hide()
    shown.activate()
    shown.set_first_sheet()
    for sheet, cell in ((hidden, "old"), (shown, "new"), (other, "more")):
        sheet.write_row(0, 0, [cell, ""])
        sheet.write_row(2, 0, ["", 7])
    book.close()
    assert read(content.getvalue()) == {"encoding": "", "separator": "", "rows": [["new"], [], ["", "7"]]}


@pytest.mark.parametrize(
    ("row", "column", "refused"),
    [
        (20_019, 0, None),
        (20_020, 0, ("too_many_rows", {"most": 20_000})),
        (1, 249, None),
        (1, 250, ("too_many_columns", {"line": 1, "most": 250})),
    ],
)
def test_a_workbook_has_the_same_limits(row: int, column: int, refused: Any) -> None:
    def fill(sheet: Any) -> None:
        sheet.write_string(0, 0, "a")
        sheet.write_string(row, column, "b")

    assert refusal(workbook(fill)) == refused


def test_a_workbook_is_looked_into_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    good = workbook(lambda sheet: sheet.write_string(0, 0, "a"))
    assert refusal(workbook(lambda _sheet: None)) == ("empty", {})
    assert refusal(with_part(good, "xl/other.xml", b"<x>" + b" " * 70_000 + b"</x>")) is None
    for name, part, code in (
        ("xl/vbaProject.bin", b"", "macros"),
        ("XL/VBAPROJECT.BIN", b"", "macros"),
        ("xl/other.xml", b"<!DOCTYPE x>", "broken_workbook"),
        ("xl/other.xml", b" <!ENTITY x>", "broken_workbook"),
    ):
        assert refusal(with_part(good, name, part)) == (code, {})
    assert refusal(packed({f"{n}": b"" for n in range(500)})) == ("broken_workbook", {})
    assert refusal(packed({f"{n}": b"" for n in range(501)})) == ("too_large", {})
    size = sum(each.file_size for each in zipfile.ZipFile(BytesIO(good)).infolist())
    monkeypatch.setattr(reader, "MOST_UNPACKED", size)
    assert refusal(good) is None
    monkeypatch.setattr(reader, "MOST_UNPACKED", size - 1)
    assert refusal(good) == ("too_large", {})
