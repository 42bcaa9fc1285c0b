"""The web servers in front of the portal: what they say of a request is believed, and of nobody else."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.core.exceptions import ImproperlyConfigured

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NO, YES = {"", "0", "false", "no", "off"}, {"1", "true", "yes", "on", "y", "ok", "t"}
THIS_MACHINE = ["127.0.0.0/8", "::1"]


def named(said: str) -> list[Network]:
    """What BEHIND_PROXY names: addresses and networks, with commas between; `True` is a proxy on this machine."""
    if said.strip().lower() in NO:
        return []
    try:
        return [ip_network(each.strip()) for each in (THIS_MACHINE if said.strip().lower() in YES else said.split(","))]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"BEHIND_PROXY is {said!r}. Set it to True for a proxy on this machine,"
            " or to the proxies' addresses or networks, such as 192.0.2.10,2001:db8::/64."
        ) from error


def read(said: str) -> Address | None:
    """The address in an element of X-Forwarded-For, with or without a port; None where there is none."""
    host = said.strip().strip('"')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def are(proxies: Sequence[Network], address: Address | None) -> bool:
    return address is not None and any(address in each for each in proxies)


def client(chain: Sequence[str], proxies: Sequence[Network]) -> Address | None:
    """The last address that is not a proxy's own; None where that cannot be read.

    `chain`: as each wrote down who came to it, the nearest to us last.
    """
    address = None
    for said in reversed(chain):
        address = read(said)
        if not are(proxies, address):
            break
    return address
