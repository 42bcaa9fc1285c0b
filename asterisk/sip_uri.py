"""SIP and SIPS URIs, taken apart as RFC 3261, section 19.1, writes them. Pure.

Host and port are read strictly. In the user part and in parameters phones write what the grammar forbids, and Asterisk
registers them with it, so there all is taken but what ends the part.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from urllib.parse import unquote

LAST_PORT = 65535
HOST = r"\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._~-]+)?\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?"
HOST_PORT = rf"(?P<host>{HOST})(?::(?P<port>[0-9]{{1,5}}))?"
URI = re.compile(
    rf"(?P<scheme>sips?):(?:(?P<user>(?!\[)[^@:]+)(?::(?P<password>[^@]*))?@)?{HOST_PORT}"
    r"(?P<parameters>(?:;[^;?]*)*)(?:\?(?P<headers>.*))?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class HostPort:
    """`host`: without the brackets of an IPv6 address. `port`: None where none is written."""

    host: str
    port: int | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


@dataclass(frozen=True)
class SipUri:
    """User, password and values without escapes; a parameter without a value has "". Names in lower case."""

    scheme: str
    user: str
    password: str = field(repr=False)
    at: HostPort
    parameters: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def destination(self) -> HostPort | None:
        """Where a request to it is sent: `maddr` goes before the host. None: its `maddr` is no host."""
        if "maddr" not in self.parameters:
            return self.at
        host = self.parameters["maddr"]
        maddr = parse_host_port(f"[{host}]" if _is_ipv6(host) else host)
        return maddr and HostPort(maddr.host, self.at.port)


def parse(text: str) -> SipUri | None:
    """None: it is no SIP URI."""
    found = URI.fullmatch(text)
    at = found and _host_port(found)
    if not found or not at:
        return None
    return SipUri(
        found["scheme"].lower(),
        unquote(found["user"] or ""),
        unquote(found["password"] or ""),
        at,
        _pairs(found["parameters"], ";"),
        _pairs(found["headers"] or "", "&"),
    )


def parse_host_port(text: str) -> HostPort | None:
    """Of what HostPort prints. None: it is neither a host nor a host with a port."""
    found = re.fullmatch(HOST_PORT, text)
    return found and _host_port(found)


def _host_port(found: re.Match[str]) -> HostPort | None:
    host, port = found["host"].strip("[]"), int(found["port"]) if found["port"] else None
    if (found["host"] != host and not _is_ipv6(host)) or (port and port > LAST_PORT):
        return None
    return HostPort(host, port)


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def _pairs(text: str, between: str) -> dict[str, str]:
    pairs = (each.partition("=") for each in text.split(between) if each)
    return {unquote(name).lower(): unquote(value) for name, _, value in pairs}
