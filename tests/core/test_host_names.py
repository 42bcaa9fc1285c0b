"""Names of hosts, as people type them, and which of them an authority signs."""

import pytest

from core import host_names
from core.reach import EVERYWHERE


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("pbx", "pbx"),
        ("PBX.Example.com.", "pbx.example.com"),
        ("a_b-c.example", "a_b-c.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0::1", "[2001:db8::1]"),
        ("1.example", "1.example"),
        ("x" * 63 + ".example", "x" * 63 + ".example"),
    ],
)
def test_a_name_has_one_form(typed: str, host: str) -> None:
    assert host_names.host_of(typed) == host


@pytest.mark.parametrize(
    "typed", ["", ".", "-pbx", "a b", "a..b", EVERYWHERE[0], "::", "fe80::1%eth0", "192.0.2", "300.1.1.1", "x" * 64]
)
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (its text is for nobody)
        host_names.host_of(typed)


@pytest.mark.parametrize(
    ("name", "publicly", "by_an_authority_of_ones_own"),
    [
        ("pbx.example.com", True, True),
        ("pbx", False, True),
        ("pbx.lan", False, True),
        ("home.arpa", False, True),
        ("pbx.home.arpa", False, True),
        ("pbx.notlocal", True, True),
        ("192.0.2.1", False, False),
        ("[2001:db8::1]", False, False),
    ],
)
def test_who_signs_a_name(name: str, *, publicly: bool, by_an_authority_of_ones_own: bool) -> None:
    assert host_names.is_signed(name, has_authority=False) is publicly
    assert host_names.is_signed(name, has_authority=True) is by_an_authority_of_ones_own
