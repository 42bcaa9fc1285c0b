from functools import cache

import phonenumbers
from babel import Locale


@cache
def countries(language: str = "en") -> list[tuple[str, str]]:
    """(ISO 3166 letters, name) of all countries that have telephone numbers, by name."""
    names = Locale(language).territories
    return sorted(((code, names[code]) for code in phonenumbers.SUPPORTED_REGIONS), key=lambda country: country[1])
