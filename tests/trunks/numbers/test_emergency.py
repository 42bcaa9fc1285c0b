import phonenumbers
import pytest

from extensions.validators import is_emergency_number
from trunks.numbers import emergency


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("DE", ("110", "112", "911")),
        ("GB", ("112", "911", "999")),
        ("US", ("112", "911")),
        ("FR", ("112", "15", "17", "18", "911")),
        ("AU", ("000", "106", "112", "911")),
        ("CH", ("112", "117", "118", "144", "911")),
    ],
)
def test_the_numbers_of_a_country(country: str, expected: tuple[str, ...]) -> None:
    assert emergency.numbers_of(country) == expected


@pytest.mark.parametrize("country", ["", "ZZ", "AQ"])
def test_where_no_table_is_the_numbers_of_everywhere(country: str) -> None:
    assert emergency.numbers_of(country) == ("112", "911")


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_each_is_one_that_no_extension_may_have(country: str) -> None:
    assert [each for each in emergency.numbers_of(country) if not is_emergency_number(each, country)] == []


@pytest.mark.parametrize("country", ["DE", "GB", "US", "BR", "GA", "NZ"])
def test_none_is_missing(country: str) -> None:
    every = (str(number) for number in range(1, 10_000))
    known = [each for each in every if phonenumbers.is_emergency_number(each, country)]
    assert sorted({*known, *emergency.ANYWHERE}) == [
        each for each in emergency.numbers_of(country) if not each.startswith("0") and len(each) < 5
    ]
