"""Where the PBX stands in the network: what is local, what it is outside, and where it listens, as it has been given.

One file, beside what Asterisk reads, holds it. Asterisk takes what is local and outside with a reload; addresses and
ports hold from its next start on, for which whoever started it compares them with what it was started with.
"""

import socket
from contextlib import suppress
from ipaddress import ip_address

from asterisk.ami.client import AmiError, connected
from asterisk.engine.store import EngineError
from asterisk.live import watching
from asterisk.nodes import Network, Node, as_given, keep_network, kept_network
from asterisk.process import stun, transports
from core.coded_text import CodedText
from extensions.review import preferences as preference_changes
from extensions.review.preferences import LISTENING, Field

FIELDS = (Field.NETWORK_LOCAL, Field.NETWORK_OUTSIDE, Field.NETWORK_STUN, *LISTENING)


def given() -> Network:
    """As the preferences say, or said before what waits. Raises OSError where nobody knows the outside address."""
    said = {field: preference_changes.given(field) for field in FIELDS}
    return Network(
        local=said[Field.NETWORK_LOCAL],
        outside=_outside(said[Field.NETWORK_OUTSIDE], said[Field.NETWORK_STUN]),
        addresses=said[Field.NETWORK_ADDRESSES],
        sip_port=int(said[Field.NETWORK_SIP_PORT]),
        tls_port=int(said[Field.NETWORK_TLS_PORT]),
        rtp_first=int(said[Field.NETWORK_RTP_FIRST]),
        rtp_last=int(said[Field.NETWORK_RTP_LAST]),
    )


def _outside(name: str, server: str) -> str:
    """An address; "" where no router stands between."""
    if not name:
        return stun.outside_address(server) if server else ""
    with suppress(ValueError):
        return str(ip_address(name.strip("[]")))
    return str(socket.getaddrinfo(name, None, socket.AF_INET)[0][4][0])


def put(node: Node) -> None:
    """What Asterisk reads at its next start or reload. Raises EngineError."""
    try:
        keep_network(node.directory, given())
        transports.write(as_given(node))
    except OSError as error:
        raise EngineError(CodedText("network.not_found", why=error.strerror or error)) from error


def follow(node: Node) -> bool:
    """Look again what the outside address is now. Whether it is another; then Asterisk knows it. Raises OSError."""
    now = given()
    if now.outside == kept_network(node.directory).outside:
        return False
    keep_network(node.directory, now)
    transports.write(as_given(node))
    with suppress(AmiError), connected(node) as ami:
        watching.reload(node, ami)
    return True
