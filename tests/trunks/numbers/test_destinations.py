from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from trunks.numbers import destinations
from trunks.numbers.destinations import GLOBAL, NOWHERE, Destination, Kind, classify, kinds, prefixes

KINDS = {PhoneNumberType.PREMIUM_RATE: Kind.PREMIUM, PhoneNumberType.SHARED_COST: Kind.SHARED_COST}
# Their numbers begin with the same four digits as some of their main country.
NOT_TOLD_APART = {"AX", "BL", "CC", "CX", "EH", "GG", "IM", "JE", "MF", "VA", "YT"}
OTHERWISE = {
    "+37618001234",  # free of charge; begins as the premium numbers of Andorra do, which have fewer digits
    "+13101234",  # the same number in each area of Canada, and in none of the world's
}


@pytest.mark.parametrize(
    ("number", "region", "kind"),
    [
        ("+493012345678", "DE", Kind.ORDINARY),
        ("+4915123456789", "DE", Kind.ORDINARY),
        ("+499001123456", "DE", Kind.PREMIUM),
        ("+4918012345", "DE", Kind.SHARED_COST),
        ("+498001234567", "DE", Kind.ORDINARY),
        ("+12015550123", "US", Kind.ORDINARY),
        ("+12042345678", "CA", Kind.ORDINARY),
        ("+18762345678", "JM", Kind.ORDINARY),
        ("+18002345678", "US", Kind.ORDINARY),
        ("+19002345678", "US", Kind.PREMIUM),
        ("+79012345678", "RU", Kind.ORDINARY),
        ("+77012345678", "KZ", Kind.ORDINARY),
        ("+441212345678", "GB", Kind.ORDINARY),
        ("+449012345678", "GB", Kind.PREMIUM),
        ("+4779123456", "SJ", Kind.ORDINARY),
        ("+5993181234", "BQ", Kind.ORDINARY),
        ("+870773111632", "001", Kind.SATELLITE),
        ("+881612345678", "001", Kind.SATELLITE),
        ("+882101234567", "001", Kind.SATELLITE),
        ("+979123456789", "001", Kind.PREMIUM),
        ("+80812345678", "001", Kind.SHARED_COST),
        ("+80012345678", "001", Kind.FREE),
    ],
)
def test_where_a_number_is_and_of_what_kind(number: str, region: str, kind: Kind) -> None:
    assert classify(number) == Destination(region, kind)


@pytest.mark.parametrize("number", ["+210123456", "+999123456", "+", ""])
def test_a_code_that_is_nobodys(number: str) -> None:
    assert classify(number) == NOWHERE


@pytest.mark.parametrize(
    "number",
    [
        "+4990011234569",  # a digit too many
        "+4909001123456",  # the national prefix after the country code
        "+119002345678",
        "+4409012345678",
    ],
)
def test_a_premium_number_stays_one_however_it_is_dialled(number: str) -> None:
    assert classify(number).kind == Kind.PREMIUM


def examples(region: str) -> Iterator[tuple[str, int]]:
    for kind in PhoneNumberType.values():
        if number := phonenumbers.example_number_for_type(region, kind):
            yield phonenumbers.format_number(number, PhoneNumberFormat.E164), phonenumbers.number_type(number)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_as_phonenumbers_says(region: str) -> None:
    main = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[phonenumbers.country_code_for_region(region)][0]
    for number, kind in examples(region):
        told = phonenumbers.region_code_for_number(phonenumbers.parse(number))
        expected = main if told in NOT_TOLD_APART else told
        if number not in OTHERWISE:
            assert classify(number) == Destination(str(expected), KINDS.get(kind, Kind.ORDINARY)), number


def test_every_code_of_no_country_has_its_kind() -> None:
    assert set(GLOBAL) == phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS


def test_what_is_told_apart_is_so_for_all_its_numbers() -> None:
    others = {each.region for each in prefixes() if each.digits != each.code}
    mains = {regions[0] for regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.values()}
    assert phonenumbers.SUPPORTED_REGIONS - mains - others == NOT_TOLD_APART


def test_no_prefix_is_there_twice_or_longer_than_four_digits() -> None:
    digits = [each.digits for each in prefixes()]
    assert len(digits) == len(set(digits))
    assert {len(each) for each in digits} <= {1, 2, 3, destinations.LONGEST}


def test_the_expressions_are_posix_ones() -> None:
    letters = {letter for _, premium, shared_cost in kinds() for letter in premium + shared_cost}
    assert letters <= set("0123456789-^()[]{}|?,")
    assert not [each for each in kinds() if "(?" in each.premium + each.shared_cost]


def test_every_region_with_such_numbers_has_an_expression() -> None:
    tables = {region: PhoneMetadata.metadata_for_region(region) for region in phonenumbers.SUPPORTED_REGIONS}
    premium = {region: table.premium_rate for region, table in tables.items() if table}
    numbers = {region for region, kind in premium.items() if kind and kind.national_number_pattern}
    assert {each.region for each in kinds() if each.premium} == numbers
