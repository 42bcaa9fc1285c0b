"""What the PBX has been given of the network, compared with what it has."""

from asterisk import ari
from asterisk.ami.client import Ami, AmiUnreachable
from asterisk.apply.errors import ApplyError
from asterisk.live import watching
from asterisk.nodes import Node, as_given, kept_network
from asterisk.process import transports
from core.coded_text import CodedText
from extensions.review.preferences import Field


def prove(ami: Ami, node: Node) -> int:
    """Reload, and compare. Gives how many values were compared.

    Raises AmiUnreachable where Asterisk has to be started with them first, ApplyError where it has something else.
    """
    node = as_given(node)
    watching.reload(node, ami)
    outside = kept_network(node.directory).outside
    if transports.started_with(node) != transports.listening(node):
        raise AmiUnreachable(CodedText("pbx.restarting"))
    for number, address in enumerate(node.sip_addresses):
        wanted = transports.outside_of(address, outside)
        said = ari.transport(node, transports.name(transports.UDP, number)).get("external_media_address", "")
        if said != wanted:
            raise ApplyError(CodedText("proof.differs", said=said, wanted=wanted), "", Field.NETWORK_OUTSIDE)
    return len(node.sip_addresses)
