"""Which numbers call for help."""

from functools import cache

from phonenumbers import PhoneMetadata

from trunks.numbers import tables as number_tables

ANYWHERE = ("112", "911")  # what visitors dial, and mobile phones know


@cache
def numbers_of(country: str) -> tuple[str, ...]:
    """Every emergency number of the country (ISO 3166 letters), sorted."""
    short = PhoneMetadata.short_metadata_for_region(country)
    pattern = number_tables.kind(short, "emergency").national_number_pattern if short else None
    return tuple(sorted({*ANYWHERE, *(number_tables.expanded(pattern) if pattern else ())}))
