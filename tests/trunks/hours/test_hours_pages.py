"""Call Control > Business Hours and Holidays."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localdate

from accounts.models import User
from core.audit.models import AuditRecord
from core.preferences.models import Preferences, SystemChange
from tests.trunks.hours.test_calendar_file import calendar
from tests.trunks.known_pbx import KnownPbx
from tests.trunks.known_pbx import known_pbx as known_pbx
from tests.trunks.typed import (
    HOLIDAY,
    HOURS,
    make_holiday,
    make_outbound,
    make_trunk,
    opened,
    posted,
    set_hours,
    text_of,
)
from trunks import record
from trunks.hours import forms, status
from trunks.hours.intervals import DAYS
from trunks.models import BusinessHours, Holiday, LinesVersion

PAGE, DAYS_OFF = "/business-hours/", "/business-hours/holidays/"
WORKDAYS: dict[str, Any] = dict.fromkeys(DAYS[:5], "09:00-17:00")


@pytest.fixture
def signed_in(client: Client, ada: User, known_pbx: type[KnownPbx]) -> Client:
    Preferences.objects.update(country="DE", time_zone="Europe/Berlin")
    client.force_login(ada)
    return client


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422
    return {name: [str(each) for each in found] for name, found in answer.context["form"].errors.items()}


def logged(action: str) -> dict[str, tuple[str, str]]:
    found = AuditRecord.objects.get(action=action)
    return {str(each.label): (each.old, each.new) for each in found.fields}


# --- hours ---


@pytest.mark.parametrize(
    ("country", "first", "count"), [("DE", "Augsburg", 17), ("LU", "", 0), ("x'\"<", "", 0), ("", "", 0)]
)
def test_regions_are_suggested_once_a_country_is_chosen(
    signed_in: Client, country: str, first: str, count: int
) -> None:
    options = signed_in.get(f"{PAGE}regions/", {"country": country}).content.decode()
    assert options.count("<option") == count
    assert options.startswith(f'<option value="{first}">' if first else "")


def test_hours_are_saved_as_they_are_meant(signed_in: Client) -> None:
    typed = HOURS | {"monday": "9am to 12, 13.00-17", "country": "DE", "region": "bayern", "time_zone": "new york"}
    assert posted(signed_in, PAGE, typed)["Location"] == PAGE
    hours = BusinessHours.load()
    assert (hours.monday, hours.tuesday) == ("09:00-12:00, 13:00-17:00", "")
    assert (hours.country, hours.region, hours.time_zone) == ("DE", "BY", "America/New_York")
    found = logged("hours.changed")
    assert found["Monday"] == ("", "09:00-12:00, 13:00-17:00")
    page = text_of(signed_in.get(PAGE))
    assert "Saved but not applied" in page
    assert "The system's time zone is Europe/Berlin." in page


def test_a_new_form_has_the_systems_time_zone(signed_in: Client) -> None:
    assert signed_in.get(PAGE).context["form"]["time_zone"].value() == "Europe/Berlin"


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"monday": "nine to five"}, "monday", "“nine to five” is not understood."),
        ({"tuesday": "22-2"}, "tuesday", "End at 24:00, and enter the rest on the next day."),
        ({"friday": "9-12, 11-13"}, "friday", "09:00-12:00, 11:00-13:00 overlap."),
        ({"sunday": "1-2,3-4,5-6,7-8"}, "sunday", "Enter at most three times"),
        ({"time_zone": "Atlantis"}, "time_zone", "Choose a time zone from the list"),
        ({"country": "ZZ"}, "country", "Choose a country from the list."),
        ({"region": "Bayern"}, "region", "Choose a country first."),
        ({"country": "LU", "region": "Nord"}, "region", "This country has no regions with holidays of their own."),
        ({"country": "DE", "region": "Texas"}, "region", "Enter one of these, or leave it empty: Augsburg, Baden-"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(signed_in: Client, typed: dict[str, str], field: str, words: str) -> None:
    found = errors(posted(signed_in, PAGE, HOURS | typed))
    assert [*found] == [field]
    assert words in found[field][0]
    assert not BusinessHours.objects.exists()


def test_who_saves_later_sees_what_another_saved(signed_in: Client, ada: User) -> None:
    set_hours(ada, monday="08:00-12:00")
    mark = opened(signed_in, PAGE)
    set_hours(ada, monday="10:00-12:00")
    answer = signed_in.post(PAGE, HOURS | {"opened": mark, "then": "save"})
    assert answer.status_code == 409
    assert "The saved value is now 10:00-12:00." in text_of(answer)


def test_hours_are_undone_with_all_lines(signed_in: Client, ada: User) -> None:
    set_hours(ada, monday="08:00-12:00", country="DE")
    make_holiday(ada, "Summer party", every_year=True)
    version = Preferences.now("lines")
    posted(signed_in, PAGE, HOURS | {"monday": ""})
    Holiday.objects.all().delete()
    assert record.restore(version) == version
    assert BusinessHours.load().monday == "08:00-12:00"
    assert Holiday.objects.get().first_day == date(2027, 6, 11)
    assert "business hours" in record.summary(version)


def test_a_version_from_before_there_were_hours_can_be_put_back(signed_in: Client, ada: User) -> None:
    make_outbound(make_trunk(ada), by=ada)
    version = Preferences.now("lines")
    stored = LinesVersion.objects.get(pk=version)
    del stored.record["hours"], stored.record["holidays"], stored.record["outbound"][0]["hours"]
    stored.save()
    set_hours(ada, monday="08:00-12:00")
    record.restore(version)
    assert not BusinessHours.objects.exists()
    assert record.now()["outbound"][0]["hours"] == ""


def test_hours_wait_are_shown_and_can_be_discarded(signed_in: Client) -> None:
    posted(signed_in, PAGE, HOURS | {"monday": "8-12"})
    page = text_of(signed_in.get("/review/"))
    assert "Business hours" in page
    assert "08:00-12:00" in page
    signed_in.post("/lines/discard/", {"from": "hours"})
    assert not BusinessHours.objects.exists()
    assert not SystemChange.objects.waiting().exists()


# --- holidays ---


def test_a_holiday_is_added_changed_and_deleted(signed_in: Client) -> None:
    assert posted(signed_in, f"{DAYS_OFF}add/", HOLIDAY)["Location"] == DAYS_OFF
    holiday = Holiday.objects.get()
    assert (holiday.first_day, holiday.last_day, holiday.every_year) == (date(2027, 6, 11), date(2027, 6, 11), False)
    assert BusinessHours.objects.get().time_zone == "Europe/Berlin"
    assert logged("hours.holiday_added")["Name"] == ("", "Company outing")
    posted(signed_in, f"{DAYS_OFF}{holiday.pk}/", HOLIDAY | {"last_day": "2027-06-13", "every_year": "on"})
    assert logged("hours.holiday_changed")["Every Year"] == ("no", "yes")
    page = text_of(signed_in.get(DAYS_OFF))
    assert "06/13/2027" in page
    assert "Every year" in page
    posted(signed_in, f"{DAYS_OFF}{holiday.pk}/", HOLIDAY | {"last_day": "2028-06-10"})
    assert Holiday.objects.get().last_day == date(2028, 6, 10)
    assert signed_in.post(f"{DAYS_OFF}{holiday.pk}/delete/", {"then": "save"})["Location"] == DAYS_OFF
    assert not Holiday.objects.exists()
    assert AuditRecord.objects.filter(action="hours.holiday_deleted").exists()


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"name": ""}, "name", "Enter a name."),
        ({"first_day": ""}, "first_day", "Enter the First day."),
        ({"first_day": "Christmas"}, "first_day", "Enter the date as year, month, and day"),
        ({"last_day": "2027-06-10"}, "last_day", "Enter a day that is not before the first."),
        ({"last_day": "2028-06-11"}, "last_day", "Enter at most a year of days."),
    ],
)
def test_what_is_wrong_with_a_holiday(signed_in: Client, typed: dict[str, str], field: str, words: str) -> None:
    assert words in errors(posted(signed_in, f"{DAYS_OFF}add/", HOLIDAY | typed))[field][0]


def test_there_are_not_too_many_holidays(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_holiday()
    monkeypatch.setattr(forms, "MOST_HOLIDAYS", 1)
    assert "There are 1 holidays already." in errors(posted(signed_in, f"{DAYS_OFF}add/", HOLIDAY))["__all__"][0]
    answer = signed_in.post(f"{DAYS_OFF}import/", {"calendar": a_file(calendar("DTSTART:20990101"))})
    assert "more than 1 holidays" in errors(answer)["calendar"][0]


def test_the_public_holidays_of_a_country_are_listed(signed_in: Client) -> None:
    set_hours(country="DE", region="BY")
    make_holiday(name="Anniversary", first_day=date(2020, 6, 11), every_year=True)
    page = text_of(signed_in.get(DAYS_OFF))
    assert "With the public holidays of Germany, Bayern." in page
    for name in ("Epiphany", "Christmas Day", "Anniversary"):
        assert name in page
    shown = status.next_days(BusinessHours.load(), localdate())
    assert len(shown) > 10
    for each in shown:
        assert f"{date_format(each.day, 'SHORT_DATE_FORMAT')}, {each.day:%A}" in page


# --- import ---


def a_file(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("holidays.ics", data, "text/calendar")


def test_a_calendar_file_is_imported(signed_in: Client) -> None:
    make_holiday(name="There", first_day=date(2099, 1, 1))
    data = calendar(
        "SUMMARY:Christmas\nDTSTART:20201225\nRRULE:FREQ=YEARLY",
        "SUMMARY:Bridge\\, closed\nDTSTART:20990501\nDTEND:20990503",
        "SUMMARY:There\nDTSTART:20990101",
        "SUMMARY:Long ago\nDTSTART:20010101",
        "SUMMARY:Meeting\nDTSTART:20990101T090000\nDTEND:20990101T100000",
        "DTSTART:20990601",
        "SUMMARY:Bridge\\, closed\nDTSTART:20990501\nDTEND:20990503",
    )
    answer = signed_in.post(f"{DAYS_OFF}import/", {"calendar": a_file(data), "then": "save"}, follow=True)
    assert [*Holiday.objects.values_list("name", "first_day", "last_day", "every_year")] == [
        ("Christmas", date(2020, 12, 25), date(2020, 12, 25), True),
        ("There", date(2099, 1, 1), date(2099, 1, 1), False),
        ("Bridge, closed", date(2099, 5, 1), date(2099, 5, 2), False),
        ("Holiday", date(2099, 6, 1), date(2099, 6, 1), False),
    ]
    words = "3 holidays added. 2 were there already. 1 is over. 1 event was left out"
    assert words in text_of(answer)
    assert AuditRecord.objects.filter(action="hours.holiday_added").count() == 4
    assert SystemChange.objects.waiting().count() == 1
    again = signed_in.post(f"{DAYS_OFF}import/", {"calendar": a_file(data), "then": "save"}, follow=True)
    assert "0 holidays added. 5 were there already." in text_of(again)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"no calendar", "This file is not a calendar."),
        (calendar("SUMMARY:x").decode().encode("utf-16"), "The text of this file is not UTF-8."),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "This calendar cannot be read."),
        (calendar(*["DTSTART:20261225"] * 1001), "more than 1,000 events"),
        (calendar("DTSTART:20261225T090000"), "This calendar has no events of whole days."),
        (calendar("SUMMARY:" + "x" * 1_100_000), "The file is larger than 1 MB."),
        (calendar("SUMMARY:=?utf-8?q?x?=\nDTSTART:20990101"), "This calendar has no events of whole days."),
    ],
    ids=["empty", "text", "utf-16", "cut", "many", "times", "large", "encoded"],
)
def test_a_file_that_cannot_be_used_has_one_clear_error(signed_in: Client, data: bytes, words: str) -> None:
    answer = signed_in.post(f"{DAYS_OFF}import/", {"calendar": a_file(data)})
    (found,) = errors(answer)["calendar"]
    assert words in found
    assert not Holiday.objects.exists()


def test_without_a_file_one_is_asked_for(signed_in: Client) -> None:
    assert "Choose an iCalendar file (.ics)." in errors(signed_in.post(f"{DAYS_OFF}import/"))["calendar"]


def test_names_of_a_calendar_are_one_line_of_plain_text(signed_in: Client) -> None:
    data = calendar("SUMMARY:Two\\nlines\x07 " + "x" * 100 + "\nDTSTART:20990101")
    signed_in.post(f"{DAYS_OFF}import/", {"calendar": a_file(data)})
    name = Holiday.objects.get().name
    assert name.startswith("Twolines x")
    assert len(name) == 60
    assert BusinessHours.objects.get().time_zone == "Europe/Berlin"


# --- what holds now ---


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ("2026-06-01T10:00", "Open now, until 5:00 PM."),
        ("2026-06-01T08:00", "Closed now. Opens 9:00 AM."),
        ("2026-06-01T18:00", "Closed now. Opens tomorrow at 9:00 AM."),
        ("2026-06-05T18:00", "Closed now. Opens Monday at 9:00 AM."),
        ("2026-12-25T10:00", "Closed for a holiday: Christmas Day. Opens Monday at 9:00 AM."),
        ("2026-04-02T18:00", "Closed now. Opens Tuesday at 9:00 AM."),
    ],
)
def test_what_holds_now_and_what_comes_next(db: None, shown: str, words: str) -> None:
    hours = set_hours(country="DE", **WORKDAYS)
    moment = datetime.fromisoformat(shown) - timedelta(hours=2 if "-06-" in shown or "-04-" in shown else 1)
    assert status.of(hours, moment.replace(tzinfo=UTC)).words == words


def test_a_far_opening_has_its_date(db: None) -> None:
    hours = set_hours(**WORKDAYS)
    make_holiday(name="Holidays", first_day=date(2026, 7, 1), last_day=date(2026, 7, 31))
    found = status.of(hours, datetime(2026, 7, 2, 12, tzinfo=UTC))
    assert found.words == "Closed for a holiday: Holidays. Opens 08/03/2026 at 9:00 AM."
    assert found.next_holiday == "Next holiday: Holidays, 07/03/2026."
    make_holiday(name="Party", first_day=date(2026, 8, 10))
    found = status.of(hours, datetime(2026, 7, 30, 12, tzinfo=UTC))
    assert found.next_holiday == "Next holiday: Holidays, 07/31/2026."


@pytest.mark.parametrize(("day", "when"), [(1, "06/08/2026"), (2, "Monday"), (7, "tomorrow")])
def test_an_opening_is_named_by_its_weekday_within_a_week(db: None, day: int, when: str) -> None:
    hours = set_hours(monday="09:00-17:00")
    found = status.of(hours, datetime(2026, 6, day, 16, tzinfo=UTC))
    assert found.words == f"Closed now. Opens {when} at 9:00 AM."


def test_with_nothing_set_up_it_is_always_open(signed_in: Client) -> None:
    assert "Always open." in text_of(signed_in.get(PAGE))
    assert status.of(BusinessHours.load(), timezone.now()).next_holiday == ""
