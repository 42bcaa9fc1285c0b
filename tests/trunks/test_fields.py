"""What people paste as a number or a server, and what is kept of it."""

import pytest
from django.core.exceptions import ValidationError

from core.preferences.models import Preferences
from trunks.fields import BeginningField, NumberField, ServerField

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_germany(db: None) -> None:
    Preferences.objects.update(country="DE")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("  ", ""),
        ("+49 30 12345678", "+493012345678"),
        ("030/12345678", "+493012345678"),
        ("0044 20 7946 0000", "+442079460000"),
        ("030 12345678 ext. 5", None),
        ("+4930", None),
        ("hello", None),
        ("+999 12345678", None),
    ],
)
def test_a_whole_number_is_kept_with_its_country(typed: str, kept: str | None) -> None:
    field = NumberField(required=False)
    if kept is not None:
        assert field.clean(typed) == kept
        return
    with pytest.raises(ValidationError) as refused:
        field.clean(typed)
    assert [each.code for each in refused.value.error_list] == ["phone"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("+4930", "+4930"),  # four digits at least
        ("+493", None),
        ("030", "+4930"),
        ("+49301234567890", "+49301234567890"),
        ("+493012345678901", "+493012345678901"),  # fifteen at most
        ("+4930123456789012", None),
        ("+99912345", None),
    ],
)
def test_a_block_is_kept_by_what_its_numbers_begin_with(typed: str, kept: str | None) -> None:
    field = BeginningField(required=False)
    if kept is not None:
        assert field.clean(typed) == kept
        return
    with pytest.raises(ValidationError, match="Enter a phone number such as"):
        field.clean(typed)


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("FR", "01 23 45 67", "+331234567"),
        ("FR", "0033 1 23 45 67", "+331234567"),
        ("CH", "044 123 4", "+41441234"),
        ("GB", "(020) 7946", "+44207946"),
        ("US", "1-212-555", "+1212555"),
        ("US", "212-555", "+1212555"),
        ("IT", "06 123", "+3906123"),
        ("RU", "800 123", "+7800123"),
    ],
)
def test_a_block_as_people_of_the_country_dial_it_is_kept_without_their_prefix(
    country: str, typed: str, kept: str
) -> None:
    Preferences.objects.update(country=country)
    assert BeginningField().clean(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("sip.Example.com", "sip.example.com"),
        ("SIP:sip.example.com", "sip.example.com"),
        ("sips:sip.example.com", "sip.example.com"),
        ("192.0.2.10", "192.0.2.10"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("2001:db8::5060", "[2001:db8::5060]"),
    ],
)
def test_a_server_is_kept_by_its_name_alone(typed: str, kept: str) -> None:
    assert ServerField(required=False).clean(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("https://sip.example.com", "url"),
        ("acme@sip.example.com", "url"),
        ("sip.example.com;transport=tls", "url"),
        ("sip.example.com:5060", "port"),
        ("[2001:db8::1]:5060", "port"),
        ("[2001:db8::1", "host"),
        ("2001:db8::1]", "host"),
        ("two words", "host"),
    ],
)
def test_what_is_no_server_is_refused_for_its_own_reason(typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ServerField(required=False).clean(typed)
    assert [each.code for each in refused.value.error_list] == [code]
