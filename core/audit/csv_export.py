"""The operation log as a file for spreadsheets, in English."""

import csv
from collections.abc import Iterable, Iterator

from django.utils import translation
from django.utils.timezone import localtime

from core.audit.models import AuditRecord
from core.localization import ENGLISH

HEAD = (
    "Entry", "Time", "Person", "E-mail", "From", "Module", "Action", "On", "Extension", "Result", "Changed", "More",
    "Hash",
)  # fmt: skip
# A spreadsheet takes a cell that begins with one of these for a formula; their full-width forms too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe(text: str) -> str:
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def read_again(cell: str) -> str:
    """What `safe` was given."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA) else cell


class Echo:
    """What csv writes to: each line goes straight on."""

    def write(self, line: str) -> str:
        return line


def cells(record: AuditRecord) -> list[str]:
    changed = "; ".join(f"{each.label}: {each.old or '(empty)'} -> {each.new or '(empty)'}" for each in record.fields)
    more = "; ".join(f"{label}: {text}" for label, text in record.more)
    return [
        str(record.pk),
        localtime(record.at).isoformat(timespec="microseconds"),
        record.who,
        record.by_email,
        record.origin,
        record.module_label,
        record.action_label,
        record.on_text,
        record.number,
        record.result,
        changed,
        more,
        record.hash,
    ]


def lines(records: Iterable[AuditRecord]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(HEAD)  # by this mark a spreadsheet knows that it is UTF-8
    for record in records:
        with translation.override(ENGLISH):
            line = [safe(cell) for cell in cells(record)]
        yield writer.writerow(line)
