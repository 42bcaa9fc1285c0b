"""How numbers, countries and times stand in the language of the page."""

from __future__ import annotations

from datetime import date, datetime
from unicodedata import combining, normalize

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format, get_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import to_locale

ENGLISH = "en"  # of the log, the terminal and files for machines


def in_english(text: object) -> str:
    with translation.override(ENGLISH):
        return str(text)


def language() -> str:
    return translation.get_language() or "en"


def region() -> str:
    """ISO 3166 letters of the country whose language it is: US of en, GB of en-gb, DE of de."""
    tongue, _, place = to_locale(language()).partition("_")
    return place if len(place) == 2 else str(get_global("likely_subtags").get(tongue, "")).rpartition("_")[2]


def language_of(country_code: str) -> str:
    """The English in which dates and the clock stand in that country, or nearly so."""
    own = f"{ENGLISH}-{country_code.lower()}"
    if own in dict(settings.LANGUAGES):
        return own
    try:
        locale = Locale.parse(f"und_{country_code}")
    except (UnknownLocaleError, ValueError):
        return ENGLISH
    month_first = str(locale.date_formats["short"].pattern).startswith("M")
    return ENGLISH if month_first and "a" in locale.time_formats["short"].pattern else "en-gb"


def country(code: str) -> str:
    return str(Locale.parse(to_locale(language())).territories.get(code, code))


def count(number: int) -> str:
    """With the language's signs between thousands."""
    return str(number_format(number, force_grouping=True))


def day(value: date) -> str:
    return date_format(value, "SHORT_DATE_FORMAT")


def moment(value: datetime) -> str:
    return date_format(localtime(value), "SHORT_DATETIME_FORMAT")


def exact(value: datetime) -> str:
    """To the second."""
    to_the_minute = str(get_format("SHORT_DATETIME_FORMAT"))
    return date_format(localtime(value), to_the_minute.replace("P", "g:i A").replace("i", "i:s", 1))


def sortable(name: str) -> str:
    """So that Åland stands beside Albania."""
    return "".join(c for c in normalize("NFKD", name) if not combining(c)).casefold()
