from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache

import phonenumbers
from django.utils import translation

from core import localization
from core.folding import fold

OTHER_LETTERS = {"UK": "GB", "USA": "US", "UAE": "AE"}  # in everybody's use, and not in ISO 3166


def countries() -> list[tuple[str, str]]:
    """(ISO 3166 letters, name) of all countries that have telephone numbers, by name."""
    return _countries(localization.language())


@cache
def _countries(_: str) -> list[tuple[str, str]]:
    named = [(code, localization.country(code)) for code in phonenumbers.SUPPORTED_REGIONS]
    return sorted(named, key=lambda each: localization.sortable(each[1]))


def find(text: str) -> str:
    """The letters of the country meant by them, or by its name in the language of the page or in English; or ""."""
    code = OTHER_LETTERS.get(text.upper(), text.upper())
    if code in phonenumbers.SUPPORTED_REGIONS:
        return code
    return _by_name(localization.language()).get(_key(text), "") or _by_name("en").get(_key(text), "")


def nearest(text: str) -> str:
    """The name of a country that is written much like it; "" where there is none."""
    close = get_close_matches(_key(text), _by_name(localization.language()), n=1)
    return localization.country(_by_name(localization.language())[close[0]]) if close else ""


def are(text: str) -> bool:
    """Whether it is letters of countries, by commas."""
    return bool(text) and all(code in phonenumbers.SUPPORTED_REGIONS for code in text.split(","))


def names(codes: str) -> str:
    """Of letters by commas, in the language of the page."""
    return ", ".join(sorted(map(localization.country, filter(None, codes.split(","))), key=localization.sortable))


@cache
def _by_name(language: str) -> Mapping[str, str]:
    with translation.override(language):
        return {_key(name): code for code, name in countries()}


def _key(name: str) -> str:
    return fold(name).replace("&", "and")
