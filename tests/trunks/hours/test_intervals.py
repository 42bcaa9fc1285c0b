"""When the office is open: against the clock on the wall, and where clocks are set."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from trunks.hours import intervals, week
from trunks.hours.intervals import DAYS, Interval, State

OFFICE = {"time_zone": "Europe/Berlin", "country": "", "region": ""}
WORKDAYS = dict.fromkeys(DAYS, "") | dict.fromkeys(DAYS[:5], "09:00-12:00, 13:00-17:00")


def office(**more: Any) -> dict[str, Any]:
    return {**OFFICE, **WORKDAYS, **more}


def holiday(first: str, last: str = "", name: str = "Outing", *, every_year: bool = False) -> dict[str, Any]:
    return {"name": name, "first_day": first, "last_day": last or first, "every_year": every_year}


def state_at(found: list[Interval], shown: str, zone: str = "Europe/Berlin") -> str:
    moment = datetime.fromisoformat(shown)
    its = found[intervals.at(found, (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp())]
    return its.holiday or str(its.state)


def test_with_nothing_set_up_the_office_is_always_open() -> None:
    assert intervals.render(None, [], 2026) == intervals.ALWAYS
    assert intervals.render(office(**dict.fromkeys(DAYS, "")), [], 2026) == intervals.ALWAYS


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        ("2026-06-01T08:59:59", "closed"),
        ("2026-06-01T09:00", "open"),
        ("2026-06-01T11:59:59", "open"),
        ("2026-06-01T12:00", "closed"),
        ("2026-06-01T13:00", "open"),
        ("2026-06-01T17:00", "closed"),
        ("2026-06-06T10:00", "closed"),
        ("2028-12-29T16:00", "open"),
        ("2028-12-31T23:59", "closed"),
        ("2029-01-01T00:00", "open"),
        ("1999-01-01T10:00", "closed"),
    ],
)
def test_hours_with_a_break(shown: str, state: str) -> None:
    assert state_at(intervals.render(office(), [], 2026), shown) == state


def by_the_wall(week_of: list[list[week.Open]], local: datetime) -> str:
    minutes = local.hour * 60 + local.minute
    return "open" if any(each.begin <= minutes < each.end for each in week_of[local.weekday()]) else "closed"


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo", "UTC"]
)
@pytest.mark.parametrize("text", ["09:00-17:00", "00:00-24:00", "00:00-02:30, 04:00-05:00, 20:00-24:00"])
def test_the_clock_on_the_wall_decides(zone: str, text: str) -> None:
    """Each half hour of a year, but for what a clock shows twice."""
    hours = office(time_zone=zone) | dict.fromkeys(DAYS, text) | {"sunday": "08:30-23:30"}
    found, week_of = intervals.render(hours, [], 2026), [week.parse(hours[day]) for day in DAYS]
    moment, wrong = datetime(2026, 1, 1, tzinfo=UTC), []
    while moment.year == 2026:
        local = moment.astimezone(ZoneInfo(zone))
        twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        if not twice and found[intervals.at(found, moment.timestamp())].state != by_the_wall(week_of, local):
            wrong.append(local)
        moment += timedelta(minutes=30)
    assert not wrong


def test_hours_that_the_clock_leaves_out_are_none() -> None:
    """On March 29 Berlin goes from 02:00 to 03:00."""
    found = intervals.render(office(sunday="02:00-03:00"), [], 2026)
    assert state_at(found, "2026-03-29T00:59:59+00:00") == "closed"
    assert state_at(found, "2026-03-29T01:00:00+00:00") == "closed"
    assert state_at(found, "2026-03-22T02:30") == "open"
    assert len({each.first for each in found}) == len(found)


def test_hours_that_the_clock_shows_twice_hold_twice() -> None:
    """On October 25 Berlin has 02:00 to 03:00 twice."""
    found = intervals.render(office(sunday="02:00-02:30"), [], 2026)
    assert [state_at(found, f"2026-10-25T{at}+00:00") for at in ("00:00", "01:15", "01:30")] == [
        "open",
        "open",
        "closed",
    ]


@pytest.mark.parametrize("zone", ["America/Santiago", "Africa/Cairo"])
def test_a_holiday_begins_with_its_day_also_where_midnight_is_left_out(zone: str) -> None:
    """Santiago: September 6, Cairo: April 24; both go from 24:00 to 01:00."""
    day = "2026-09-06" if zone == "America/Santiago" else "2026-04-24"
    found = intervals.render(office(time_zone=zone, **dict.fromkeys(DAYS, "00:00-24:00")), [holiday(day)], 2026)
    its = next(each for each in found if each.state == State.HOLIDAY)
    begins = datetime.fromtimestamp(its.first, ZoneInfo(zone))
    assert (str(begins.date()), begins.hour) == (day, 1)
    assert datetime.fromtimestamp(its.first - 1, ZoneInfo(zone)).hour == 23


def test_without_hours_a_holiday_alone_closes() -> None:
    found = intervals.render(office(**dict.fromkeys(DAYS, "")), [holiday("2026-07-01")], 2026)
    assert state_at(found, "2026-06-30T23:59") == "open"
    assert state_at(found, "2026-07-01T00:00") == "Outing"
    assert state_at(found, "2026-07-02T03:00") == "open"


def test_a_span_may_go_over_the_turn_of_the_year_and_come_again() -> None:
    found = intervals.render(office(), [holiday("2020-12-24", "2021-01-01", every_year=True)], 2026)
    for day in ("2026-01-01", "2026-12-24", "2026-12-31", "2027-01-01", "2028-12-31"):
        assert state_at(found, f"{day}T10:00") == "Outing", day
    assert state_at(found, "2026-12-23T10:00") == "open"
    assert state_at(found, "2027-01-04T10:00") == "open"


def test_what_comes_once_comes_once() -> None:
    found = intervals.render(office(), [holiday("2026-07-01", "2026-07-03")], 2026)
    assert [state_at(found, f"2026-07-0{day}T10:00") for day in (1, 2, 3)] == ["Outing"] * 3
    assert state_at(found, "2027-07-01T10:00") == "open"


def test_a_leap_day_comes_in_leap_years() -> None:
    found = intervals.render(office(), [holiday("2024-02-29", every_year=True)], 2026)
    assert {each.first for each in found if each.holiday} == {
        int(datetime(2028, 2, 29, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
    }
    assert state_at(found, "2028-02-29T10:00") == "Outing"
    assert state_at(found, "2027-03-01T10:00") == "open"


def test_a_span_to_a_leap_day_ends_the_day_before_in_other_years() -> None:
    found = intervals.render(office(), [holiday("2024-02-28", "2024-02-29", every_year=True)], 2026)
    assert state_at(found, "2026-02-28T10:00") == "Outing"
    assert state_at(found, "2026-03-02T10:00") == "open"
    found = intervals.render(office(), [holiday("2024-02-29", "2024-03-02", every_year=True)], 2026)
    days = ("2026-02-27", "2026-03-02", "2026-03-03", "2027-02-26", "2027-03-01", "2028-02-29", "2028-03-03")
    seen = [state_at(found, f"{day}T10:00") for day in days]
    assert seen == ["open", "Outing", "open", "open", "Outing", "Outing", "open"]


def test_what_begins_in_a_later_year_is_not_there_before() -> None:
    found = intervals.render(office(), [holiday("2027-07-01", every_year=True)], 2026)
    assert [state_at(found, f"{year}-07-01T10:00") for year in (2026, 2027)] == ["open", "Outing"]
    assert state_at(found, "2028-07-01T10:00") == "Outing"


def test_holidays_of_a_country_and_of_a_part_of_it() -> None:
    day = "2026-01-06T10:00"  # a holiday in Bavaria, and not in Berlin
    bavaria, berlin = (intervals.render(office(country="DE", region=each), [], 2026) for each in ("BY", "BE"))
    assert state_at(bavaria, day) == "Epiphany"
    assert state_at(berlin, day) == "open"
    assert state_at(berlin, "2026-12-25T10:00") == "Christmas Day"


def test_two_names_of_one_day_are_both_said() -> None:
    own = [holiday("2026-12-25", name="Party"), holiday("2026-12-25", name="Christmas Day")]
    assert state_at(intervals.render(office(country="DE"), own, 2026), "2026-12-25T10:00") == "Christmas Day; Party"


def test_a_country_that_is_no_longer_known_has_no_holidays() -> None:
    assert state_at(intervals.render(office(country="XX"), [], 2026), "2026-12-25T10:00") == "open"
    assert state_at(intervals.render(office(country="DE", region="XX"), [], 2026), "2026-12-25T10:00") == "open"


def test_intervals_are_in_order_and_each_is_another_than_the_one_before() -> None:
    found = intervals.render(office(country="US"), [holiday("2026-07-01")], 2026)
    firsts = [each.first for each in found]
    assert firsts == sorted(set(firsts))
    assert all(one[1:] != other[1:] for one, other in pairwise(found))
    assert found == intervals.render(office(country="US"), [holiday("2026-07-01")], 2026)
