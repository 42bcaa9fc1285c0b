"""How many calls there are now."""

from asterisk.ami.client import connected
from asterisk.nodes import Node

TIMEOUT_SECONDS = 2.0


def count(node: Node) -> int:
    """A call is all channels that belong together, however many phones it rings. Raises AmiError."""
    with connected(node, TIMEOUT_SECONDS) as ami:
        channels = ami.ask_for_list("CoreShowChannels", TIMEOUT_SECONDS)
    return len({each.get("Linkedid") for each in channels})
