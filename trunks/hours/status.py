"""What holds now of business hours, and what comes next, in words."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from trunks import record
from trunks.hours import holiday_days, intervals
from trunks.hours.intervals import Interval, State
from trunks.models import BusinessHours, Holiday

AHEAD = timedelta(days=366)
DOTS = {State.OPEN: "good", State.CLOSED: "off", State.HOLIDAY: "off"}


@dataclass(frozen=True)
class Status:
    """`next_holiday`: "" where none is known."""

    dot: str
    words: str
    next_holiday: str = ""


@dataclass(frozen=True)
class Day:
    """One of the next holidays."""

    day: date
    name: str

    @property
    def weekday(self) -> str:
        return date_format(self.day, "l")


def of(hours: BusinessHours, moment: datetime) -> Status:
    """As they are saved, applied or not. `moment`: with a time zone."""
    local = moment.astimezone(ZoneInfo(hours.time_zone))
    found = intervals.render(record.values_of(hours), _own(), local.year)
    place = intervals.at(found, moment.timestamp())
    now = found[place]
    coming = next_days(hours, local.date())
    words = _("Next holiday: %(name)s, %(day)s.")
    known = {"name": coming[0].name, "day": date_format(coming[0].day, "SHORT_DATE_FORMAT")} if coming else {}
    return Status(DOTS[now.state], _now(now, found[place + 1 :], local), words % known if known else "")


def next_days(hours: BusinessHours, today: date) -> list[Day]:
    """The holidays of the next twelve months, but for today's."""
    found = holiday_days.of(record.values_of(hours), _own(), today + timedelta(days=1), today + AHEAD)
    return [Day(day, name) for day, name in found.items()]


def _own() -> list[dict[str, object]]:
    return [record.values_of(each) for each in Holiday.objects.all()]


def _now(now: Interval, later: list[Interval], local: datetime) -> str:
    """`later`: what comes after it. `local`: when it is, by the clock of the office."""
    opens = next((each for each in later if each.state == State.OPEN), None)
    closes = next((each for each in later if each.state != State.OPEN), None)
    if now.state == State.OPEN:
        return _("Open now, until %(when)s.") % {"when": _when(closes, local)} if closes else _("Always open.")
    known = {"name": now.holiday, "when": _when(opens, local) if opens else ""}
    if now.state == State.HOLIDAY:
        return _("Closed for a holiday: %(name)s. Opens %(when)s.") % known
    return _("Closed now. Opens %(when)s.") % known


def _when(interval: Interval, local: datetime) -> str:
    """Its beginning, no longer than need be."""
    begins = datetime.fromtimestamp(interval.first, local.tzinfo)
    days = (begins.date() - local.date()).days
    known = {
        "time": date_format(begins, "TIME_FORMAT"),
        "weekday": date_format(begins, "l"),
        "day": date_format(begins, "SHORT_DATE_FORMAT"),
    }
    if days == 0:
        return known["time"]
    if days == 1:
        return _("tomorrow at %(time)s") % known
    if days < 7:
        return _("%(weekday)s at %(time)s") % known
    return _("%(day)s at %(time)s") % known
