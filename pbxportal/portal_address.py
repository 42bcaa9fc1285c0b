"""Where the portal listens, and its address as people type it. ImproperlyConfigured says what is none."""

import fcntl
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from urllib.parse import urlsplit

import idna
from django.core.exceptions import ImproperlyConfigured

DEFAULT_PORTS = {"http": 80, "https": 443}
EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104 (what a bind to every address of the machine is told by)
NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
SIOCGIFADDR = 0x8915


def normalized(url: str) -> str:
    """The origin that browsers send: lowercase, without the usual port, and nothing behind it."""
    try:
        parts = urlsplit(url.strip())
        host, port = host_of(parts.hostname or ""), parts.port
    except ValueError as error:
        raise _wrong_url(url) from error
    more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in DEFAULT_PORTS or more or port == 0:
        raise _wrong_url(url)
    return origin(parts.scheme, host, port)


def _wrong_url(url: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"PORTAL_URL is {url!r}, which is not a valid portal address."
        " Set it to http:// or https:// and a host name, such as https://pbx.example.com, with nothing after it."
    )


def origin(scheme: str, host: str, port: int | None) -> str:
    return f"{scheme}://{host}" if port in (None, DEFAULT_PORTS[scheme]) else f"{scheme}://{host}:{port}"


def host_of(said: str) -> str:
    """As it stands in the header Host: an IPv6 address in brackets. Raises ValueError."""
    with suppress(ValueError):
        return bracketed(said)
    name = said.rstrip(".").lower()
    if not name.isascii():
        name = idna.encode(name, uts46=True).decode()
    if not NAME.fullmatch(name) or name.rpartition(".")[2].isdigit():
        raise ValueError(said)
    return name


def bracketed(said: str) -> str:
    address = ip_address(said)
    if address.is_unspecified or "%" in said:
        raise ValueError(said)
    return f"[{address}]" if isinstance(address, IPv6Address) else str(address)


def listening(bind: str) -> tuple[str, int]:
    """Host, without brackets, and port."""
    host, colon, port = bind.strip().rpartition(":")
    if not colon or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ImproperlyConfigured(
            f"PORTAL_BIND is {bind!r}. Set it to an address and a port, such as 127.0.0.1:8000 or 0.0.0.0:8000."
        )
    return host.strip("[]"), int(port)


def by_itself(host: str, port: int) -> list[str]:
    """The portal's addresses where nobody has named one: the first is that of links."""
    hosts = [*own_addresses(host), "127.0.0.1"] if host in EVERYWHERE else [host]
    return [origin("http", host_of(each), port) for each in hosts]


def own_addresses(bind: str) -> Iterator[str]:
    """Of this machine, as the network knows it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # one without an address
                said = fcntl.ioctl(probe, SIOCGIFADDR, struct.pack("256s", name.encode()))
                address = socket.inet_ntoa(said[20:24])
                if not ip_address(address).is_loopback:
                    yield address
    known = Path("/proc/net/if_inet6")
    if bind == "::" and known.exists():
        for line in known.read_text().splitlines():
            address6 = IPv6Address(bytes.fromhex(line.split()[0]))
            if not address6.is_loopback and not address6.is_link_local:
                yield str(address6)


def is_local(host: str) -> bool:
    """Whether only this machine reaches it."""
    host = host.strip("[]")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
