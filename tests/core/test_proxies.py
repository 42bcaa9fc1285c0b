"""Who is believed about where a request comes from, and how it is read."""

from ipaddress import ip_address
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from core import proxies
from core.http import UNKNOWN, ForwardedHeaders, client_address, own_address

REST = RequestFactory()


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("203.0.113.5:51234", "203.0.113.5"),
        (" 203.0.113.5:51234 ", "203.0.113.5"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("[::ffff:203.0.113.5]:1", "203.0.113.5"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_is_read_with_or_without_its_port(said: str, address: str) -> None:
    assert proxies.read(said) == ip_address(address)


@pytest.mark.parametrize(
    "said", ["", "unknown", "_hidden", "x" * 400, "203.0.113", "203.0.113.5.6", "[", "[]:80", ":80"]
)
def test_what_is_no_address_is_none(said: str) -> None:
    assert proxies.read(said) is None


@pytest.mark.parametrize("said", ["", "False", "0", "no", "off"])
def test_no_proxy_is_named(said: str) -> None:
    assert proxies.named(said) == []


@pytest.mark.parametrize("said", ["True", "true", "1", "yes", "on"])
def test_a_proxy_that_is_just_there_is_on_this_machine(said: str) -> None:
    found = proxies.named(said)
    assert [proxies.are(found, ip_address(each)) for each in ("127.0.0.1", "::1", "192.0.2.1")] == [True, True, False]


def test_proxies_are_named_by_address_or_network() -> None:
    found = proxies.named("192.0.2.10, 2001:db8::/64")
    inside = ["192.0.2.10", "2001:db8::7"]
    outside = ["192.0.2.11", "2001:db8:0:1::7", "127.0.0.1"]
    assert [each for each in inside + outside if proxies.are(found, ip_address(each))] == inside


@pytest.mark.parametrize("said", ["proxy.example.com", "192.0.2.10/8", "192.0.2.10,", "True,192.0.2.10", "2"])
def test_what_names_no_proxy_is_refused_in_words(said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"BEHIND_PROXY is .* such as 192\.0\.2\.10"):
        proxies.named(said)


CHAINS = [
    # who came to us, what they said, whom we take it for
    ("127.0.0.1", "203.0.113.5", "203.0.113.5"),
    ("127.0.0.1", "203.0.113.5:51234", "203.0.113.5"),
    ("::1", "[2001:db8::1]:443", "2001:db8::1"),
    ("127.0.0.1", "10.0.0.1, 203.0.113.5", "203.0.113.5"),  # the client's own word stands before
    ("127.0.0.1", "203.0.113.5, 192.0.2.10", "203.0.113.5"),  # two proxies, both named
    ("127.0.0.1", "10.0.0.1, 203.0.113.5, 192.0.2.10:80", "203.0.113.5"),
    ("192.0.2.11", "203.0.113.5", "192.0.2.11"),  # not named
    ("192.0.2.11", "x", "192.0.2.11"),
    ("127.0.0.1", "203.0.113.5, unknown", UNKNOWN),
    ("127.0.0.1", "", "127.0.0.1"),
    ("", "203.0.113.5", UNKNOWN),
]


@pytest.mark.parametrize(("sender", "forwarded", "client"), CHAINS)
def test_a_client_is_the_last_that_is_no_proxy(settings: Settings, sender: str, forwarded: str, client: str) -> None:
    settings.BEHIND_PROXY = proxies.named("127.0.0.1,::1,192.0.2.10")
    more: dict[str, Any] = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert client_address(REST.get("/", REMOTE_ADDR=sender, **more)) == client


def test_without_a_proxy_nobody_is_believed(settings: Settings) -> None:
    settings.BEHIND_PROXY = []
    assert client_address(REST.get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.5")) == "127.0.0.1"


@pytest.mark.parametrize("forwarded", ["unknown", "x", "127.0.0.1", ""])
def test_an_address_that_many_may_share_is_nobodys_own(settings: Settings, forwarded: str) -> None:
    settings.BEHIND_PROXY = proxies.named("True")
    more: dict[str, Any] = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert own_address(REST.get("/", REMOTE_ADDR="127.0.0.1", **more)) is None


def seen_as_https(sender: str) -> bool:
    found: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        found.append(request)
        return HttpResponse()

    ForwardedHeaders(view)(REST.get("/", REMOTE_ADDR=sender, HTTP_X_FORWARDED_PROTO="https"))
    return found[0].is_secure()


def test_only_a_named_proxy_says_that_a_request_came_by_https(settings: Settings) -> None:
    settings.BEHIND_PROXY = proxies.named("192.0.2.10")
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert seen_as_https("192.0.2.10")
    assert not seen_as_https("192.0.2.11")
    assert not seen_as_https("127.0.0.1")
