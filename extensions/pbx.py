"""What the portal asks of a PBX. settings.PBX names the one that answers; nothing here knows which it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import User


class PbxError(Exception):
    """Anything that kept the PBX from answering or from taking a change. Its text is for the administrator."""


class Refused(PbxError):
    """A change that is not on the PBX: which extension and field it is about ("": all of it), and why."""

    def __init__(self, why: str, extension: str = "", field: str = "") -> None:
        self.extension, self.field, self.why = extension, field, why
        super().__init__(f"Extension {extension}, {field}: {why}" if extension else why)


@dataclass(frozen=True)
class State:
    up: bool
    words: str
    detail: str = ""


@dataclass(frozen=True)
class Phone:
    """One registered phone, as the PBX sees it now."""

    online: bool
    words: str
    address: str
    model: str


@dataclass(frozen=True)
class Applied:
    """`live`: the PBX was asked, and has what was wished. Else the wish is kept for when it is up."""

    live: bool
    words: str


class Pbx(Protocol):
    def state(self) -> State: ...

    def apply(self, numbers: Iterable[str], by: User | None) -> Applied:
        """Make the PBX fulfil all saved wishes about these numbers. Raises PbxError; then it is as it was before."""

    def phones(self, numbers: Iterable[str]) -> dict[str, list[Phone]]:
        """The registered phones of each number. Raises PbxError."""

    def when_called(self, number: str) -> list[str]:
        """What happens when someone calls the number, in sentences; from what was last applied. Raises PbxError."""

    def address(self) -> tuple[str, int]:
        """Host and port that phones on this network register with, where preferences say nothing."""


def get() -> Pbx:
    pbx: Pbx = import_string(settings.PBX)()
    return pbx
