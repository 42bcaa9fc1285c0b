from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.profile.uploads import MOST_BYTES
from core import localization
from core.forms.fields import LongSelect, ZoneField
from core.forms.layout import finish
from core.preferences.models import known_zone
from core.validators import tidy
from trunks.forms import LineForm
from trunks.hours import calendar_file, holiday_days, week
from trunks.hours.calendar_file import CalendarError, Event
from trunks.hours.intervals import DAYS
from trunks.models import BusinessHours, Holiday

MOST_HOLIDAYS = 500
LONGEST = 366  # days
MOST_REGIONS = 80  # that an error names
WEEK_ERRORS = {
    "unknown": _("“%(text)s” is not understood. Enter hours such as 09:00-12:00, 13:00-17:00."),
    "past_midnight": _("%(text)s does not end after it begins. End at 24:00, and enter the rest on the next day."),
    "overlap": _("%(text)s overlap. Change one of them."),
    "too_many": _("Enter at most three times, separated by commas."),
}
CALENDAR_ERRORS = {
    "no_calendar": _("This file is not a calendar. Choose an iCalendar file (.ics)."),
    "encoding": _("The text of this file is not UTF-8. Export the calendar again, and choose that file."),
    "unreadable": _("This calendar cannot be read. It may be damaged. Export it again, and choose that file."),
    "too_many": _("This calendar has more than 1,000 events. Choose a calendar that has holidays only."),
}


def countries() -> list[tuple[str, str]]:
    """With holidays, by name."""
    named = [(code, localization.country(code)) for code in holiday_days.regions()]
    return [("", gettext("None")), *sorted(named, key=lambda each: localization.sortable(each[1]))]


def regions_of(country: str) -> SafeString:
    """The <option>s of a country's regions."""
    in_order = sorted(holiday_days.regions().get(country, {}).values(), key=localization.sortable)
    return format_html_join("", '<option value="{}">', ((name,) for name in in_order))


class HoursOfDayField(forms.CharField):
    """Whatever is typed of hours, they come out as trunks.hours.week writes them."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})

    def to_python(self, value: Any) -> str:
        try:
            return week.text_of(week.parse(tidy(super().to_python(value) or "")))
        except week.WeekError as error:
            words = {"text": error.text[:60]}
            raise ValidationError(WEEK_ERRORS[error.code], code=error.code, params=words) from error


class HoursForm(LineForm[BusinessHours]):
    """When the office is open, and of which country it keeps the holidays."""

    kind = "hours"
    optional = ("region",)  # of its days the page says it of all

    time_zone = ZoneField(
        label=_("Time zone"),
        validators=[known_zone],
        help_text=_("The clock that these hours follow. Start typing a city."),
    )
    country = forms.ChoiceField(
        label=_("Public holidays of"),
        required=False,
        choices=countries,
        widget=LongSelect(
            attrs={"hx-get": reverse_lazy("hours:regions"), "hx-target": "#regions", "hx-sync": "this:replace"}
        ),
        error_messages={"invalid_choice": _("Choose a country from the list.")},
    )
    region = forms.CharField(
        label=_("State or region"),
        required=False,
        widget=forms.TextInput(attrs={"list": "regions", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Its name or short form, if it has holidays of its own."),
    )

    class Meta:
        model = BusinessHours
        fields = [*DAYS, "time_zone", "country", "region"]
        field_classes = dict.fromkeys(DAYS, HoursOfDayField)

    def __init__(self, data: Any = None, *, by: User, instance: BusinessHours) -> None:
        region = holiday_days.regions().get(instance.country, {}).get(instance.region, instance.region)
        super().__init__(data, by=by, instance=instance, initial={"region": region})

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[name] for name in DAYS]

    @property
    def regions(self) -> SafeString:
        return regions_of(self["country"].value() or "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        typed = tidy(cleaned.get("region", ""))
        if typed and "country" in cleaned:
            self._find_region(cleaned, typed)
        return cleaned

    def _find_region(self, cleaned: dict[str, Any], typed: str) -> None:
        known = holiday_days.regions().get(cleaned["country"], {})
        sought = localization.sortable(typed)
        found = next((code for code, name in known.items() if sought in map(localization.sortable, (code, name))), "")
        cleaned["region"] = found
        if found:
            return
        if not cleaned["country"]:
            words, code = _("Choose a country first."), "no_country"
        elif not known:
            words, code = _("This country has no regions with holidays of their own. Leave this empty."), "no_regions"
        else:
            words, code = _("Enter one of these, or leave it empty: %(names)s."), "region"
        names = ", ".join(sorted(known.values(), key=localization.sortable)[:MOST_REGIONS])
        self.add_error("region", ValidationError(words, code=code, params={"names": names}))


class HolidayForm(LineForm[Holiday]):
    """Days on which the office is closed, once or every year."""

    kind = "holidays"
    optional = ("last_day",)

    first_day = forms.DateField(
        label=_("First day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "off"}),
        error_messages={"invalid": _("Enter the date as year, month, and day, such as 2026-12-24.")},
    )
    last_day = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "off"}),
        help_text=_("Leave empty for one day."),
        error_messages={"invalid": _("Enter the date as year, month, and day, such as 2026-12-24.")},
    )

    class Meta:
        model = Holiday
        fields = ["name", "first_day", "last_day", "every_year"]
        labels = {"every_year": _("Every year")}

    def __init__(self, data: Any = None, *, by: User, instance: Holiday | None = None) -> None:
        super().__init__(data, by=by, instance=instance)
        self.fields["name"].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "first_day" not in cleaned or "last_day" not in cleaned:
            return cleaned
        first, last = cleaned["first_day"], cleaned["last_day"] or cleaned["first_day"]
        cleaned["last_day"] = last
        if last < first:
            self.add_error("last_day", ValidationError(_("Enter a day that is not before the first."), code="before"))
        elif (last - first).days >= LONGEST:
            self.add_error("last_day", ValidationError(_("Enter at most a year of days."), code="too_long"))
        if self.instance.pk is None and Holiday.objects.count() >= MOST_HOLIDAYS:
            words = _("There are %(most)s holidays already. Delete some that are over.")
            self.add_error(None, ValidationError(words, code="too_many", params={"most": MOST_HOLIDAYS}))
        return cleaned

    def save(self, commit: bool = True) -> Holiday:
        keep_hours()
        return super().save(commit)


def keep_hours() -> None:
    """Holidays need the time zone in which their days begin."""
    hours = BusinessHours.load()
    if hours._state.adding:  # noqa: SLF001
        hours.save()


class CalendarForm(forms.Form):
    """Holidays from a calendar file, in addition to those that are there."""

    calendar = forms.FileField(
        label=_("Calendar file"),
        help_text=_("An iCalendar file (.ics) up to 1 MB. Events of whole days are added, once or every year."),
        widget=forms.ClearableFileInput(attrs={"accept": ".ics,text/calendar"}),
        error_messages={
            "required": _("Choose an iCalendar file (.ics)."),
            "empty": _("The file is empty. Choose another."),
        },
    )

    def __init__(self, *args: Any, zone: str, today: date) -> None:
        self.zone, self.today = zone, today
        self.new: list[Holiday] = []
        self.there = self.over = self.left_out = 0
        super().__init__(*args)
        self.helper = finish(self)

    def clean_calendar(self) -> None:
        upload = self.cleaned_data["calendar"]
        if upload.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than 1 MB. Choose a smaller one."), code="size")
        try:
            found = calendar_file.read(upload.read(), self.zone)
        except CalendarError as error:
            raise ValidationError(CALENDAR_ERRORS[error.code], code=error.code) from error
        self.left_out = found.left_out
        self._sort(found.events)
        if not (self.new or self.there or self.over):
            raise ValidationError(_("This calendar has no events of whole days."), code="no_days")
        if Holiday.objects.count() + len(self.new) > MOST_HOLIDAYS:
            words = _("With this calendar there would be more than %(most)s holidays. Choose a smaller one.")
            raise ValidationError(words, code="too_many", params={"most": MOST_HOLIDAYS})

    def _sort(self, events: list[Event]) -> None:
        known = set(Holiday.objects.values_list("name", "first_day", "last_day", "every_year"))
        for event in events:
            holiday = holiday_of(event)
            values = (holiday.name, holiday.first_day, holiday.last_day, holiday.every_year)
            try:
                holiday.clean_fields()
            except ValidationError:
                self.left_out += 1
                continue
            if values in known:
                self.there += 1
            elif not event.every_year and event.last < self.today:
                self.over += 1
            else:
                self.new.append(holiday)
            known.add(values)

    def save(self) -> None:
        """Inside changes.edited()."""
        keep_hours()
        for holiday in self.new:
            holiday.save()


def holiday_of(event: Event) -> Holiday:
    longest = Holiday._meta.get_field("name").max_length  # noqa: SLF001
    name = tidy("".join(sign for sign in event.name if sign.isprintable()))[:longest].strip() or str(_("Holiday"))
    return Holiday(name=name, first_day=event.first, last_day=event.last, every_year=event.every_year)
