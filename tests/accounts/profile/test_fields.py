"""A mobile number is one of the library's PhoneNumbers, parsed when somebody looks at it."""

from typing import Any

import phonenumbers
import pytest
from django.core.exceptions import ValidationError
from phonenumber_field.phonenumber import PhoneNumber

from accounts.models import User
from accounts.profile.fields import MobileField
from core.preferences.models import Preferences

KNOWN, UNKNOWN = "+12025550143", "+15551234567"  # of a range that is given out, and of one that is not


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("(202) 555-0143", KNOWN),
        ("+1 202\u00a0555 0143", KNOWN),
        ("(555) 123-4567", UNKNOWN),
        ("+44 7400 123456", "+447400123456"),
        ("", ""),
        (None, ""),
    ],
)
def test_what_is_typed_comes_out_as_it_is_stored(db: None, typed: str | None, stored: str) -> None:
    assert str(MobileField().clean(typed)) == stored


@pytest.mark.parametrize("typed", ["call me", "+", "+999 12345678", "(202) 555-0143 ext. 5", "1" * 300, "\x00"])
def test_what_is_no_number_is_refused_with_one_of_the_country(db: None, typed: str) -> None:
    Preferences.objects.update(country="DE")
    with pytest.raises(ValidationError, match=r"Enter a phone number such as \+49 "):
        MobileField().clean(typed)


@pytest.mark.parametrize(
    ("country", "typed", "example"),
    [
        ("US", "555-1234", "+1 201-555-0123"),  # without its area code
        ("US", "+1 555 1234", "+1 201-555-0123"),
        ("US", "+49 12", "+49 1512 3456789"),
        ("US", "+49 1234", "+49 1512 3456789"),
        ("US", "911", "+1 201-555-0123"),
        ("GB", "123456", "+44 7400 123456"),
        ("DE", "123", "+49 1512 3456789"),
        ("DE", "+800 12", "+44 7400 123456"),  # of no country
    ],
)
def test_what_cannot_be_dialled_is_refused_with_a_number_of_its_country(
    db: None, country: str, typed: str, example: str
) -> None:
    Preferences.objects.update(country=country)
    with pytest.raises(ValidationError) as refused:
        MobileField().clean(typed)
    assert refused.value.messages == [f"Enter a phone number such as {example}."]


def test_every_kind_of_number_of_every_country_is_taken(db: None) -> None:
    """Short ones of information services apart, which only their own country can dial."""
    kinds = phonenumbers.PhoneNumberType
    for country in phonenumbers.SUPPORTED_REGIONS:
        for kind in (kinds.FIXED_LINE, kinds.MOBILE, kinds.TOLL_FREE, kinds.VOIP, kinds.PERSONAL_NUMBER, kinds.UAN):
            if number := phonenumbers.example_number_for_type(country, kind):
                typed = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
                assert str(MobileField().clean(typed)) == typed


@pytest.mark.parametrize("number", [KNOWN, UNKNOWN])
def test_it_is_stored_as_e_164_and_read_as_a_number(db: None, number: str) -> None:
    user = User.objects.create(first_name="Vic", mobile=MobileField().clean(number))
    assert User.objects.values_list("mobile", flat=True).get() == number
    read = User.objects.get(pk=user.pk)
    assert isinstance(read.mobile, PhoneNumber)
    assert str(read.mobile) == number
    read.full_clean(exclude=["password", "muted"])
    read.save()
    assert User.objects.filter(mobile=number).exists()


def test_rows_that_nobody_looks_at_are_not_parsed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create(first_name="Vic", mobile=KNOWN)
    parse, parsed = phonenumbers.parse, []

    def noted(number: str, *args: Any, **more: Any) -> Any:
        parsed.append(number)
        return parse(number, *args, **more)

    monkeypatch.setattr(phonenumbers, "parse", noted)
    assert User.objects.values_list("mobile", flat=True).get() == KNOWN
    user = User.objects.get()
    assert (user.first_name, parsed) == ("Vic", [])
    assert user.mobile_typed == user.mobile_shown.replace("(202) ", "+1 202-")
    assert parsed == [KNOWN]


def test_nobody_has_to_have_one(db: None) -> None:
    user = User.objects.create(first_name="Vic")
    user.refresh_from_db()
    assert (user.mobile, user.mobile_shown, user.mobile_typed) == ("", "", "")


def test_a_mobile_number_says_what_it_is_for(db: None) -> None:
    assert "The PBX does not dial it." in str(MobileField().help_text)
