"""Patterns of dialed numbers: what is typed, what they match, and how they can begin."""

import re

import pytest
from django.core.exceptions import ValidationError

from trunks.numbers.patterns import LONGEST, MOST, MOST_PREFIXES, matches, parse, prefixes, to_regex

MATCHES = [
    ("0123", "0123", True),
    ("0123", "01234", False),
    ("0X.", "012", True),
    ("0X.", "01", False),
    ("0X!", "01", True),
    ("0.", "0", False),
    ("0!", "0", True),
    ("Z", "0", False),
    ("N", "1", False),
    ("N", "2", True),
    ("NXX", "299", True),
    ("[2-5]0", "50", True),
    ("[2-5]0", "60", False),
    ("[13-57]", "2", False),
    ("[13-57]", "7", True),
    ("[*#+]1", "+1", True),
    ("+49.", "+4930", True),
    ("+49.", "4930", False),
    ("*21*.", "*21*5", True),
    ("0.", "01\n", False),
    ("0.", "0a", False),
    ("0.", "0१", False),
    ("X", "१", False),
]


@pytest.mark.parametrize(("pattern", "dialed", "does"), MATCHES)
def test_a_pattern_matches_what_asterisk_says_it_does(pattern: str, dialed: str, does: bool) -> None:
    assert parse(pattern) == [pattern]
    assert matches(pattern, dialed) is does
    assert "\\" not in to_regex(pattern)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", []),
        (" \n\r\n", []),
        ("_0x.\nnxx", ["0X.", "NXX"]),
        ("0 800-123", ["0800123"]),
        ("01.\n 01. \n_01.", ["01."]),
        ("[2-5]x", ["[2-5]X"]),
    ],
)
def test_what_is_typed_is_kept_in_its_normal_form(typed: str, kept: list[str]) -> None:
    assert parse(typed) == kept
    assert parse("\n".join(kept)) == kept


@pytest.mark.parametrize(
    "typed",
    ["A", "0.1", "!0", "[5-2]", "[]", "[2", "2]", "[X]", "[2-]", "0/1", "_", "१", "0;1", "${X}", "0(1)", "[[1]]"],
)
def test_what_is_no_pattern_is_refused_by_its_line(typed: str) -> None:
    with pytest.raises(ValidationError, match="Line 2: "):
        parse(f"0X.\n{typed}")


def test_no_more_and_no_longer_ones_than_the_dial_plan_holds() -> None:
    assert len(parse("\n".join(str(each) for each in range(MOST)))) == MOST
    with pytest.raises(ValidationError, match="51 patterns"):
        parse("\n".join(str(each) for each in range(MOST + 1)))
    assert parse("1" * LONGEST)
    with pytest.raises(ValidationError, match="Line 1: enter 1 to 40"):
        parse("1" * (LONGEST + 1))


@pytest.mark.parametrize(
    ("pattern", "beginnings"),
    [
        ("0123", ["0123"]),
        ("00.", ["00"]),
        ("X.", [""]),
        (".", [""]),
        ("1[2-4]5X6", ["125", "135", "145"]),
        ("0Z", [f"0{each}" for each in range(1, 10)]),
        ("[+0]0", ["00", "+0"]),
    ],
)
def test_how_a_number_can_begin(pattern: str, beginnings: list[str]) -> None:
    assert prefixes(pattern) == beginnings


def test_beginnings_are_cut_where_they_would_be_too_many() -> None:
    found = prefixes("NZN1")
    assert len(found) == 72 <= MOST_PREFIXES
    assert all(any(dialed.startswith(each) for each in found) for dialed in ("2121", "9991"))


def test_whatever_a_pattern_matches_begins_as_it_says() -> None:
    numbers = ["+4930123", "004930123", "030123", "2121", "*21*5#", "0", "911", "1800555"]
    for pattern in ("+49.", "00.", "0Z!", "NXXX", "*21*.", "0", "9[01]1", "1[8-9]00NXX"):
        for dialed in numbers:
            if matches(pattern, dialed):
                assert any(dialed.startswith(each) for each in prefixes(pattern))
            assert matches(pattern, dialed) is bool(re.fullmatch(to_regex(pattern), dialed))
