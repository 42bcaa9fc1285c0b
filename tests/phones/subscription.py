"""A busy lamp: a subscription to the dialog state of a number (RFC 4235)."""

from __future__ import annotations

from xml.etree import ElementTree

from . import sip
from .dialog import Dialog
from .line import Line

EVENT = [("Event", "dialog"), ("Accept", "application/dialog-info+xml")]


def dialog_state(xml: bytes) -> str:
    """The state of the last dialog in a dialog-info document; no dialog at all is `terminated`."""
    document = ElementTree.fromstring(xml)  # noqa: S314  it comes from the PBX under test
    states = [element.text or "" for element in document.findall(".//{*}state")]
    return states[-1].strip() if states else "terminated"


class Subscription:
    def __init__(self, line: Line, dialog: Dialog) -> None:
        self.line = line
        self.dialog = dialog
        self.status = 0
        self.state = ""
        self.history: list[str] = []
        self.active = False

    def refresh(self, expires: int) -> int:
        """Subscribe, or again; with 0 the server sends one last state and forgets this phone."""
        extra = [*EVENT, ("Expires", str(expires))]
        reply = self.line.ask_and_wait(lambda added: self.dialog.request("SUBSCRIBE", [*extra, *added]))
        self.status = reply.status
        self.active = reply.status < 300 and expires > 0
        if reply.status < 300:
            self.dialog.learn(reply)
        return self.status

    def cancel(self) -> int:
        return self.refresh(0)

    def wait_state(self, state: str, timeout: float = 20) -> None:
        self.line.wire.wait_for(lambda: self.state == state, timeout, f"state {state} (now {self.state!r})")

    def _on_notify(self, request: sip.Message) -> None:
        self.line.wire.respond(sip.reply(request, 200, self.dialog.local_tag))
        if request.get("Subscription-State").startswith("terminated"):
            self.active = False
        if request.body:
            self.state = dialog_state(request.body)
            self.history.append(self.state)
