"""Numbers, and Allowed Networks as people type them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from asterisk.engine import columns
from extensions.changes.state import record_of
from extensions.models import SipExtension
from extensions.review import review
from extensions.validators import (
    NUMBER,
    Strength,
    allowed_networks,
    allows,
    extension_number,
    is_easy_pin,
    is_emergency_number,
    is_extension_number,
    outside_number,
    random_pin,
    registration_password,
    some_networks,
    voicemail_pin,
)
from tests.people import make_extension

GOOD = "t7Rw9KqX2m"
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


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("", ""), ("  ", ""), ("030 1234567", "+49301234567"), ("+1 212 555 0100", "+12125550100"),
     ("+49 1", None), ("nobody", None), ("030 1234567 ext. 5", None)],
)  # fmt: skip
def test_a_number_outside_is_kept_with_its_country(typed: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(ValidationError, match="Enter a telephone number with its area code"):
            outside_number(typed, "DE")
    else:
        assert outside_number(typed, "DE") == kept


@pytest.mark.parametrize(
    ("number", "country", "is_one"),
    [("112", "US", True), ("911", "DE", True), ("110", "DE", True), ("110", "US", False), ("988", "US", True),
     ("988", "DE", False), ("11833", "DE", False), ("999", "GB", True), ("1000", "US", False)],
)  # fmt: skip
def test_numbers_that_call_for_help(number: str, country: str, is_one: bool) -> None:
    assert is_emergency_number(number, country) is is_one


def refusal(check: Callable[..., object], *given: Any) -> str:
    try:
        check(*given)
    except ValidationError as error:
        return error.code or ""
    return ""


@pytest.mark.parametrize(
    ("pin", "code"),
    [("739", ""), ("73", "voicemail_pin"), ("7391648205", ""), ("7" * 16, "voicemail_pin"), ("73a", "voicemail_pin"),
     ("1000", "number"), ("7777", "weak"), ("7373", "weak"), ("739739", "weak"), ("1234", "weak"), ("8901", "weak"),
     ("4321", "weak"), ("1098", "weak"), ("1235", ""), ("73973", ""), ("777777777777777", "weak")],
)  # fmt: skip
def test_which_pins_are_refused(pin: str, code: str) -> None:
    assert refusal(voicemail_pin, pin, "1000") == code
    assert is_easy_pin(pin) == (code == "weak") if pin.isdecimal() and len(pin) < 16 else code


@pytest.mark.parametrize(
    ("password", "code"),
    [("", "registration_password"), (GOOD[:9], "registration_password"), (GOOD, ""), (GOOD * 6 + "abc", ""),
     (GOOD * 6 + "abcd", "registration_password"), (f"{GOOD} Z", "registration_password"),
     (f"{GOOD}é", "registration_password"), ("password123", "weak"), ("lovelace1000", "weak")],
)  # fmt: skip
def test_which_registration_passwords_are_refused(password: str, code: str) -> None:
    assert refusal(registration_password, password, ["lovelace", "1000", ""]) == code


def test_how_strong_a_password_is() -> None:
    none, weak, strong = (Strength(text, []) for text in ("", "password", "t7Rw9KqX2mZv5LpB8nYc"))
    assert (none.level, none.words, none.suffices, none.guesses) == (0, "Very weak", False, 0.0)
    assert (weak.words, weak.suffices) == ("Very weak", False)
    assert (strong.level, strong.words, strong.suffices) == (4, "Strong", True)
    assert Strength("lovelace1000", ["lovelace", "1000"]).guesses < Strength("lovelace1000", []).guesses


def test_a_pin_by_chance_is_none_of_the_easy_ones() -> None:
    pins = {random_pin("1000") for _ in range(50)}
    assert {refusal(voicemail_pin, pin, "1000") for pin in pins} == {""}
    assert {len(pin) for pin in pins} == {6}


def test_where_networks_are_needed_all_there_are_is_none() -> None:
    assert some_networks("10.0.0.0/8, 192.0.2.1") == "10.0.0.0/8, 192.0.2.1"
    assert some_networks("") == ""
    for everywhere in ("0.0.0.0/0", "10.0.0.0/8, ::/0"):
        with pytest.raises(ValidationError, match="contains every address"):
            some_networks(everywhere)
    assert allowed_networks("0.0.0.0/0") == "0.0.0.0/0"


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
