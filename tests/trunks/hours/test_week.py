import pytest

from trunks.hours import week


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", ""),
        ("9-17", "09:00-17:00"),
        ("9:00 - 17:30", "09:00-17:30"),
        ("13.00–17.00; 8h30-12", "08:30-12:00, 13:00-17:00"),
        ("9am to 5pm", "09:00-17:00"),
        ("12 am - 12 p.m.", "00:00-12:00"),
        ("0-24", "00:00-24:00"),
        ("1am-1pm", "01:00-13:00"),
        ("9-12.30 Uhr, 13.30 Uhr bis 17 Uhr", "09:00-12:30, 13:30-17:00"),
        ("9h - 17h", "09:00-17:00"),
        ("18:00 until 00:00", "18:00-24:00"),
        ("8-10, 10-12, 12-13", "08:00-10:00, 10:00-12:00, 12:00-13:00"),
    ],
)
def test_hours_are_typed_as_people_write_them(typed: str, meant: str) -> None:
    assert week.text_of(week.parse(typed)) == meant
    assert week.text_of(week.parse(meant)) == meant


@pytest.mark.parametrize(
    ("typed", "code", "text"),
    [
        ("nine to five", "unknown", "nine to five"),
        ("9-", "unknown", "9-"),
        ("9-17 18-19", "unknown", "9-17 18-19"),
        ("9-24:01", "unknown", "9-24:01"),
        ("13pm-14", "unknown", "13pm-14"),
        ("0am-9am", "unknown", "0am-9am"),
        ("٩-17", "unknown", "٩-17"),
        ("22:00-02:00", "past_midnight", "22:00-02:00"),
        ("9-9", "past_midnight", "9-9"),
        ("9-12, 11-17", "overlap", "09:00-12:00, 11:00-17:00"),
        ("1-2,3-4,5-6,7-8", "too_many", "1-2,3-4,5-6,7-8"),
    ],
)
def test_what_is_wrong_with_hours_is_said(typed: str, code: str, text: str) -> None:
    with pytest.raises(week.WeekError) as error:
        week.parse(typed)
    assert (error.value.code, error.value.text) == (code, text)
