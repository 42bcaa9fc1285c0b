"""Where a provider's server is, by its domain: the test of a trunk and the PBX look it up alike."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dns.resolver
import pytest
from django.conf import settings

from asterisk.process.embedded import Embedded
from tests import dns_server
from tests.node import connected
from tests.pbx.lines import apply_lines, in_country, provider, route_over
from tests.pbx.office import Office
from tests.trunks.registrar import Registrar, serving
from trunks import record
from trunks.models import Trunk
from trunks.probe.client import Outcome, Settings, Transport, probe
from trunks.probe.server_addresses import find


@contextmanager
def known(records: dns_server.Records) -> Iterator[int]:
    """What this process asks for."""
    with dns_server.serving(records) as port:
        dns.resolver.default_resolver = dns.resolver.Resolver(configure=False)
        dns.resolver.default_resolver.nameservers, dns.resolver.default_resolver.port = ["127.0.0.1"], port
        try:
            yield port
        finally:
            dns.resolver.default_resolver = None


def test_records_are_asked_in_their_order() -> None:
    records = {
        ("_sip._udp.telco.example.com", "SRV"): [
            "20 0 5070 last.telco.example.com.",
            "10 5 5072 second.telco.example.com.",
            "10 9 5071 first.telco.example.com.",
        ],
        ("first.telco.example.com", "A"): ["127.0.0.11"],
        ("second.telco.example.com", "A"): ["127.0.0.12"],
        ("second.telco.example.com", "AAAA"): ["::1"],
        ("last.telco.example.com", "A"): ["127.0.0.13"],
    }
    with known(records):
        found = find("telco.example.com", 0, "udp")
    v4 = [address for family, address in found if family == socket.AF_INET]
    assert v4 == [("127.0.0.11", 5071), ("127.0.0.12", 5072), ("127.0.0.13", 5070)]
    assert (socket.AF_INET6, ("::1", 5072, 0, 0)) in found


@pytest.mark.parametrize(
    ("host", "port", "transport", "at"),
    [
        ("localhost", 0, "udp", 5060),
        ("localhost", 0, "tls", 5061),
        ("localhost", 5080, "udp", 5080),
        ("127.0.0.1", 0, "tcp", 5060),
    ],
)
def test_without_records_it_is_the_standard_port(host: str, port: int, transport: str, at: int) -> None:
    with known({("_sip._udp.localhost", "SRV"): ["10 0 9 nowhere.example.com."]} if port else {}):
        assert ("127.0.0.1", at) in [address[:2] for _, address in find(host, port, transport)]


def test_records_that_lead_nowhere_are_passed_over() -> None:
    records = {("_sip._udp.localhost", "SRV"): ["10 0 9 gone.example.com.", "0 0 0 ."]}
    with known(records):
        assert ("127.0.0.1", 5060) in [address[:2] for _, address in find("localhost", 0, "udp")]


def test_a_trunk_is_tested_where_its_records_lead() -> None:
    registrar = Registrar({"acme": "t7Rw9KqX2m"})
    with serving(Transport.UDP, registrar) as port:
        records = {("_sip._udp.telco.example.com", "SRV"): [f"10 0 {port} sip1.telco.example.com."]}
        with known({**records, ("sip1.telco.example.com", "A"): ["127.0.0.1"]}):
            result = probe(Settings("telco.example.com", 0, Transport.UDP, "acme", "t7Rw9KqX2m"))
    assert result.outcome == Outcome.OK
    assert registrar.heard[0].uri == "sip:telco.example.com"


@contextmanager
def asked_by_the_pbx(port: int) -> Iterator[None]:
    conf = settings.ASTERISK_DIR / "etc/resolver_unbound.conf"
    usual = conf.read_text()
    try:
        conf.write_text(f"[general]\nhosts=system\nresolv=/dev/null\nnameserver=127.0.0.1@{port}\n")
        reload()
        yield
    finally:
        conf.write_text(usual)
        reload()


def reload() -> None:
    with connected() as ami:
        ami.ask("Reload", Module="res_resolver_unbound.so")


@pytest.mark.django_db(transaction=True)
def test_the_pbx_calls_where_the_records_lead(asterisk: Embedded) -> None:
    in_country()
    with provider() as world:
        records = {
            ("_sip._udp.telco.example.com", "SRV"): [f"10 0 {world.port} sip1.telco.example.com."],
            ("sip1.telco.example.com", "A"): [world.wire.host],
        }
        with dns_server.serving(records) as port, asked_by_the_pbx(port):
            values: dict[str, Any] = {"registers": False, "host": "telco.example.com", "keep_alive": 0}
            with record.edited(None):
                trunk = Trunk.objects.create(name="Telco", **values)
            route_over(trunk)
            apply_lines()
            office = Office()
            office.registered().call("01711234567")
            assert world.wait_call()
            office.close()
