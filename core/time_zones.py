"""Time zones as people choose them: a continent and a city, or UTC."""

from functools import cache
from zoneinfo import available_timezones

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


def find(text: str) -> str:
    """The zone of that name, whatever its case and blanks, or of that city where only one has it; "": none."""
    typed = fold(text).strip().replace(" ", "_")
    by_name = [name for name in names() if fold(name) == typed]
    by_city = [name for name in names() if fold(name).rpartition("/")[2] == typed]
    found = by_name or by_city
    return found[0] if len(found) == 1 else ""
