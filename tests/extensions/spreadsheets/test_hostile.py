"""Files that are made to do harm, or are broken: one clear answer, soon, and in little memory."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
import xlsxwriter
from django.test import Client

from extensions.models import SipExtension
from extensions.spreadsheets import reading
from extensions.spreadsheets.models import Import
from tests.extensions.spreadsheets.files import upload

HEAD = b"Extension Number,First Name\n"
MOST_MEMORY = 200_000  # kB


def workbook(fill: Callable[[xlsxwriter.worksheet.Worksheet], object]) -> bytes:
    content = BytesIO()
    book = xlsxwriter.Workbook(content)
    fill(book.add_worksheet())
    book.close()
    return content.getvalue()


def packed(**parts: bytes) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in parts.items():
            book.writestr(f"xl/{name}", part)
    return content.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    held = BytesIO(content)
    with zipfile.ZipFile(held, "a") as book:
        book.writestr(name, part)
    return held.getvalue()


def lying_about_its_size() -> bytes:
    """A bomb of which both heads say that it is small."""
    content = packed(sheet=bytes(300_000_000))
    size = (300_000_000).to_bytes(4, "little")
    assert content.count(size) == 2
    return content.replace(size, (1_000).to_bytes(4, "little"))


def far_apart(sheet: xlsxwriter.worksheet.Worksheet) -> None:
    sheet.write_row(0, 0, ["Extension Number", "First Name"])
    sheet.write_string(1_048_575, 16_383, "x")


def people(sheet: xlsxwriter.worksheet.Worksheet) -> None:
    sheet.write_row(0, 0, ["Extension Number", "First Name"])
    sheet.write_row(1, 0, ["1001", "Grace"])


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "The file is empty"),
    "blanks": (lambda: b" \n ", "The file is empty"),
    "noise": (lambda: os.urandom(100_000), "not a spreadsheet"),
    "an old Excel file": (lambda: b"\xd0\xcf\x11\xe0" + bytes(1000), "an old Excel file"),
    "NUL": (lambda: HEAD + b"1001,Gr\0ace\n", "not a spreadsheet"),
    "half of a character": (lambda: "Extension Number,\ud800".encode("utf-16", "surrogatepass"), "not a spreadsheet"),
    "a cell of 10 MB": (lambda: HEAD + b"1001," + b"x" * 10_000_000, "A cell in line 2 has more than 2,000"),
    "a quote that never ends": (lambda: HEAD + b'1001,"' + b"x,\n" * 4_000_000, "A cell in line"),
    "100,000 rows": (lambda: HEAD + b"".join(b"%d,Ann\n" % n for n in range(100_000)), "more than 20,000 rows"),
    "100,000 columns": (lambda: b"Extension Number" + b",x" * 100_000 + b"\n1001\n", "has more than 250 columns"),
    "doubled heads": (lambda: HEAD.strip() + b",first_name\n1001,a,b\n", "Two columns are called “first_name”"),
    "no heads": (lambda: b"1001,Grace\n1002,Alan\n", "No line names the columns"),
    "heads alone": (lambda: HEAD, "but no rows"),
    "a zip bomb": (lambda: packed(sheet=bytes(1_000_000_000)), "far more than extensions"),
    "a zip bomb that lies": (lying_about_its_size, "damaged"),
    "10,000 parts": (lambda: packed(**{f"a{n}": b"" for n in range(10_000)}), "far more than extensions"),
    "a broken zip": (lambda: b"PK\x03\x04" + os.urandom(1000), "damaged"),
    "another zip": (lambda: packed(letter=b"hello"), "damaged"),
    "macros": (lambda: with_part(workbook(people), "xl/vbaProject.bin", b"x"), "contains macros"),
    "entities": (
        lambda: packed(**{"workbook.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'}), "damaged or protected"
    ),
    "two cells a million rows apart": (lambda: workbook(far_apart), "far more than extensions"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_one_clear_answer(signed_in: Client, name: str) -> None:
    make, words = HOSTILE[name]
    answer = upload(signed_in, make())
    assert answer.status_code == 422
    (error,) = answer.context["form"].errors["spreadsheet"]
    assert words in error
    assert not Import.objects.exists()


@pytest.mark.parametrize("name", HOSTILE)
def test_it_takes_little_memory(name: str) -> None:
    # By a small program between: a child of this large one counts all that this one has, until it begins.
    code = (
        "import resource, subprocess, sys;"
        f"subprocess.run([sys.executable, '-I', {str(reading.READER)!r}], stdout=subprocess.DEVNULL, check=False);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], input=HOSTILE[name][0](), capture_output=True, check=True)
    assert 1_000 < int(done.stdout) <= MOST_MEMORY


def test_a_file_larger_than_the_limit(signed_in: Client) -> None:
    answer = upload(signed_in, HEAD + b"x" * 16_000_000)
    assert "larger than 15 MB" in answer.content.decode()


@pytest.mark.parametrize("formula", ["=1+1", "=cmd|' /C calc'!A0", "@SUM(1)"])
def test_a_formula_is_text(signed_in: Client, formula: str) -> None:
    upload(signed_in, HEAD + f"1001,{formula}\n".encode())
    made = Import.objects.get()
    assert made.wrong == 0
    assert not SipExtension.objects.exists()


def test_of_a_workbook_the_shown_sheet_is_read_and_numbers_are_as_typed() -> None:
    def fill(sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write_row(0, 0, ["Extension Number", "First Name", "Voicemail", "Voicemail PIN"])
        sheet.write_number(1, 0, 1001)
        sheet.write_formula(1, 1, '="Gra"&"ce"', value="Grace")
        sheet.write_boolean(1, 2, True)
        sheet.write_string(1, 3, "0739")

    table, _format, encoding = reading.read(workbook(fill))
    assert (table.rows, encoding) == ([["1001", "Grace", "yes", "0739"]], "")
