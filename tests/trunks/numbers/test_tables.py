import re
from itertools import product

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata

from trunks.numbers import tables as number_tables


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("112", ["112"]),
        ("11[02]", ["110", "112"]),
        ("1(?:1[78]|7)", ["117", "118", "17"]),
        ("0(1|22?)", ["01", "02", "022"]),
        (r"9\d|90000", ["90", "90000", *map(str, range(91, 100))]),
        ("99[2-4]", ["992", "993", "994"]),
    ],
)
def test_all_that_a_pattern_matches(pattern: str, expected: list[str]) -> None:
    assert number_tables.expanded(pattern) == expected


@pytest.mark.parametrize("pattern", ["1+", "1{2}", "(1", "1)", "a", "^1", "[^1]"])
def test_what_is_not_understood_is_no_list(pattern: str) -> None:
    with pytest.raises(ValueError, match="not"):
        number_tables.expanded(pattern)


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_SHORT_REGIONS))
def test_every_table_of_emergency_numbers_is_understood(country: str) -> None:
    table = PhoneMetadata.short_metadata_for_region(country)
    pattern = table.emergency.national_number_pattern if table and table.emergency else None
    if pattern:
        every = ("".join(digits) for size in range(1, 5) for digits in product("0123456789", repeat=size))
        matching = [number for number in every if re.fullmatch(pattern, number)]
        assert sorted(matching) == [each for each in number_tables.expanded(pattern) if len(each) < 5]


def test_posix_has_neither_backslashes_nor_groups_without_a_number() -> None:
    assert number_tables.posix(r"90(?:0[135]|9\d)\d{6}") == "90(0[135]|9[0-9])[0-9]{6}"
