"""How many calls there are and have been, and which channel begins one.

A call is all channels that belong together, however many phones it rings.
"""

from datetime import datetime

from asterisk.ami.client import connected
from asterisk.ami.protocol import Message
from asterisk.live import store as live
from asterisk.nodes import Node

TIMEOUT_SECONDS = 2.0
OF_PHONES_AND_TRUNKS = "PJSIP/"


def count(node: Node) -> int:
    """Raises AmiError."""
    with connected(node, TIMEOUT_SECONDS) as ami:
        channels = ami.ask_for_list("CoreShowChannels", TIMEOUT_SECONDS)
    return len({each.get("Linkedid") for each in channels})


def begun_since(node: Node, at: datetime) -> int:
    """As the listener has heard them, to the quarter of an hour. Raises sqlite3.Error."""
    with live.opened(node.live_file) as db:
        return live.calls_since(db, at.timestamp())


def begins(newchannel: Message) -> bool:
    """Whether a phone or a trunk begins a call with it."""
    is_first = newchannel.get("Uniqueid") == newchannel.get("Linkedid")
    return is_first and newchannel.get("Channel", "").startswith(OF_PHONES_AND_TRUNKS)
