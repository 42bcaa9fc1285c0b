"""Asterisk as the portal's PBX: what extensions.pbx.Pbx asks for."""

from collections.abc import Iterable

from django.conf import settings

from accounts.models import User
from asterisk import dialplan, proof
from asterisk.ami import AmiError, connected
from asterisk.apply import apply
from asterisk.engine import EngineError
from asterisk.models import ApplyRun
from asterisk.wire import Message
from extensions.pbx import Applied, PbxError, Phone, State

STATE_TIMEOUT_SECONDS = 1.0
KEPT = "Changes are kept, and applied as soon as it is up."


def _phone(contact: Message) -> Phone:
    status = contact.get("Status", "")
    online = status not in ("Unreachable", "Unavailable", "Removed")
    return Phone(
        online=online,
        words="Online" if online else "Unreachable",
        address=contact.get("ViaAddress", ""),
        model=contact.get("UserAgent", ""),
    )


class Asterisk:
    def state(self) -> State:
        if not settings.PBX_EXPECTED:
            return State(False, "No PBX on this machine", KEPT)
        try:
            with connected(STATE_TIMEOUT_SECONDS) as ami:
                ami.ask("Ping", STATE_TIMEOUT_SECONDS)
        except AmiError:
            return State(False, "PBX not reachable", KEPT)
        return State(True, "PBX running", "Asterisk answers.")

    def apply(self, numbers: Iterable[str], by: User | None) -> Applied:
        run = apply(numbers, by)
        return Applied(run.outcome == ApplyRun.Outcome.PROVED, run.words)

    def phones(self, numbers: Iterable[str]) -> dict[str, list[Phone]]:
        if not settings.PBX_EXPECTED:
            raise PbxError("There is no PBX on this machine.")
        with connected(STATE_TIMEOUT_SECONDS) as ami:
            return {
                number: [_phone(each) for each in proof.contacts(proof.endpoint(ami, number))] for number in numbers
            }

    def when_called(self, number: str) -> list[str]:
        try:
            return dialplan.in_words(number, dialplan.of(number))
        except EngineError as error:
            raise PbxError(str(error)) from error

    def address(self) -> tuple[str, int]:
        return settings.SIP_BIND, settings.SIP_PORT
