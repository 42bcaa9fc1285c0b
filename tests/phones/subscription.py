"""Subscriptions: a busy lamp, to the dialogs of a number (RFC 4235); a light, to its mailbox (RFC 3842)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

from . import sip
from .dialog import Dialog
from .line import Line


def dialog_state(xml: bytes) -> str:
    """The state of the last dialog in a dialog-info document; no dialog at all is `terminated`."""
    document = ElementTree.fromstring(xml)  # noqa: S314  it comes from the PBX under test
    states = [element.text or "" for element in document.findall(".//{*}state")]
    return states[-1].strip() if states else "terminated"


def message_summary(text: bytes) -> str:
    """Whether messages wait, and how many are new and old, such as "yes 1/0"."""
    said = dict(line.split(": ", 1) for line in text.decode().splitlines() if ": " in line)
    return f"{said.get('Messages-Waiting', '')} {said.get('Voice-Message', '').partition(' ')[0]}"


@dataclass(frozen=True)
class Package:
    """What is subscribed to, and how a phone understands it."""

    name: str
    accepted: str
    state_of: Callable[[bytes], str]


DIALOG = Package("dialog", "application/dialog-info+xml", dialog_state)
MESSAGES = Package("message-summary", "application/simple-message-summary", message_summary)


class Subscription:
    def __init__(self, line: Line, dialog: Dialog, package: Package = DIALOG) -> None:
        self.line = line
        self.package = package
        self.dialog = dialog
        self.status = 0
        self.state = ""
        self.history: list[str] = []
        self.active = False

    def refresh(self, expires: int) -> int:
        """Subscribe, or again; with 0 the server sends one last state and forgets this phone."""
        extra = [("Event", self.package.name), ("Accept", self.package.accepted), ("Expires", str(expires))]
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
            self.state = self.package.state_of(request.body)
            self.history.append(self.state)
