"""Holidays of calendar files, those that people have and those that somebody made to harm."""

import random
from datetime import date

import pytest

from trunks.hours import calendar_file
from trunks.hours.calendar_file import CalendarError, Event, Found

CHRISTMAS = date(2026, 12, 25)


def calendar(*events: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN"]
    for each in events:
        lines += ["BEGIN:VEVENT", *each.split("\n"), "END:VEVENT"]
    return ("\r\n".join([*lines, "END:VCALENDAR"]) + "\r\n").encode()


def read(*events: str, zone: str = "Europe/Berlin") -> Found:
    return calendar_file.read(calendar(*events), zone)


def days(event: str, zone: str = "Europe/Berlin") -> tuple[str, str, bool] | None:
    found = read(event, zone=zone).events
    return (str(found[0].first), str(found[0].last), found[0].every_year) if found else None


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ("DTSTART;VALUE=DATE:20261225", ("2026-12-25", "2026-12-25", False)),
        ("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227", ("2026-12-25", "2026-12-26", False)),
        ("DTSTART;VALUE=DATE:20261225\nDURATION:P1W", ("2026-12-25", "2026-12-31", False)),
        ("DTSTART:20261225\nRRULE:FREQ=YEARLY", ("2026-12-25", "2026-12-25", True)),
        ("DTSTART:20261225\nRRULE:FREQ=YEARLY;INTERVAL=1;BYMONTH=12;BYMONTHDAY=25", ("2026-12-25", "2026-12-25", True)),
        # midnight of its own clock, whatever its zone is called
        (
            "DTSTART;TZID=Europe/Berlin:20261225T000000\nDTEND;TZID=Europe/Berlin:20261226T000000",
            ("2026-12-25", "2026-12-25", False),
        ),
        (
            "DTSTART;TZID=W. Europe Standard Time:20261225T000000\nDTEND;TZID=W. Europe Standard Time:20261226T000000",
            ("2026-12-25", "2026-12-25", False),
        ),
        # midnight in Berlin
        ("DTSTART:20261224T230000Z\nDTEND:20261225T230000Z", ("2026-12-25", "2026-12-25", False)),
        # over the day on which clocks are set
        ("DTSTART:20260328T230000Z\nDTEND:20260329T220000Z", ("2026-03-29", "2026-03-29", False)),
    ],
)
def test_events_of_whole_days_are_holidays(event: str, found: tuple[str, str, bool]) -> None:
    assert days(f"SUMMARY:Holiday\n{event}") == found


@pytest.mark.parametrize(
    "event",
    [
        "SUMMARY:No day at all",
        "DTSTART:20261225T090000",
        "DTSTART:20261225T000000",
        "DTSTART:20261225T090000\nDTEND:20261225T170000",
        "DTSTART:20261224T230000Z\nDTEND:20261225T220000Z",
        "DTSTART:20261225\nDTEND:20261225",
        "DTSTART:20261225\nDTEND:20261224",
        "DTSTART:20261225\nDTEND:20281225",
        "DTSTART:20261225\nDURATION:PT1H",
        "DTSTART:20261225\nDURATION:-P1D",
        "DTSTART:20261225\nDURATION:P999999999999D",
        "DTSTART:20261225\nDURATION:long",
        "DTSTART:20261341",
        "DTSTART:99991231\nDURATION:P1D",
        "DTSTART:00010101T000000Z\nDTEND:00010102T000000Z",
        "DTSTART:20261225\nSTATUS:CANCELLED",
        "DTSTART:20261225\nRRULE:FREQ=SECONDLY",
        "DTSTART:20261225\nRRULE:FREQ=WEEKLY",
        "DTSTART:20261225\nRRULE:FREQ=YEARLY;COUNT=999999999",
        "DTSTART:20261225\nRRULE:FREQ=YEARLY;UNTIL=20300101",
        "DTSTART:20261126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
        "DTSTART:20261225\nRRULE:FREQ=YEARLY;BYMONTH=11",
        "DTSTART:20261225\nRRULE:FREQ=YEARLY;BYSECOND=0,1,2,3,4,5",
        "DTSTART:20261225\nRRULE:nonsense",
        "DTSTART:20261225\nRRULE:FREQ=YEARLY\nEXDATE:20271225",
        "DTSTART:20261225\nRDATE:20271225",
    ],
)
def test_other_events_are_left_out(event: str) -> None:
    assert read(event, zone="Pacific/Honolulu" if "0001" in event else "Europe/Berlin") == Found([], 1)


def test_midnight_elsewhere_is_none_here() -> None:
    assert days("DTSTART:20261224T230000Z\nDTEND:20261225T230000Z", "America/New_York") is None


def test_a_name_is_read_as_it_is_meant() -> None:
    data = calendar("SUMMARY;LANGUAGE=en:Boxing\\, and\n  St Stephen\\;s\nDTSTART:20261226")
    found = calendar_file.read(b"\xef\xbb\xbf" + data, "UTC")
    assert found.events[0].name == "Boxing, and St Stephen;s"


def test_an_alarm_is_no_part_of_its_event() -> None:
    event = "DTSTART:20261225\nBEGIN:VALARM\nSUMMARY:Wake up\nDTSTART:20270101\nEND:VALARM\nSUMMARY:Christmas"
    assert read(event).events == [Event("Christmas", CHRISTMAS, CHRISTMAS, False)]


def test_rules_of_a_time_zone_are_not_carried_out() -> None:
    rule = "BEGIN:STANDARD\nDTSTART:19700101T000000\nRRULE:FREQ=SECONDLY\nEND:STANDARD"
    bomb = f"BEGIN:VTIMEZONE\nTZID:X\n{rule}\nEND:VTIMEZONE"
    data = calendar("DTSTART;TZID=X:20261225T000000\nDTEND;TZID=X:20261226T000000").decode()
    data = data.replace("BEGIN:VEVENT", f"{bomb}\nBEGIN:VEVENT".replace("\n", "\r\n"), 1)
    assert [each.first for each in calendar_file.read(data.encode(), "UTC").events] == [CHRISTMAS]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_calendar"),
        (b"Christmas,2026-12-25", "no_calendar"),
        (b"PK\x03\x04", "no_calendar"),
        (calendar("SUMMARY:Caf\xe9").decode().encode("latin-1"), "encoding"),
        (calendar("SUMMARY:x").decode().encode("utf-16"), "encoding"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "unreadable"),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", "unreadable"),
        (b"BEGIN:VCALENDAR\r\nSUMMARY\r\nEND:VCALENDAR\r\n", "unreadable"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:A\r\n" * 100_000, "unreadable"),
        (b"BEGIN:VCALENDAR\r\nSUMMARY" + b";A=b" * 250_000 + b":x\r\nEND:VCALENDAR\r\n", "unreadable"),
        (calendar(*["DTSTART:20261225"] * 1001), "too_many"),
    ],
    ids=["empty", "csv", "zip", "latin-1", "utf-16", "open", "turned", "no value", "deep", "long", "many"],
)
def test_what_is_no_calendar_has_one_clear_error(data: bytes, code: str) -> None:
    with pytest.raises(CalendarError) as error:
        calendar_file.read(data, "Europe/Berlin")
    assert error.value.code == code


def test_whatever_is_damaged_there_is_no_other_error() -> None:
    dice = random.Random(1)
    whole = calendar("SUMMARY:One\nDTSTART:20261225\nRRULE:FREQ=YEARLY", "DTSTART:20260101T230000Z\nDURATION:P1D")
    codes = set()
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(16, len(data))] = dice.choice(b'\x00\r\n;:=,"\\ 0129AZTP-\xff')
        try:
            calendar_file.read(bytes(data), "Europe/Berlin")
        except CalendarError as error:
            codes.add(error.code)
    assert codes == {"encoding", "unreadable"}
