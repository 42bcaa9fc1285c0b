"""Where a call goes on, as one text: kind:key, or the kind alone where that says all."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST = 32  # characters of the text


class Kind(StrEnum):
    """What the key is: of an extension its number, which never changes; of what we name, its primary key."""

    EXTENSION = "extension"
    VOICEMAIL = "voicemail"
    GROUP = "group"
    ANNOUNCEMENT = "announcement"
    LAST_DIGITS = "digits"
    HANG_UP = "hangup"


NAMED = (Kind.GROUP, Kind.ANNOUNCEMENT)
OF_EXTENSIONS = (Kind.EXTENSION, Kind.VOICEMAIL)


@dataclass(frozen=True)
class CallDestination:
    kind: Kind
    key: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}" if self.key else str(self.kind)


def parse(text: str) -> CallDestination:
    """Raises ValueError where it is none."""
    kind, _colon, key = text.partition(":")
    return CallDestination(Kind(kind), key)


def of_extension(number: str) -> list[str]:
    """The texts of all that go to this number."""
    return [str(CallDestination(kind, number)) for kind in OF_EXTENSIONS]
