"""The message lights of phones that are registered while their number gets a mailbox, or loses it.

Asterisk looks at an endpoint's mailboxes when one of its phones registers, or when the registration is written again.
"""

from collections.abc import Iterable, Mapping, Sequence

from asterisk import ari
from asterisk.ami.client import Ami
from asterisk.ami.protocol import Message
from asterisk.engine.store import Step
from asterisk.live import voicemail_spool as spool
from asterisk.nodes import Node

NONE = "Messages-Waiting: no"
NOTICE = f"Event=message-summary,Content-Type=application/simple-message-summary,Content={NONE}"


def follow(node: Node, ami: Ami, steps: Iterable[Step], registered: Mapping[str, Sequence[Message]]) -> None:
    """`registered`: number -> its contacts. Raises AmiError."""
    for step in steps:
        had, has = step.before.mailbox is not None, step.after.mailbox is not None
        phones = registered.get(step.number, ())
        if has and not had:
            for phone in phones:
                ari.write_contact(node, phone["ID"])
        elif had and not has and phones:
            ami.ask("PJSIPNotify", Endpoint=step.number, Variable=NOTICE)


def look(ami: Ami, number: str) -> None:
    """Into a mailbox that others than Asterisk have written to. Raises AmiError."""
    ami.ask("VoicemailRefresh", Context=spool.CONTEXT, Mailbox=number)
