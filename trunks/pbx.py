"""What the portal asks of a PBX about its lines. It is the one that extensions.pbx asks, too."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.db.models import TextChoices
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class TrunkWord(TextChoices):
    """What a trunk does now."""

    REGISTERED = "registered", _("Registered")
    REGISTERING = "registering", _("Registering")
    REFUSED = "refused", _("Refused")
    NO_ANSWER = "no_answer", _("No answer")
    REACHABLE = "reachable", _("Reachable")
    UNREACHABLE = "unreachable", _("Unreachable")
    OFF = "off", _("Off")
    UNKNOWN = "unknown", _("Unknown")


DOTS = {
    TrunkWord.REGISTERED: "good",
    TrunkWord.REGISTERING: "wait",
    TrunkWord.REFUSED: "bad",
    TrunkWord.NO_ANSWER: "bad",
    TrunkWord.REACHABLE: "good",
    TrunkWord.UNREACHABLE: "bad",
    TrunkWord.OFF: "off",
}


@dataclass(frozen=True)
class TrunkState:
    """`why`: of trouble, what the provider or the PBX said of it."""

    word: TrunkWord
    since: datetime | None = None
    why: str = ""

    @property
    def dot(self) -> str:
        """How it is drawn."""
        return DOTS.get(self.word, "none")


class LinesPbx(Protocol):
    def states(self) -> dict[int, TrunkState]:
        """Of each trunk that the PBX has, by primary key. Raises extensions.pbx.PbxError."""


def get() -> LinesPbx:
    pbx: LinesPbx = import_string(settings.PBX)()
    return pbx
