"""Where the server of a trunk is: by SRV records where no port was given, as RFC 3263 says and the PBX does."""

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import dns.exception
import dns.resolver

Address = tuple[int, Any]  # family, and what it is in that family

SERVICES = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
STANDARD_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
MOST = 10
SECONDS = 5.0


def find(host: str, port: int, transport: str) -> list[Address]:
    """In the order in which they are to be asked. `port`: 0 where none was given. Raises OSError and UnicodeError."""
    targets = [] if port or _is_address(host) else _targets(host, transport)
    found = [address for target, its_port in targets for address in _addresses_of(target, its_port)]
    return found[:MOST] or _by_system(host, port or STANDARD_PORTS[transport])


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _targets(host: str, transport: str) -> list[tuple[str, int]]:
    """Name and port of each server, the preferred first; none where the domain has no such record."""
    try:
        found = dns.resolver.resolve(f"{SERVICES[transport]}.{host}", "SRV", lifetime=SECONDS, search=False)
    except dns.exception.DNSException:
        return []
    records = sorted(found, key=lambda record: (record.priority, -record.weight))
    return [(record.target.to_text(), record.port) for record in records]


def _addresses_of(name: str, port: int) -> Iterator[Address]:
    try:
        found = dns.resolver.resolve_name(name, lifetime=SECONDS)
    except dns.exception.DNSException:
        return
    for address in found.addresses():
        yield from _by_system(address, port)


def _by_system(host: str, port: int) -> list[Address]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in rows]
