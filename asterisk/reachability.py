"""Whether phones can reach the PBX: what was tried, and what a firewall and a router have to let through."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from django.utils.translation import gettext as _

from asterisk.live import store as live
from asterisk.nodes import Node, kept_network
from asterisk.process import stun, transports
from core.localization import count
from core.preferences.models import Preferences
from core.reach import is_local

TRY_SECONDS = 1.0
UFW = ("sudo", "ufw", "allow")
NFT = ("sudo", "nft", "add", "rule", "inet", "filter", "input")
# 100.64.0.0/10 is that of providers, who put many behind one address.
PRIVATE = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "fc00::/7", "fe80::/10", "::1/128",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """`good`: None where it is neither, but to be known. `advice`: what to do about it, or ""."""

    good: bool | None
    words: str
    advice: str = ""


@dataclass(frozen=True)
class Port:
    """What has to be let through. `ports`: one, or two with a colon between."""

    protocol: str
    ports: str
    what: str

    @property
    def shown(self) -> str:
        return self.ports.replace(":", " - ")


@dataclass(frozen=True)
class Reachability:
    findings: list[Finding]
    ports: list[Port]
    ufw: str
    nftables: str


def look(node: Node) -> Reachability:
    ports = _ports(node)
    return Reachability(
        [*_listening(node), *_outside(node), *_plain(node)],
        ports,
        "\n".join(" ".join((*UFW, f"{each.ports}/{each.protocol}")) for each in ports),
        "\n".join(" ".join((*NFT, each.protocol, "dport", each.ports.replace(":", "-"), "accept")) for each in ports),
    )


def _ports(node: Node) -> list[Port]:
    found = [Port("udp", str(node.sip_port), _("SIP")), Port("tcp", str(node.sip_port), _("SIP"))]
    if transports.encrypted(node):
        found.append(Port("tcp", str(node.sip_tls_port), _("SIP over TLS")))
    return [*found, Port("udp", f"{node.rtp_first}:{node.rtp_last}", _("Sound of calls"))]


def _listening(node: Node) -> Iterator[Finding]:
    for address in node.sip_addresses:
        shown = transports.host_port(address, node.sip_port)
        if is_local(address):
            advice = _("Phones on other devices cannot register. Change Listen on.")
            yield Finding(False, _("SIP: %(address)s, only from this machine.") % {"address": shown}, advice)
        elif _answers(address, node.sip_port):
            yield Finding(True, _("SIP: the PBX answers on %(address)s.") % {"address": shown})
        else:
            advice = _("Check that the PBX is running.")
            yield Finding(False, _("SIP: nothing answers on %(address)s.") % {"address": shown}, advice)
    for address, port in transports.encrypted(node):
        shown = transports.host_port(address, port)
        if _answers(address, port):
            yield Finding(True, _("SIP over TLS: the PBX answers on %(address)s.") % {"address": shown})
        else:
            advice = _("Check that the PBX is running, and that no other program uses the port.")
            yield Finding(False, _("SIP over TLS: nothing answers on %(address)s.") % {"address": shown}, advice)
    if not transports.encrypted(node):
        yield Finding(None, _("SIP over TLS: off, because there is no certificate."))


def _answers(address: str, port: int) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 (compared, not bound)
    try:
        socket.create_connection((host, port), TRY_SECONDS).close()
    except OSError:
        return False
    return True


def _outside(node: Node) -> Iterator[Finding]:
    preferences = Preferences.current()
    told = kept_network(node.directory).outside
    seen = ""
    if preferences.network_stun:
        with suppress(OSError):
            seen = stun.outside_address(preferences.network_stun)
        if not seen:
            words = _("The STUN server %(server)s did not respond.") % {"server": preferences.network_stun}
            yield Finding(False, words, _("Check its name, and that UDP can leave your network."))
    if not told:
        yield Finding(None, _("No outside address is set. Phones outside your network need one behind a router."))
    elif _is_private(told):
        advice = _("Enter the address that the internet sees. Your provider may share it: ask for a public address.")
        yield Finding(False, _("The outside address %(address)s is private.") % {"address": told}, advice)
    elif seen and seen != told:
        advice = _("There may be two routers in between. Forward the ports on both, or correct the outside address.")
        words = _("Phones are told %(told)s, but the internet sees %(seen)s.") % {"told": told, "seen": seen}
        yield Finding(False, words, advice)
    else:
        advice = _("Forward the ports below to this machine on the router.")
        yield Finding(True, _("Phones outside are told %(address)s.") % {"address": told}, advice)


def _plain(node: Node) -> Iterator[Finding]:
    """How many phones others on the way can listen to, and sign in as for some seconds."""
    with suppress(sqlite3.Error, OSError), live.opened(node.live_file) as db:
        plain, every = live.count_of_plain(db)
        if plain:
            words = _("%(plain)s of %(every)s registered phones connect without encryption.")
            advice = _("Set them up for TLS. Transport on an extension can then refuse everything else.")
            yield Finding(None, words % {"plain": count(plain), "every": count(every)}, advice)


def _is_private(address: str) -> bool:
    return any(ip_address(address) in ip_network(each) for each in PRIVATE)
