"""Numbers, and Allowed Networks as people type them."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from asterisk.engine import columns
from extensions.changes.state import record_of
from extensions.models import SipExtension
from extensions.review import review
from extensions.validators import NUMBER, allowed_networks, allows, extension_number, is_extension_number
from tests.people import make_extension

NUMBERS = ["10", "1000", "99999999"]
NO_NUMBERS = ["", "1", "0100", "100000000", "१०००", "²²", "1e3", " 1000", "1000\n", "+1000", "10-0"]


@pytest.mark.parametrize("text", [*NUMBERS, *NO_NUMBERS])
def test_a_number_is_one_in_an_address_in_a_form_and_on_its_way_to_the_pbx(text: str) -> None:
    try:
        extension_number(text)
        valid = True
    except ValidationError:
        valid = False
    assert valid is is_extension_number(text) is (text in NUMBERS)
    assert columns.NUMBER.pattern == NUMBER


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        (" , ", ""),
        ("10.0.0.5", "10.0.0.5"),
        ("10.0.0.5/32", "10.0.0.5"),
        ("10.0.0.5 192.168.1.0/24,10.0.0.5", "10.0.0.5, 192.168.1.0/24"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("2001:DB8:0::/32, ::1", "2001:db8::/32, ::1"),
    ],
)
def test_networks_are_kept_in_one_form(typed: str, kept: str) -> None:
    assert allowed_networks(typed) == kept


@pytest.mark.parametrize(
    "typed", ["here", "10.0.0", "10.0.0.256", "10.0.0.0/33", "fe80::1%eth0", "::ffff:10.0.0.1", "!10.0.0.1"]
)
def test_what_is_no_network_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="is not an address or network"):
        allowed_networks(typed)


def test_host_bits_are_refused_and_both_meanings_offered() -> None:
    with pytest.raises(ValidationError, match=r"Enter 192\.168\.1\.0/24 for the network, or 192\.168\.1\.7 for"):
        allowed_networks("192.168.1.7/24")


def test_ten_are_enough() -> None:
    assert allowed_networks(" ".join(f"10.0.0.{n}" for n in range(10))).count(",") == 9
    with pytest.raises(ValidationError, match="You entered 11"):
        allowed_networks(" ".join(f"10.0.0.{n}" for n in range(11)))


def test_a_phone_is_inside_or_outside() -> None:
    assert allows("", "192.0.2.1")
    assert allows("10.0.0.0/8, 2001:db8::/32", "2001:db8::7")
    assert not allows("10.0.0.0/8", "192.0.2.1")
    assert not allows("10.0.0.0/8", "nonsense")


def test_a_record_of_before_there_were_networks_is_put_back(ada: User) -> None:
    extension = make_extension("1000")
    record = record_of(extension)
    del record["extension"]["allowed_networks"]
    extension.allowed_networks = "10.0.0.0/8"
    extension.save()
    review.restore({"1000": record}, ada)
    restored = SipExtension.objects.get()
    assert restored is not None
    assert restored.allowed_networks == ""
