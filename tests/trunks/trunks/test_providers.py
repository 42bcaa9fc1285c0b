import re
from itertools import pairwise

import phonenumbers
import pytest

from trunks.trunks.providers import BY_KEY, PROVIDERS, Provider, offered_in

HOST = re.compile(r"([a-z0-9-]+\.)+[a-z]+")


def test_each_has_a_key_of_its_own() -> None:
    assert len(BY_KEY) == len(PROVIDERS)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda each: each.key)
def test_each_says_what_a_trunk_needs(provider: Provider) -> None:
    assert HOST.fullmatch(provider.host or provider.host_example)
    assert bool(provider.host) != bool(provider.host_example)
    assert not provider.tls_host or (provider.takes_tls and HOST.fullmatch(provider.tls_host))
    assert set(provider.countries) <= phonenumbers.SUPPORTED_REGIONS
    assert str(provider.user_name).endswith(".")


def test_who_wants_national_numbers_is_of_a_country() -> None:
    assert [each.key for each in PROVIDERS if each.numbers == "national" and not each.countries] == []


def test_those_of_the_country_come_first() -> None:
    offered = offered_in("FR")
    assert offered[0].key == "ovh"
    assert sorted(each.key for each in offered) == sorted(BY_KEY)
    assert all(a.name.casefold() < b.name.casefold() for a, b in pairwise(offered[1:]))
