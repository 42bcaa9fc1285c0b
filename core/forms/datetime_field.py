"""A day, or a day and a time, as people type it and as an address of a page holds it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import is_naive, localtime, make_aware
from django.utils.translation import gettext_lazy as _

SECOND = timedelta(seconds=1)
LAST_MOMENT = timedelta(microseconds=-1)


def meant(text: str, *, end: bool) -> datetime | None:
    """What the day, the minute or the second begins with, or ends with. None: it is none."""
    try:
        day = parse_date(text)
        moment = datetime.combine(day, time()) if isinstance(day, date) else parse_datetime(text)
        if moment is None:
            return None
        aware = make_aware(moment) if is_naive(moment) else moment
        length = timedelta(days=1) if day else timedelta(minutes=1) if text.count(":") == 1 else SECOND
        return (aware + length + LAST_MOMENT if end else aware).astimezone(UTC)
    except (ValueError, OverflowError):  # the first and last days of the calendar are not there in every zone
        return None


class MomentInput(forms.TextInput):
    """The browser's own field, unless it would drop what was typed."""

    def __init__(self, *, end: bool) -> None:
        self.end = end
        super().__init__()

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        text = str(value or "").strip()
        moment = meant(text, end=self.end)
        if moment or not text:
            shown = localtime(moment).strftime("%Y-%m-%dT%H:%M:%S") if moment else ""
            context["widget"] |= {"type": "datetime-local", "value": shown}
            context["widget"]["attrs"]["step"] = "1"
        return context


class MomentField(forms.Field):
    """`end`: what a day or a minute ends with is meant, not what it begins with."""

    default_error_messages = {"invalid": _("Enter a date, or a date and time, such as 2026-01-31 or 2026-01-31T18:00.")}

    def __init__(self, *, end: bool = False, **kwargs: Any) -> None:
        self.end = end
        super().__init__(required=False, widget=MomentInput(end=end), **kwargs)

    def to_python(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        moment = meant(text, end=self.end)
        if text and moment is None:
            raise ValidationError(self.error_messages["invalid"], code="moment")
        return moment
