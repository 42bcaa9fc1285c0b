"""Holidays of a calendar file (iCalendar, RFC 5545).

No rule of it is ever carried out, neither of an event nor of a time zone: one could ask for billions of days. An event
that comes every year is known by its words, and one that comes in another way is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import vDuration, vRecur
from icalendar.parser import Contentline, Contentlines

MOST_EVENTS = 1000
MOST_DAYS = 366
LONGEST_LINE, DEEPEST = 10_000, 8
ONE_DAY = timedelta(days=1)
NAME = re.compile(r"[A-Za-z0-9-]+")
OTHER_DAYS = {"RDATE", "EXDATE", "RECURRENCE-ID"}  # in which events differ from what comes every year
READ = {"BEGIN", "END", "SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "STATUS", *OTHER_DAYS}


class CalendarError(ValueError):
    """It is no calendar that can be read. `code`: why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class LeftOutError(ValueError):
    """An event that is no holiday of whole days."""


@dataclass(frozen=True)
class Event:
    name: str
    first: date
    last: date
    every_year: bool


@dataclass(frozen=True)
class Found:
    """`left_out`: so many events are no holidays of whole days."""

    events: list[Event]
    left_out: int


def read(data: bytes, zone: str) -> Found:
    """`zone`: in which the days of events are that are given in UTC. Raises CalendarError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CalendarError("encoding") from error
    if not text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        raise CalendarError("no_calendar")
    events, left_out = [], 0
    for number, properties in enumerate(_events(text)):
        if number >= MOST_EVENTS:
            raise CalendarError("too_many")
        try:
            events.append(_event(properties, ZoneInfo(zone)))
        except LeftOutError:
            left_out += 1
    return Found(events, left_out)


Properties = dict[str, str]


def _events(text: str) -> Iterator[Properties]:
    """The properties of each event, and not of what is in it, such as alarms."""
    inside: list[str] = []
    properties: Properties = {}
    for line in _lines(text):
        name = NAME.match(line)
        if name is None or name[0].upper() not in READ:
            continue
        key, value = name[0].upper(), _value(line)
        if len(inside) > DEEPEST:
            raise CalendarError("unreadable")
        if key == "BEGIN":
            inside.append(value.upper())
            if inside[1:] == ["VEVENT"]:
                properties = {}
        elif key == "END":
            if inside[1:] == ["VEVENT"]:
                yield properties
            if not inside or inside.pop() != value.upper():
                raise CalendarError("unreadable")
        elif inside[1:] == ["VEVENT"]:
            properties.setdefault(key, value)
    if inside:
        raise CalendarError("unreadable")


def _lines(text: str) -> list[Contentline]:
    try:
        return [line for line in Contentlines.from_ical(text) if line]  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise CalendarError("unreadable") from error


def _value(line: Contentline) -> str:
    if len(line) > LONGEST_LINE:
        raise CalendarError("unreadable")
    try:
        return str(line.parts()[2])
    except ValueError as error:
        raise CalendarError("unreadable") from error


def _event(properties: Properties, zone: ZoneInfo) -> Event:
    if OTHER_DAYS & properties.keys() or properties.get("STATUS", "").upper() == "CANCELLED":
        raise LeftOutError
    try:
        first, after = _days(properties, zone)
    except (ValueError, OverflowError) as error:
        raise LeftOutError from error
    if not 0 < (after - first).days <= MOST_DAYS:
        raise LeftOutError
    every_year = "RRULE" in properties and _is_every_year(properties["RRULE"], first)
    return Event(properties.get("SUMMARY", ""), first, after - ONE_DAY, every_year)


def _days(properties: Properties, zone: ZoneInfo) -> tuple[date, date]:
    """Its first day, and the one after its last."""
    begin = properties.get("DTSTART", "")
    first = _midnight(begin, zone)
    if "DTEND" in properties:
        return first, _midnight(properties["DTEND"], zone)
    if "DURATION" in properties:
        length = vDuration.from_ical(properties["DURATION"])  # type: ignore[no-untyped-call]
        if length % ONE_DAY:
            raise LeftOutError
        return first, first + length
    if "T" in begin:
        raise LeftOutError
    return first, first + ONE_DAY


def _midnight(text: str, zone: ZoneInfo) -> date:
    """The day that begins then; as its own clock says it, whatever its zone. Raises ValueError."""
    if re.fullmatch("[0-9]{8}", text):
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 (a day)
    moment = datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 (as the clock says it)
    if text.endswith("Z"):
        moment = moment.replace(tzinfo=UTC).astimezone(zone)
    if moment.time() != time():
        raise LeftOutError
    return moment.date()


def _is_every_year(rule: str, first: date) -> bool:
    """Raises LeftOutError where it comes in another way."""
    try:
        parts = dict(vRecur.from_ical(rule))
    except (ValueError, TypeError, OverflowError) as error:
        raise LeftOutError from error
    parts.pop("WKST", None)
    plain = {"FREQ": ["YEARLY"], "INTERVAL": [1], "BYMONTH": [first.month], "BYMONTHDAY": [first.day]}
    if parts.get("FREQ") != ["YEARLY"] or any(plain.get(key) != value for key, value in parts.items()):
        raise LeftOutError
    return True
