"""Which PBX is meant: its files, its addresses and its secrets. Only the top makes a node; all below is handed one."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from django.conf import settings

from core import whole_file


@dataclass(frozen=True)
class Node:
    """One Asterisk. `directory` holds what it reads at its start and what it logs.

    `sip_bind`: addresses of this machine, with commas between.
    """

    directory: Path
    engine_file: Path
    live_file: Path
    sip_bind: str
    sip_port: int
    sip_tls_port: int
    rtp_first: int
    rtp_last: int
    ami_host: str
    ami_port: int
    ami_user: str
    ami_secret: str = field(repr=False)
    ari_host: str
    ari_port: int
    ari_user: str
    ari_secret: str = field(repr=False)

    @property
    def sip_addresses(self) -> list[str]:
        return [each.strip(" []") for each in self.sip_bind.split(",") if each.strip(" []")]


@dataclass(frozen=True)
class Network:
    """What the PBX has been given of Preferences > Network: what is local, its address outside, where it listens.

    "" and 0: as the settings say.
    """

    local: str = ""
    outside: str = ""
    addresses: str = ""
    sip_port: int = 0
    tls_port: int = 0
    rtp_first: int = 0
    rtp_last: int = 0


NETWORK_FILE = "network.json"


def kept_network(directory: Path) -> Network:
    try:
        return Network(**json.loads((directory / NETWORK_FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return Network()


def keep_network(directory: Path, network: Network) -> None:
    """Raises OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole_file.write(directory / NETWORK_FILE, json.dumps(asdict(network)))


def usual() -> dict[str, Any]:
    """Where Asterisk listens by the settings alone."""
    return {
        "sip_bind": settings.SIP_BIND,
        "sip_port": settings.SIP_PORT,
        "sip_tls_port": settings.SIP_TLS_PORT,
        "rtp_first": settings.RTP_PORTS[0],
        "rtp_last": settings.RTP_PORTS[1],
    }


# What of it -> the variable that wins over what is kept.
VARIABLES = {
    "sip_bind": "SIP_BIND",
    "sip_port": "SIP_PORT",
    "sip_tls_port": "SIP_TLS_PORT",
    "rtp_first": "RTP_FIRST",
    "rtp_last": "RTP_LAST",
}


def is_set_by_environment(name: str) -> bool:
    return VARIABLES[name] in settings.SIP_BY_ENVIRONMENT


def listening(directory: Path) -> dict[str, Any]:
    """The parts of a node that say where Asterisk listens: of the settings, unless the network that is kept says it."""
    kept = kept_network(directory)
    chosen = {
        "sip_bind": kept.addresses,
        "sip_port": kept.sip_port,
        "sip_tls_port": kept.tls_port,
        "rtp_first": kept.rtp_first,
        "rtp_last": kept.rtp_last,
    }
    return usual() | {name: value for name, value in chosen.items() if value and not is_set_by_environment(name)}


def as_given(node: Node) -> Node:
    """The same, as the network that is kept by now has it."""
    return replace(node, **listening(node.directory))


def from_settings() -> Node:
    return Node(
        directory=settings.ASTERISK_DIR,
        engine_file=settings.ENGINE_FILE,
        live_file=settings.LIVE_FILE,
        **listening(settings.ASTERISK_DIR),
        ami_host=settings.AMI_HOST,
        ami_port=settings.AMI_PORT,
        ami_user=settings.AMI_USER,
        ami_secret=settings.AMI_SECRET,
        ari_host=settings.ARI_HOST,
        ari_port=settings.ARI_PORT,
        ari_user=settings.ARI_USER,
        ari_secret=settings.ARI_SECRET,
    )
