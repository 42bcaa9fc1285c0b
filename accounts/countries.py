from functools import cache

import phonenumbers

from pbxportal import locality


def countries() -> list[tuple[str, str]]:
    """(ISO 3166 letters, name) of all countries that have telephone numbers, by name."""
    return _countries(locality.language())


@cache
def _countries(_: str) -> list[tuple[str, str]]:
    named = [(code, locality.country(code)) for code in phonenumbers.SUPPORTED_REGIONS]
    return sorted(named, key=lambda each: locality.sortable(each[1]))
