"""Imports on a base of 10,000, applied and proved, and their undo; exports of 100,000, and their memory."""

import csv
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import User
from core.preferences.models import in_force
from core.random_text import random_password
from extensions.models import SipExtension
from extensions.spreadsheets import formats, reading, run
from extensions.spreadsheets.models import Import
from extensions.spreadsheets.table import Table
from tests.bench import filling
from tests.bench.backup import resident
from tests.bench.surroundings import Failed
from tests.bench.table import Figures
from tests.node import apply

GROUP = "Spreadsheets"
BASE = 10_000
SIZES = (1_000, 10_000)
EXPORTED = 100_000
FIRST = 200_000
WAITED_FOR_SECONDS = 0.2  # until a process that has ended is counted
HEADS = [
    "Extension Number", "First Name", "Last Name", "Email Address", "Mobile Number", "Departments", "Job Title",
    "Registration Name", "Registration Password", "Voicemail PIN",
]  # fmt: skip
State = Import.State
# In a process of its own, which says nothing but how large it was at its start.
EXPORT = """
import django; django.setup()
from extensions.models import SipExtension
from extensions.spreadsheets import columns, export
rows = export.rows(SipExtension.objects.all(), columns.NAMES)
print("ready", flush=True)
input()
with open("{path}", "wb") as file:
    parts = map(str.encode, export.as_csv(rows)) if "{kind}" == "csv" else export.as_xlsx(rows)
    for part in parts:
        file.write(part)
"""


def measure(figures: Figures, by: User, say: Callable[[str], None]) -> None:
    filling.fill(BASE, by)
    apply(SipExtension.objects.values_list("number", flat=True), by)
    say(f"{BASE:,} are there")
    for size in SIZES:
        imported(figures, by, size)
        say(f"{size:,} imported and undone\n{figures}")


def imported(figures: Figures, by: User, size: int) -> None:
    content = people(size)
    read = timed(figures, "read", size, lambda: reading.read(content))
    table, of, encoding = read
    targets = formats.targets_of(table.heads, of)
    made = Import(by=by, origin="127.0.0.1", file_name="people.csv", format=of.code, encoding=encoding, targets=targets)
    made.seal("sealed_table", table.to_json())
    made.save()
    timed(figures, "preview", size, lambda: ended(made, State.CHECKING, State.READY))
    if Table.of_json(made.unseal("sealed_table")).counts() != {"new": size}:
        raise Failed("The rows of the benchmark are wrong.")
    timed(figures, "import, applied and proved", size, lambda: ended(made, State.RUNNING, State.DONE))
    timed(figures, "undo, applied and proved", size, lambda: ended(made, State.UNDOING, State.UNDONE))


def timed(figures: Figures, name: str, size: int, work: Callable[[], Any]) -> Any:
    """And how busy a processor was with it: on a machine that others use that says more."""
    started, before = time.perf_counter(), cpu_of_children()
    found = work()
    figures.add(GROUP, f"{name}, s", size, [time.perf_counter() - started])
    time.sleep(WAITED_FOR_SECONDS)
    figures.add(GROUP, f"{name}, CPU of its process, s", size, [cpu_of_children() - before])
    return found


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ended(made: Import, begin: Import.State, end: Import.State) -> None:
    """In the process that a page starts."""
    Import.objects.filter(pk=made.pk).update(state=begin)
    with in_force():
        run.start(made)
    while run.has_lock(made):
        time.sleep(0.01)
    made.refresh_from_db()
    if made.state != end:
        raise Failed(f"{made.state} instead of {end}: {made.why_text}")


def people(size: int) -> bytes:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADS)
    for place in range(size):
        number = str(FIRST + place)
        row = [number, filling.FIRST_NAMES[place % 8], f"Importer {place}", f"new{place}@example.com", "+4915112345678"]
        more = [f"Company/{filling.DEPARTMENTS[place % 8]}", "Clerk", number, random_password(20), f"7{place:05}93"]
        writer.writerow(row + more)
    return text.getvalue().encode()


def exported(figures: Figures, by: User, say: Callable[[str], None]) -> None:
    filling.empty(by)
    filling.fill(EXPORTED, by)
    for kind in ("csv", "xlsx"):
        path = Path(settings.VAR) / f"export.{kind}"
        command = [sys.executable, "-c", EXPORT.format(path=path, kind=kind)]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ, **streams)  # type: ignore[call-overload]
        process.stdout.readline()
        before = most = resident(process.pid)
        started = time.perf_counter()
        process.stdin.write("\n")
        process.stdin.flush()
        while process.poll() is None:
            most = max(most, resident(process.pid))
            time.sleep(0.02)
        figures.add(GROUP, f"export as {kind}, s", EXPORTED, [time.perf_counter() - started])
        figures.add(GROUP, f"export as {kind}, memory, MB", EXPORTED, [most - before])
        figures.add(GROUP, f"export as {kind}, file, MB", EXPORTED, [path.stat().st_size / 1e6])
        say(f"{EXPORTED:,} exported as {kind}")
