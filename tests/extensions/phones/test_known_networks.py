"""The networks that an extension's phones register from: which are news, and to whom."""

import pytest

from accounts.models import User
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.models import KnownNetwork, SipExtension
from extensions.phones import known_networks
from extensions.phones.known_networks import Sighting
from tests.people import make_extension


@pytest.fixture
def own(vic: User) -> SipExtension:
    return make_extension("1000", user=vic)


def seen(*hosts: str, number: str = "1000") -> list[str]:
    """The addresses that an e-mail tells of."""
    before = set(Email.objects.values_list("pk", flat=True))
    known_networks.note([Sighting(number, host, "Yealink T54W") for host in hosts])
    return [each.facts["address"] for each in Email.objects.exclude(pk__in=before).order_by("pk")]


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("127.0.0.1", "127.0.0.0/24"),
        ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3::9]", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("phone.invalid", ""),
        ("", ""),
    ],
)
def test_the_network_around_an_address(host: str, network: str) -> None:
    assert known_networks.network_of(host) == network


def test_the_first_network_is_no_news_and_each_other_is_once(own: SipExtension, vic: User) -> None:
    assert seen("192.0.2.7") == []
    assert seen("192.0.2.200") == []
    assert seen("198.51.100.7") == ["198.51.100.7"]
    assert seen("198.51.100.99", "192.0.2.7") == []
    assert seen("2001:db8::7") == ["2001:db8::7"]
    [email, _] = Email.objects.order_by("pk")
    assert (email.kind, email.user, email.to) == ("new_network", vic, "vic@example.com")
    assert email.facts == {"number": "1000", "address": "198.51.100.7", "model": "Yealink T54W"}
    assert sorted(map(str, KnownNetwork.objects.all())) == ["192.0.2.0/24", "198.51.100.0/24", "2001:db8::/64"]


def test_two_phones_that_are_seen_first_together_are_both_no_news(own: SipExtension) -> None:
    assert seen("192.0.2.7", "198.51.100.7") == []
    assert seen("198.51.100.8") == []


def test_networks_are_each_extensions_own(own: SipExtension) -> None:
    make_extension("1001")
    assert seen("192.0.2.7") == []
    assert seen("198.51.100.7", number="1001") == []
    assert seen("198.51.100.7") == ["198.51.100.7"]


def test_who_does_not_want_it_and_who_has_no_address_gets_none(own: SipExtension, vic: User) -> None:
    seen("192.0.2.7")
    User.objects.filter(pk=vic.pk).update(muted=["new_network"])
    assert seen("198.51.100.7") == []
    assert seen("198.51.100.7") == []
    User.objects.filter(pk=vic.pk).update(muted=[], email=None)
    assert seen("203.0.113.7") == []
    User.objects.filter(pk=vic.pk).update(email="vic@example.com", is_active=False)
    assert seen("10.0.0.1") == []
    User.objects.filter(pk=vic.pk).update(is_active=True)
    Preferences.objects.update(notifications=[])
    assert seen("10.0.1.1") == []
    assert KnownNetwork.objects.count() == 5


def test_the_name_of_a_phone_is_told_as_far_as_it_goes(own: SipExtension) -> None:
    seen("192.0.2.7")
    known_networks.note([Sighting("1000", "198.51.100.7", "Y" * 101)])
    assert Email.objects.get().facts["model"] == "Y" * 100


def test_a_number_of_nobody_is_not_noted(own: SipExtension) -> None:
    assert seen("192.0.2.7", number="9999") == []
    assert not KnownNetwork.objects.exists()
