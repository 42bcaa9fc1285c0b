"""On which days the office is closed for a holiday: those of a country, and its own. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import holidays

ENGLISH = "en_US"
BETWEEN = "; "  # names of one day, as the tables have them
ONE_DAY = timedelta(days=1)


@cache
def regions() -> dict[str, dict[str, str]]:
    """Country (ISO 3166 letters) -> code of each of its regions -> what it is called."""
    found = {}
    for country, codes in holidays.list_supported_countries(include_aliases=False).items():
        names = getattr(holidays, country).subdivisions_aliases
        found[country] = {code: code for code in codes} | {code: name for name, code in names.items()}
    return found


def of_country(country: str, region: str, years: Iterable[int]) -> dict[date, str]:
    """None of a country or region that the tables no longer have."""
    if country not in regions() or (region and region not in regions()[country]):
        return {}
    return dict(holidays.country_holidays(country, subdiv=region or None, years=years, language=ENGLISH))


def of(hours: Mapping[str, Any], own: Iterable[Mapping[str, Any]], first: date, last: date) -> dict[date, str]:
    """Each day from the first to the last that is one, with its name. `own`: rows, with their days as ISO texts."""
    found = of_country(hours["country"], hours["region"], range(first.year, last.year + 1))
    for each in own:
        for day in days(each, first, last):
            names = [*filter(None, found.get(day, "").split(BETWEEN)), each["name"]]
            found[day] = BETWEEN.join(dict.fromkeys(names))
    return {day: name for day, name in sorted(found.items()) if first <= day <= last}


def days(row: Mapping[str, Any], first: date, last: date) -> Iterator[date]:
    """Of a holiday of the office's own, from the first day to the last."""
    for begin, end in _spans(row, first, last):
        day = max(begin, first)
        while day <= min(end, last):
            yield day
            day += ONE_DAY


def _spans(row: Mapping[str, Any], first: date, last: date) -> list[tuple[date, date]]:
    """Its first and last days, in each year that matters where it comes every year."""
    begin, end = date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"])
    if not row["every_year"]:
        return [(begin, end)]
    longer, years = end.year - begin.year, range(max(first.year - 1, begin.year), last.year + 1)
    return [(_first_in(year, begin), _last_in(year + longer, end)) for year in years]


def _first_in(year: int, day: date) -> date:
    """The same day of that year; where there is no February 29, the day after."""
    return date(year, day.month, day.day) if _is_in(year, day) else date(year, 3, 1)


def _last_in(year: int, day: date) -> date:
    """The same, but the day before: of February 29 alone nothing is left then."""
    return date(year, day.month, day.day) if _is_in(year, day) else date(year, 2, 28)


def _is_in(year: int, day: date) -> bool:
    return (day.month, day.day) != (2, 29) or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
