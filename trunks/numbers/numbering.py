"""How people of a country dial, in four values, so that a dial plan can say the same by prefixes and lengths alone."""

import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberDesc, PhoneNumberFormat

from trunks.numbers import tables as number_tables

E164 = re.compile(r"[1-9][0-9]{0,14}")
# Tables alone do not tell these. Singapore: its carriers' own prefixes, of 40 that the tables allow. China: mobile
# numbers have no prefix and 11 digits, as many as some numbers of fixed lines that have one.
INTERNATIONAL = {"SG": ("001", "002", "008", "013", "018", "019")}
BARE_DIGITS = {"CN": 11}
USUAL = ("fixed_line", "mobile")
SPECIAL = ("toll_free", "premium_rate", "shared_cost", "uan", "voip")


@dataclass(frozen=True)
class Plan:
    """What is dialled is, in this order: +number, international prefix and number, national prefix and number, number.

    `code`: the country's, as 49. `international`: prefixes, as 00. `national`: a prefix, as 0; "": there is none.
    `bare_digits`: so many digits or more, without a prefix, are a whole national number; 0: however many, they are not.
    """

    code: str
    international: tuple[str, ...]
    national: str
    bare_digits: int


NOWHERE = Plan("", (), "", 0)


@cache
def plan_of(country: str) -> Plan:
    """`country`: ISO 3166 letters. In one that has no numbers, only +… can be dialled."""
    table = PhoneMetadata.metadata_for_region(country)
    if table is None:
        return NOWHERE
    return Plan(str(table.country_code), _international(table), table.national_prefix or "", _bare_digits(table))


def to_e164(dialled: str, plan: Plan) -> str:
    """As +4930123456; "" where that cannot be told.

    No prefix is followed by 0: what is dialled so is no number.
    """
    if dialled.startswith("+"):
        return _number(dialled[1:])
    for prefix in plan.international:
        if dialled.startswith(prefix):
            return _number(dialled.removeprefix(prefix))
    if plan.national and dialled.startswith(plan.national):
        rest = dialled.removeprefix(plan.national)
        return _number(plan.code + rest) if _number(rest) else ""
    if plan.bare_digits and len(dialled) >= plan.bare_digits:
        return _number(plan.code + dialled)
    return ""


def _number(digits: str) -> str:
    return f"+{digits}" if E164.fullmatch(digits) else ""


def _international(table: PhoneMetadata) -> tuple[str, ...]:
    """The preferred prefix, or the shortest: others choose a carrier. The ~ of a table is where to wait for a tone."""
    if table.id in INTERNATIONAL:
        return INTERNATIONAL[table.id]
    pattern = table.preferred_international_prefix or table.international_prefix or ""
    every = number_tables.expanded(pattern.replace("~", ""))
    return tuple(each for each in every if len(each) == min(map(len, every)))


def _bare_digits(table: PhoneMetadata) -> int:
    """The fewest digits that are neither a local number nor one that is dialled with a prefix."""
    if table.id in BARE_DIGITS:
        return BARE_DIGITS[table.id]
    if not table.national_prefix:
        return min(number_tables.kind(table, "general_desc").possible_length)
    kinds = [number_tables.kind(table, name) for name in (*USUAL, *SPECIAL)]
    bare = {length for each in kinds if not _has_prefix(table, each) for length in each.possible_length}
    others = {length for each in kinds for length in each.possible_length_local_only}
    others.update(length for each in kinds[: len(USUAL)] if _has_prefix(table, each) for length in each.possible_length)
    return min((length for length in bare if length > max(others, default=0)), default=0)


def _has_prefix(table: PhoneMetadata, kind: PhoneNumberDesc) -> bool:
    """Whether such numbers are written with the national prefix."""
    if not kind.example_number:
        return False
    number = phonenumbers.parse(f"+{table.country_code}{kind.example_number}")
    written = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return re.sub("[^0-9]", "", written) != kind.example_number
