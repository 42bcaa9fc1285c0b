"""The tables of phonenumbers, and their regular expressions as lists of digits and as POSIX expressions."""

import re

from phonenumbers import PhoneMetadata, PhoneNumberDesc

DIGITS = "0123456789"


def table_of(region: str) -> PhoneMetadata:
    """Raises KeyError."""
    table = PhoneMetadata.metadata_for_region(region)
    if table is None:
        raise KeyError(region)
    return table


def kind(table: PhoneMetadata, name: str) -> PhoneNumberDesc:
    """Of numbers, as fixed_line; an empty one where the table has none."""
    found: PhoneNumberDesc | None = getattr(table, name)
    return found or PhoneNumberDesc()


def expanded(pattern: str) -> list[str]:
    """All that a pattern of digits, classes, groups and `?` matches, sorted. Raises ValueError for any other."""
    found, rest = _choices(pattern)
    if rest:
        raise ValueError(f"not understood: {rest}")
    return sorted(found)


def posix(pattern: str) -> str:
    """The same as an extended expression, which knows neither \\d nor groups that are not numbered."""
    return pattern.replace(r"\d", "[0-9]").replace("(?:", "(")


def _choices(text: str) -> tuple[set[str], str]:
    found, text = _sequence(text)
    while text.startswith("|"):
        more, text = _sequence(text[1:])
        found |= more
    return found, text


def _sequence(text: str) -> tuple[set[str], str]:
    found = {""}
    while text and text[0] not in "|)":
        part, text = _part(text)
        if text.startswith("?"):
            part, text = part | {""}, text[1:]
        found = {before + after for before in found for after in part}
    return found, text


def _part(text: str) -> tuple[set[str], str]:
    if group := re.match(r"\((\?:)?", text):
        found, rest = _choices(text[group.end() :])
        if not rest.startswith(")"):
            raise ValueError(f"not closed: {text}")
        return found, rest[1:]
    if one := re.match(r"\[[0-9-]+\]|\\d|[0-9]", text):
        return {digit for digit in DIGITS if re.fullmatch(one[0], digit)}, text[one.end() :]
    raise ValueError(f"not understood: {text}")
