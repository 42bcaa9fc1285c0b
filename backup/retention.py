"""Which backups are kept: the newest of each of the last days, weeks and months that have one."""

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime


def kept(times: Iterable[datetime], days: int, weeks: int, months: int) -> set[datetime]:
    newest_first = sorted(times, reverse=True)
    periods: list[tuple[Callable[[datetime], Hashable], int]] = [
        (lambda at: at.date(), days),
        (lambda at: at.isocalendar()[:2], weeks),
        (lambda at: (at.year, at.month), months),
    ]
    found = set(newest_first[:1])
    for period, many in periods:
        of_each: dict[Hashable, datetime] = {}
        for at in newest_first:
            of_each.setdefault(period(at), at)
        found |= set(list(of_each.values())[:many])
    return found
