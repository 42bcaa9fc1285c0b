"""The hours of a day as people type them, such as 9-12, 13:00-17:30. Pure."""

import re
from itertools import pairwise
from typing import NamedTuple

MOST = 3  # intervals a day
MIDNIGHT = 24 * 60
CLOCK = r"([01]?[0-9]|2[0-4])(?:[:.h]([0-5][0-9]))?\s*(am|pm|a\.m\.|p\.m\.)?(?:h|\s*Uhr)?"
INTERVAL = re.compile(rf"{CLOCK}\s*(?:-|\u2013|\u2014|to|until|bis)\s*{CLOCK}", re.IGNORECASE)


class WeekError(ValueError):
    """`code`: what is wrong. `text`: where."""

    def __init__(self, code: str, text: str) -> None:
        self.code, self.text = code, text
        super().__init__(f"{code}: {text}")


class Open(NamedTuple):
    """Minutes since midnight; `end` is at most MIDNIGHT."""

    begin: int
    end: int


def parse(text: str) -> list[Open]:
    """In their order. Raises WeekError."""
    found = sorted(_interval(part.strip()) for part in re.split("[,;]", text) if part.strip())
    if len(found) > MOST:
        raise WeekError("too_many", text)
    for one, other in pairwise(found):
        if other.begin < one.end:
            raise WeekError("overlap", f"{text_of([one])}, {text_of([other])}")
    return found


def text_of(found: list[Open]) -> str:
    return ", ".join(f"{_clock(each.begin)}-{_clock(each.end)}" for each in found)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _interval(text: str) -> Open:
    match = INTERVAL.fullmatch(text)
    if match is None:
        raise WeekError("unknown", text)
    parts = match.groups()
    begin, end = _minutes(text, *parts[:3]), _minutes(text, *parts[3:])
    end = end or MIDNIGHT
    if end <= begin:
        raise WeekError("past_midnight", text)
    return Open(begin, end)


def _minutes(text: str, hour: str, minute: str | None, half: str | None) -> int:
    number = int(hour)
    if half:
        if not 1 <= number <= 12:
            raise WeekError("unknown", text)
        number = number % 12 + (12 if half.lower().startswith("p") else 0)
    found = number * 60 + int(minute or 0)
    if found > MIDNIGHT:
        raise WeekError("unknown", text)
    return found
