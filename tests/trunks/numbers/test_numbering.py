from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from trunks.numbers.numbering import NOWHERE, Plan, plan_of, to_e164

TYPES = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.TOLL_FREE)
GERMANY, ITALY, AMERICA = plan_of("DE"), plan_of("IT"), plan_of("US")


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("DE", Plan("49", ("00",), "0", 0)),
        ("FR", Plan("33", ("00",), "0", 0)),
        ("IT", Plan("39", ("00",), "", 6)),
        ("US", Plan("1", ("011",), "1", 10)),
        ("RU", Plan("7", ("810",), "8", 0)),
        ("HU", Plan("36", ("00",), "06", 0)),
        ("JP", Plan("81", ("010",), "0", 0)),
        ("BR", Plan("55", ("0012", "0014", "0015", "0021", "0022", "0023", "0025", "0031", "0041", "0043", "0055",
                           "0065", "0099"), "0", 10)),
        ("CN", Plan("86", ("00",), "0", 11)),
        ("SG", Plan("65", ("001", "002", "008", "013", "018", "019"), "", 8)),
        ("ZZ", NOWHERE),
    ],
)  # fmt: skip
def test_the_plan_of_a_country(country: str, expected: Plan) -> None:
    assert plan_of(country) == expected


@pytest.mark.parametrize(
    ("dialled", "plan", "expected"),
    [
        ("03012345", GERMANY, "+493012345"),
        ("0043123456", GERMANY, "+43123456"),
        ("+43123456", GERMANY, "+43123456"),
        ("12345678", GERMANY, ""),
        ("112", GERMANY, ""),
        ("0212345678", ITALY, "+390212345678"),
        ("3123456789", ITALY, "+393123456789"),
        ("00390212345678", ITALY, "+390212345678"),
        ("2015550123", AMERICA, "+12015550123"),
        ("12015550123", AMERICA, "+12015550123"),
        ("01144201234567", AMERICA, "+44201234567"),
        ("5550123", AMERICA, ""),
        ("88001234567", plan_of("RU"), "+78001234567"),
        ("81049301234", plan_of("RU"), "+49301234"),
        ("0612345678", plan_of("HU"), "+3612345678"),
        ("+493012345", NOWHERE, "+493012345"),
        ("03012345", NOWHERE, ""),
        ("", GERMANY, ""),
        ("0", GERMANY, ""),
        ("00", GERMANY, ""),
        ("+", GERMANY, ""),
        ("++493012345", GERMANY, ""),
        ("+49 30 12345", GERMANY, ""),
        ("+٤٩٣٠١٢٣٤٥", GERMANY, ""),
        ("+0301234", GERMANY, ""),
        ("000493012345", GERMANY, ""),
        ("030*1234", GERMANY, ""),
        ("+493012345678901", GERMANY, "+493012345678901"),
        ("+4930123456789012", GERMANY, ""),
    ],
)
def test_what_is_dialled_as_a_number(dialled: str, plan: Plan, expected: str) -> None:
    assert to_e164(dialled, plan) == expected


def test_a_national_prefix_is_never_taken_for_two() -> None:
    assert to_e164("00345", plan_of("KR")) == ""


def examples(country: str) -> Iterator[PhoneNumber]:
    for kind in TYPES:
        if number := phonenumbers.example_number_for_type(country, kind):
            yield number


def dialled(number: PhoneNumber, country: str) -> Iterator[str]:
    written = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    yield "".join(each for each in written if each.isdigit())
    for prefix in plan_of(country).international[:1]:
        yield prefix + phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]


def disagreements(country: str) -> tuple[list[str], int]:
    """Strings of which phonenumbers thinks another number, and how many there are in all."""
    wrong, every = [], 0
    for number in examples(country):
        for string in dialled(number, country):
            every += 1
            parsed = phonenumbers.format_number(phonenumbers.parse(string, country), PhoneNumberFormat.E164)
            if to_e164(string, plan_of(country)) != parsed:
                wrong.append(f"{country} {string}: {parsed}, not {to_e164(string, plan_of(country))}")
    return wrong, every


@pytest.mark.parametrize("country", ["DE", "FR", "IT", "ES", "GB", "US", "CH", "AT", "NL", "RU"])
def test_these_countries_dial_as_phonenumbers_says(country: str) -> None:
    assert disagreements(country)[0] == []


def test_nearly_all_countries_dial_as_phonenumbers_says() -> None:
    found = [disagreements(country) for country in sorted(phonenumbers.SUPPORTED_REGIONS)]
    wrong, every = [each for some, _ in found for each in some], sum(count for _, count in found)
    agreeing = 1 - len(wrong) / every
    assert agreeing > 0.98, f"{agreeing:.2%} of {every}: {wrong}"
