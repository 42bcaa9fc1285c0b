"""What each number does, of two devices of Asterisk's: its endpoint, and its calls with a hidden number."""

from collections.abc import Iterable

from asterisk.ami.protocol import Message
from extensions.validators import is_extension_number

ENDPOINT, HIDDEN = "PJSIP/", "Custom:"  # see extensions.conf
IN_CALL = "INUSE"
ABSENT = ("UNAVAILABLE", "INVALID", "UNKNOWN")


class DeviceStates:
    """`own`: the state of each number's endpoint."""

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self.own: dict[str, str] = {}
        self._hidden: set[str] = set()
        for message in messages:
            self.hear(message)

    def hear(self, message: Message) -> str:
        """The number that a DeviceStateChange event speaks of; "": of none."""
        device, state = message.get("Device", ""), message.get("State", "")
        number = device.removeprefix(HIDDEN if device.startswith(HIDDEN) else ENDPOINT)
        if not is_extension_number(number) or number == device:
            return ""
        if device.startswith(ENDPOINT):
            self.own[number] = state
        elif state == IN_CALL:
            self._hidden.add(number)
        else:
            self._hidden.discard(number)
        return number

    def is_there(self, number: str) -> bool:
        """Whether Asterisk can reach a phone of the number, so that it watches it."""
        return self.own.get(number, ABSENT[0]) not in ABSENT

    def shown(self, number: str) -> str:
        own = self.own.get(number, ABSENT[0])
        return IN_CALL if number in self._hidden and own in ("NOT_INUSE", *ABSENT) else own

    def all_shown(self) -> dict[str, str]:
        return {number: self.shown(number) for number in self.own.keys() | self._hidden}
