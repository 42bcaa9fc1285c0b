"""Where a number is, and what kind it is of, by tables so small that the PBX has them: a prefix of at most four digits
tells the region, and an expression of the region's the kind.

Where four digits do not tell territories apart that share a country code (Jersey from the United Kingdom), the region
is the main country of that code.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from itertools import product
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber

from trunks.numbers import tables as number_tables

NORTH_AMERICA = 1
WORLD = "001"  # the region of what is of no country
LONGEST = 4


class Kind(StrEnum):
    ORDINARY = "ordinary"
    PREMIUM = "premium"
    SHARED_COST = "shared_cost"
    SATELLITE = "satellite"  # and networks that lie in no country
    FREE = "free"


# Codes of no country.
GLOBAL = {
    800: Kind.FREE,
    808: Kind.SHARED_COST,
    870: Kind.SATELLITE,
    878: Kind.SATELLITE,
    881: Kind.SATELLITE,
    882: Kind.SATELLITE,
    883: Kind.SATELLITE,
    888: Kind.SATELLITE,
    979: Kind.PREMIUM,
}


class Prefix(NamedTuple):
    """Numbers whose digits after + begin so; the longest in the table counts. `kind`: unless Kinds says more."""

    digits: str
    region: str
    code: str
    kind: Kind


class Kinds(NamedTuple):
    """POSIX expressions for what follows the country code; "": the region has none.

    They hold for a beginning: exchanges pass over the digits that follow a whole number, and some over a national
    prefix that follows the country code. With either a premium number would not look like one.
    """

    region: str
    premium: str
    shared_cost: str


class Destination(NamedTuple):
    """`region`: ISO 3166 letters, 001 for what is of no country, "" for a code that is nobody's."""

    region: str
    kind: Kind


NOWHERE = Destination("", Kind.ORDINARY)


@cache
def prefixes() -> tuple[Prefix, ...]:
    found = [Prefix(str(code), WORLD, str(code), kind) for code, kind in GLOBAL.items()]
    for code, (main, *others) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        if code not in GLOBAL:
            found.append(Prefix(str(code), main, str(code), Kind.ORDINARY))
            found += (Prefix(f"{code}{each}", region, str(code), Kind.ORDINARY)
                      for region in others for each in _first_digits(region, code))  # fmt: skip
    return tuple(sorted(found))


@cache
def kinds() -> tuple[Kinds, ...]:
    """Of each region that has numbers of either kind."""
    tables = (number_tables.table_of(region) for region in sorted(phonenumbers.SUPPORTED_REGIONS))
    every = (Kinds(each.id, _expression(each, "premium_rate"), _expression(each, "shared_cost")) for each in tables)
    return tuple(each for each in every if each.premium or each.shared_cost)


def classify(e164: str) -> Destination:
    """As the PBX does, by these tables alone."""
    digits = e164.removeprefix("+")
    sizes = range(min(LONGEST, len(digits)), 0, -1)
    found = next((_by_digits()[digits[:size]] for size in sizes if digits[:size] in _by_digits()), None)
    if found is None:
        return NOWHERE
    _, premium, shared_cost = _by_region().get(found.region, ("", "", ""))
    national = digits.removeprefix(found.code)
    if premium and re.match(premium, national):
        return Destination(found.region, Kind.PREMIUM)
    if shared_cost and re.match(shared_cost, national):
        return Destination(found.region, Kind.SHARED_COST)
    return Destination(found.region, found.kind)


@cache
def _by_digits() -> dict[str, Prefix]:
    return {each.digits: each for each in prefixes()}


@cache
def _by_region() -> dict[str, Kinds]:
    return {each.region: each for each in kinds()}


def _first_digits(region: str, code: int) -> Iterator[str]:
    """The shortest beginnings of national numbers that are the region's alone."""
    table = number_tables.table_of(region)
    found: set[str] = set()
    for size in range(1, LONGEST - len(str(code)) + 1):
        for each in map("".join, product(number_tables.DIGITS, repeat=size)):
            if not any(each.startswith(shorter) for shorter in found) and _is_of(table, each):
                found.add(each)
                yield each


def _is_of(table: PhoneMetadata, first: str) -> bool:
    """Whether all numbers that begin so are of that region. Of Canada alone no table says how they begin."""
    if table.leading_digits:
        return re.match(table.leading_digits, first) is not None
    if table.country_code != NORTH_AMERICA or len(first) < LONGEST - 1:
        return False
    number = first + (number_tables.kind(table, "fixed_line").example_number or "")[len(first) :]
    return phonenumbers.region_code_for_number(PhoneNumber(NORTH_AMERICA, int(number))) == table.id


def _expression(table: PhoneMetadata, kind: str) -> str:
    pattern = number_tables.kind(table, kind).national_number_pattern
    if not pattern:
        return ""
    prefix = f"({table.national_prefix})?" if table.national_prefix else ""
    return f"^{prefix}({number_tables.posix(pattern)})"
