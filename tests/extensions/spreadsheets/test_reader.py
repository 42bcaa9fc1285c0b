"""What the program that reads a file makes of its cells and separators, beside the limits that it has as a program."""

from datetime import date, datetime

import pytest

from extensions.spreadsheets.reader import Unreadable, as_text, read, separator_of


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
    ],
)
def test_the_separator_is_found(text: str, separator: str) -> None:
    assert separator_of(text) == separator


def test_a_file_of_a_separator_alone_has_no_rows() -> None:
    assert read(b"sep=")["rows"] == read(b"sep=;\n")["rows"] == []
