"""Where Asterisk listens for SIP: a file of its own, made anew when a certificate comes or the outside address changes.

Asterisk takes what is new in it with a reload, but for addresses and ports, with which it has to be started.
"""

import json
from pathlib import Path

from asterisk.nodes import Node, kept_network
from core import whole_file

FILE = "pjsip_transports.conf"
STARTED = "started.json"
SIGNALLING = "cs3"  # DSCP
UDP, TCP, TLS = "udp", "tcp", "tls"
# None is of an older TLS than 1.2, whatever this machine's OpenSSL would let pass: by `method` Asterisk offers one
# version, or all. Those of TLS 1.3 are not chosen here.
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256",
    "AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA256",
)  # fmt: skip


def certificate(node: Node) -> Path:
    """Of this machine, its chain and its key."""
    return node.directory / "keys" / "sip.pem"


def encrypted(node: Node) -> list[tuple[str, int]]:
    """The addresses and ports of SIP over TLS: none before there is a certificate."""
    return [(address, node.sip_tls_port) for address in node.sip_addresses] if certificate(node).exists() else []


def text(node: Node) -> str:
    return "".join(_section(node, number, address) for number, address in enumerate(node.sip_addresses))


def write(node: Node) -> None:
    """What Asterisk reads at its next start or reload."""
    path = node.directory / "etc" / FILE
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole_file.write(path, text(node))


def name(protocol: str, number: int = 0) -> str:
    """Of the transport of the first address, or of another."""
    return f"transport-{protocol}{f'-{number + 1}' if number else ''}"


def host_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def outside_of(address: str, outside: str) -> str:
    """What phones outside are told in place of that address: one of the same family."""
    return outside if (":" in address) == (":" in outside) else ""


def listening(node: Node) -> str:
    """All that Asterisk has to be started with."""
    return json.dumps([node.sip_addresses, node.sip_port, node.sip_tls_port, node.rtp_first, node.rtp_last])


def note_start(node: Node) -> None:
    """Asterisk is about to be started with it."""
    (node.directory / STARTED).write_text(listening(node))


def started_with(node: Node) -> str:
    path = node.directory / STARTED
    return path.read_text() if path.exists() else ""


def _section(node: Node, number: int, address: str) -> str:
    ports = {UDP: node.sip_port, TCP: node.sip_port}
    if encrypted(node):
        ports[TLS] = node.sip_tls_port
    return "".join(
        _transport(node, name(protocol, number), protocol, address, port) for protocol, port in ports.items()
    )


def _transport(node: Node, section: str, protocol: str, address: str, port: int) -> str:
    lines = [f"[{section}]", "type=transport", f"protocol={protocol}", f"bind={host_port(address, port)}"]
    lines += [f"tos={SIGNALLING}"]
    network = kept_network(node.directory)
    if outside := outside_of(address, network.outside):
        lines += [f"external_signaling_address={outside}", f"external_media_address={outside}"]
        lines += [f"local_net={each}" for each in network.local.replace(",", " ").split()]
    if protocol == TLS:
        # Not allow_reload: for another certificate that closes the port for a tenth of a second, and with it whatever
        # phone is just connecting. Without it Asterisk reads the files anew all the same.
        lines += [f"cert_file={certificate(node)}", f"priv_key_file={certificate(node)}", "method=sslv23"]
        lines += [f"cipher={','.join(CIPHERS)}"]
    return "\n".join([*lines, "", ""])
