"""From an uploaded file to a table: read by a program of its own, which has a limit of memory and of time."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from core.audit.csv_export import read_again
from core.coded_text import CodedText
from extensions.spreadsheets import formats
from extensions.spreadsheets.formats import Format
from extensions.spreadsheets.table import Table, with_heads

READER = Path(__file__).with_name("reader.py")
SECONDS = 10.0


class FileRefusedError(Exception):
    """Why a file cannot be imported, and what to do: a CodedText."""


def read(content: bytes) -> tuple[Table, Format, str]:
    """The table, whose it is, and its encoding ("" of a workbook). Raises FileRefusedError."""
    held = _answer(content)
    if code := held.get("error"):
        raise FileRefusedError(CodedText(f"import.{code}", **held.get("params", {})))
    rows: list[list[str]] = held["rows"]
    if held["encoding"]:
        rows = [[read_again(cell) for cell in row] for row in rows]
    made = with_heads(rows)
    if made is None:
        raise FileRefusedError(CodedText("import.no_heads"))
    table, _at = made
    if head := formats.doubled(table.heads):
        raise FileRefusedError(CodedText("import.doubled_head", head=head[:50]))
    if not table.rows:
        raise FileRefusedError(CodedText("import.no_rows"))
    return table, formats.of_heads(table.heads), held["encoding"]


def _answer(content: bytes) -> dict[str, Any]:
    command = [sys.executable, "-I", str(READER)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return {"error": "too_large"}
    if done.returncode or not done.stdout:
        return {"error": "too_large"}
    found: dict[str, Any] = json.loads(done.stdout)
    return found
