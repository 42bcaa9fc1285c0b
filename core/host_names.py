"""Names of hosts, as people type them."""

import re
from contextlib import suppress
from ipaddress import IPv6Address, ip_address

import idna

# No public authority signs a name below these.
PRIVATE_NAMES = ("local", "lan", "internal", "home", "corp", "test", "invalid", "example", "localhost", "home.arpa")
NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


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


def is_signed(name: str, has_authority: bool) -> bool:
    """Whether an authority may sign a certificate for it: a public one none of a private name."""
    with suppress(ValueError):
        ip_address(name.strip("[]"))
        return False
    return has_authority or (
        "." in name and not any(name == each or name.endswith(f".{each}") for each in PRIVATE_NAMES)
    )
