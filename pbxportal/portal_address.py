"""Where the portal listens, and its address as people type it. ImproperlyConfigured says what is none."""

import fcntl
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from core import https, reach
from core.host_names import host_of, is_signed
from core.https import Certificate, Choice

USUAL_PORT = 8000
FRONTS = ("caddy", "none")
DEFAULT_PORTS = {"http": 80, "https": 443}
EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104 (what a bind to every address of the machine is told by)
SIOCGIFADDR = 0x8915


@dataclass(frozen=True)
class Address:
    """Where the portal listens, its addresses as people type them, and who signs its certificate."""

    bind: str
    urls: tuple[str, ...]
    certificate: Certificate

    @property
    def is_secure(self) -> bool:
        return self.urls[0].startswith("https:")


def find(url: str, bind: str, directory: Path, *, own_https: bool, has_files: bool, has_authority: bool) -> Address:
    """Of PORTAL_URL and PORTAL_BIND, either of which may be empty, and what was chosen on the pages.

    `own_https`: whether our own server in front speaks it; `has_files`, `has_authority`: whether the environment names
    certificate files, or an ACME authority, which may sign names that no public one does.
    """
    choice = https.chosen(directory) if own_https else Choice()
    if url:
        urls: tuple[str, ...] = (normalized(url),)
        parts = urlsplit(urls[0])
        if not own_https or parts.scheme == "http":
            return Address(bind or f"{reach.host(directory)}:{USUAL_PORT}", urls, Certificate.NONE)
        certificate = Certificate.FILES if has_files else choice.certificate
        if certificate == Certificate.NONE:
            certificate = Certificate.ACME if is_signed(parts.hostname or "", has_authority) else Certificate.AUTHORITY
        return Address(
            bind or everywhere(parts.hostname or "", parts.port or DEFAULT_PORTS["https"]), urls, certificate
        )
    if choice.certificate == Certificate.NONE:
        bind = bind or f"{reach.host(directory)}:{USUAL_PORT}"
        return Address(bind, tuple(by_itself(*listening(bind))), Certificate.NONE)
    if choice.name:
        bind = bind or everywhere(choice.name, choice.port)
        urls = (origin("https", host_of(choice.name), listening(bind)[1]),)
    else:
        bind = bind or f"{reach.host(directory)}:{choice.port}"
        urls = tuple(by_itself(*listening(bind), "https"))
    return Address(bind, urls, choice.certificate)


def front(said: str, behind_proxy: Sequence[object]) -> str:
    """What FRONT names."""
    if said not in FRONTS or (said == FRONTS[0] and behind_proxy):
        raise ImproperlyConfigured(
            f"FRONT is {said!r}. Set it to caddy, or to none if a web server of your own is in front (BEHIND_PROXY)."
        )
    return said


def everywhere(name: str, port: int) -> str:
    return f"127.0.0.1:{port}" if reach.is_local(name) else f":{port}"


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


def listening(bind: str) -> tuple[str, int]:
    """Host, without brackets, and port."""
    host, colon, port = bind.strip().rpartition(":")
    if not colon or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ImproperlyConfigured(
            f"PORTAL_BIND is {bind!r}. Set it to an address and a port, such as 127.0.0.1:8000 or 0.0.0.0:8000."
        )
    return host.strip("[]"), int(port)


def by_itself(host: str, port: int, scheme: str = "http") -> list[str]:
    """The portal's addresses where nobody has named one: the first is that of links."""
    hosts = [*own_addresses(host), "127.0.0.1"] if host in EVERYWHERE else [host]
    return [origin(scheme, host_of(each), port) for each in hosts]


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
