"""Who can reach the portal and its PBX: chosen at the set-up, and in force from the next start on.

The settings read it before there is a database. SIP_BIND and PORTAL_BIND in the environment win.
"""

import os
from ipaddress import ip_address
from pathlib import Path

from core import whole_file

MACHINE, NETWORK = "machine", "network"
FILE = "reach"
VARIABLES = ("PORTAL_BIND", "SIP_BIND")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 (compared, not bound)
HOSTS = {MACHINE: "127.0.0.1", NETWORK: "0.0.0.0"}  # noqa: S104 (what was asked for)


def chosen(directory: Path) -> str:
    path = directory / FILE
    said = path.read_text().strip() if path.exists() else MACHINE
    return said if said in HOSTS else MACHINE


def choose(directory: Path, reach: str) -> None:
    whole_file.write(directory / FILE, f"{reach}\n")


def host(directory: Path) -> str:
    """Where to listen."""
    return HOSTS[chosen(directory)]


def set_by_environment() -> list[str]:
    """The variables that win over the choice."""
    return [name for name in VARIABLES if name in os.environ or f"{name}_FILE" in os.environ]


def is_local(name: str) -> bool:
    """Whether only this machine reaches that host."""
    name = name.strip("[]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
