from functools import cache

import phonenumbers

from core import localization


def countries() -> list[tuple[str, str]]:
    """(ISO 3166 letters, name) of all countries that have telephone numbers, by name."""
    return _countries(localization.language())


@cache
def _countries(_: str) -> list[tuple[str, str]]:
    named = [(code, localization.country(code)) for code in phonenumbers.SUPPORTED_REGIONS]
    return sorted(named, key=lambda each: localization.sortable(each[1]))
