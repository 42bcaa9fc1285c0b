"""When the office is open, closed, or has a holiday: intervals of time for whole years. Pure.

They are the same on every day of a year, and know when clocks are set. In which year one is, the caller says.
"""

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from trunks.hours import holiday_days, week

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
YEARS_AHEAD = 2
ONE_DAY, ONE_MINUTE = timedelta(days=1), timedelta(minutes=1)

Row = Mapping[str, Any]


class State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    HOLIDAY = "holiday"


class Interval(NamedTuple):
    """From `first`, in seconds of Unix time, until the next one. `holiday`: what it is called."""

    first: int
    state: State
    holiday: str = ""


class Span(NamedTuple):
    first: int
    end: int
    state: State
    holiday: str = ""


ALWAYS = [Interval(0, State.OPEN)]


def render(hours: Row | None, own: Iterable[Row], year: int) -> list[Interval]:
    """For this year and those after it, of rows of a record. The first begins with time itself; after the last year the
    office is open again, so that a portal that nobody starts for years keeps no call away."""
    own = list(own)
    if hours is None or not (any(map(hours.get, DAYS)) or hours["country"] or own):
        return ALWAYS
    zone = ZoneInfo(hours["time_zone"])
    first, last = date(year, 1, 1) - ONE_DAY, date(year + YEARS_AHEAD, 12, 31)  # it is another day in the west
    holidays = holiday_days.of(hours, own, first, last)
    spans = _merged(_spans(hours, holidays, zone, first, last))
    return list(_intervals(spans, _midnight(last + ONE_DAY, zone)))


def at(intervals: list[Interval], moment: float) -> int:
    """The place of the interval that holds then."""
    return max(0, bisect(intervals, moment, key=lambda each: each.first) - 1)


def _spans(hours: Row, holidays: Mapping[date, str], zone: ZoneInfo, first: date, last: date) -> Iterator[Span]:
    """Of each day in its order. What is between them is closed."""
    week_of = [week.parse(hours[name]) for name in DAYS]
    always = not any(week_of)
    day = first
    while day <= last:
        begin, end = _midnight(day, zone), _midnight(day + ONE_DAY, zone)
        if day in holidays:
            yield Span(begin, end, State.HOLIDAY, holidays[day])
        elif always:
            yield Span(begin, end, State.OPEN)
        else:
            for each in week_of[day.weekday()]:
                until = end if each.end == week.MIDNIGHT else _moment(day, each.end, zone, later=True)
                yield Span(_moment(day, each.begin, zone), until, State.OPEN)
        day += ONE_DAY


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Where a clock that is set back makes two overlap, or a day goes on in the next, they are one."""
    found: list[Span] = []
    for each in sorted(span for span in spans if span.first < span.end):
        if found and each.first <= found[-1].end and each[2:] == found[-1][2:]:
            found[-1] = found[-1]._replace(end=max(found[-1].end, each.end))
        else:
            found.append(each)
    return found


def _intervals(spans: list[Span], end: int) -> Iterator[Interval]:
    until, now = 0, Interval(0, State.CLOSED)
    yield now
    for span in [*spans, Span(end, end, State.OPEN)]:
        if span.first > until and now.state != State.CLOSED:
            now = Interval(until, State.CLOSED)
            yield now
        if now[1:] != span[2:]:
            now = Interval(span.first, span.state, span.holiday)
            yield now
        until = span.end


def _midnight(day: date, zone: ZoneInfo) -> int:
    return _moment(day, 0, zone)


def _moment(day: date, minutes: int, zone: ZoneInfo, *, later: bool = False) -> int:
    """When clocks show that time. One that they show twice: the first time, or the `later`; one that they leave out:
    when they are set."""
    shown = datetime.combine(day, time()) + timedelta(minutes=minutes)
    if _is_shown(shown, zone):
        return int(shown.replace(tzinfo=zone, fold=int(later)).timestamp())
    while not _is_shown(shown, zone):
        shown -= ONE_MINUTE
    return int(shown.replace(tzinfo=zone, fold=1).timestamp()) + 60


def _is_shown(shown: datetime, zone: ZoneInfo) -> bool:
    there = shown.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) == shown
