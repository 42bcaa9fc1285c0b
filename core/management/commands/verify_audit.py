import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import BaseCommand

from core.audit import hash_chain
from core.audit.models import AuditHead, AuditRecord
from core.coded_text import CodedText
from core.events import look
from core.validators import digits

AT_ONCE = 2000


def known_row(text: str) -> tuple[int, str]:
    row, _, found = text.partition(":")
    known = digits(row)
    if known is None or len(found) != len(hash_chain.START):
        raise ArgumentTypeError("enter an entry number and its hash, as this command printed them")
    return known, found.lower()


class Command(BaseCommand):
    help = "Checks the operation log. Reports the first entry that was altered, removed, or inserted, with exit code 1."
    requires_system_checks = ()  # `run` begins with them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--known",
            type=known_row,
            metavar="ENTRY:HASH",
            help="what this command printed earlier, kept elsewhere: detects a log that was replaced as a whole",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            head = self._walk(options["known"])
        except hash_chain.Broken as broken:
            self.stdout.write(str(broken))
            if not options["known"]:  # else it may be what was typed that is wrong
                look.begin("log", CodedText("event.log", row=broken.row))
            sys.exit(1)
        if not options["known"]:
            look.solve("log")
        self.stdout.write(f"{head.count:,} entries, none altered. Last entry: {head.count}:{head.last_hash}")

    def _walk(self, known: tuple[int, str] | None) -> AuditHead:
        newest = AuditRecord.objects.values_list("id", flat=True).first() or 0
        head = AuditHead.objects.filter(pk=1).first()  # after the row: others may add some meanwhile
        if head is None:
            raise hash_chain.Broken(0, "The log's head is missing: entries may be missing at the end.")
        hash_chain.walk(rows(head.count, known), head.count, head.last_hash)
        if newest > head.count:
            raise hash_chain.Broken(newest, f"Entry {newest:,} was inserted: the log ends at entry {head.count:,}.")
        if known and known[0] > head.count:
            raise hash_chain.Broken(known[0], f"Entry {known[0]:,} is missing: the log ends at entry {head.count:,}.")
        return head


def rows(count: int, known: tuple[int, str] | None) -> Iterator[Sequence[Any]]:
    records = AuditRecord.objects.filter(id__lte=count).order_by("id").values_list(*hash_chain.HASHED, "hash")
    for row in records.iterator(AT_ONCE):
        if known and row[0] == known[0] and row[-1] != known[1]:
            raise hash_chain.Broken(
                row[0], f"Entry {row[0]:,} does not match the known hash: it or an earlier entry was altered."
            )
        yield row
