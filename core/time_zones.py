"""Time zones as people choose them: a continent and a city, or UTC."""

from functools import cache
from pathlib import Path
from zoneinfo import TZPATH, available_timezones

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from core.folding import fold

CONTINENTS = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/",
    "Pacific/",
)  # fmt: skip


@cache
def names() -> tuple[str, ...]:
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(CONTINENTS)))


@cache
def options() -> SafeString:
    """Of a <datalist>, made once: there are some 480."""
    return format_html_join("", '<option value="{}">', ((name,) for name in names()))


@cache
def of_country(code: str) -> str:
    """The zone that the system's table names first for the country; UTC where there is none."""
    for folder in TZPATH:
        table = Path(folder, "zone.tab")
        if table.exists():
            rows = (line.split("\t") for line in table.read_text().splitlines() if not line.startswith("#"))
            return next((row[2] for row in rows if row[0] == code and row[2] in names()), "UTC")
    return "UTC"


def find(text: str) -> str:
    """The zone of that name, whatever its case and blanks, or of that city where only one has it; "": none."""
    typed = fold(text).strip().replace(" ", "_")
    by_name = [name for name in names() if fold(name) == typed]
    by_city = [name for name in names() if fold(name).rpartition("/")[2] == typed]
    found = by_name or by_city
    return found[0] if len(found) == 1 else ""
