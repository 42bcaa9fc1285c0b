"""What the portal asks of a PBX. settings.PBX names the one that answers; nothing here knows which it is."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db.models import TextChoices
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise, StrPromise

from accounts.models import User
from core.coded_text import CodedText


class PbxError(Exception):
    """Anything that kept the PBX from answering or from taking a change. Its text is for the administrator.

    It is a CodedText, shown in the language of whoever reads it, or what the PBX said.
    """

    true_now = _("The PBX works as before. This apply was rolled back. The change is saved but not applied.")


class Refused(PbxError):
    """A change that is not on the PBX: which extension and field it is about ("": all of it), and why."""

    def __init__(self, why: CodedText | str, extension: str = "", field: CodedText | str = "") -> None:
        """`field`: its label."""
        self.extension, self.field, self.why = extension, field, why
        place = {"extension": extension, "field": field, "why": why}
        super().__init__(CodedText("extension.refused", **place) if extension else why)


class MessageGone(PbxError):
    """The voicemail message is not on the PBX any more."""


class MailboxOpen(PbxError):
    """Somebody listens to the mailbox by phone: its messages stay where they are meanwhile."""


class Folder(TextChoices):
    """Of a mailbox."""

    NEW = "new"
    HEARD = "heard"
    DELETED = "deleted"  # can still be put back


@dataclass(frozen=True)
class State:
    """`trouble`: what an administrator should look at, and `look`: the page to look at."""

    up: bool
    words: StrOrPromise
    detail: StrOrPromise = ""
    trouble: str = ""
    look: str = ""


@dataclass(frozen=True)
class Phone:
    """One registered phone, as the PBX sees it now. `answers`: to the PBX's question whether it is there.

    `address`: host and port, as people read them.
    """

    id: str
    answers: bool
    address: str
    host: str
    model: str
    since: datetime
    transport: str = "udp"

    @property
    def is_plain(self) -> bool:
        """Whether others can read what it tells the PBX."""
        return self.transport != "tls"


class LineState(Enum):
    """What a number does now."""

    OFFLINE = "offline"
    UNREACHABLE = "unreachable"
    IDLE = "idle"
    RINGING = "ringing"
    BUSY = "busy"

    @property
    def words(self) -> StrPromise:
        return STATE_WORDS[self]


STATE_WORDS = {
    LineState.OFFLINE: _("Offline"),
    LineState.UNREACHABLE: _("Unreachable"),
    LineState.IDLE: _("Idle"),
    LineState.RINGING: _("Ringing"),
    LineState.BUSY: _("Busy"),
}


class Ending(Enum):
    """How the registration of a number's last phone ended."""

    SIGNED_OFF = "signed_off"
    EXPIRED = "expired"
    UNANSWERED = "unanswered"
    REMOVED = "removed"
    UNKNOWN = ""  # nobody was listening

    @property
    def words(self) -> StrPromise | str:
        return ENDING_WORDS.get(self, "")


ENDING_WORDS = {
    Ending.SIGNED_OFF: _("The phone unregistered."),
    Ending.EXPIRED: _("The registration expired and the phone did not renew it."),
    Ending.UNANSWERED: _("The phone stopped answering. Check its power and network."),
    Ending.REMOVED: _("The registration was removed in the portal."),
}


@dataclass(frozen=True)
class Offline:
    at: datetime
    ending: Ending


@dataclass(frozen=True)
class Line:
    """A number and its registered phones. `offline`: since when it has none; None where it never had one."""

    state: LineState
    phones: tuple[Phone, ...] = ()
    offline: Offline | None = None


class Cause(Enum):
    """Why the PBX would not register a phone, or not take its call."""

    CREDENTIALS = "credentials"  # the password or the authentication name: it does not say which
    ACCOUNT = "account"  # it has nobody of that user name
    LIMIT = "limit"
    NETWORK = "network"
    CONTACT = "contact"  # the phone gave an address that is not its own
    TRANSPORT = "transport"  # it came over another than the one that it may use
    SOUND = "sound"  # a call: it and the PBX agreed on no sound


@dataclass(frozen=True)
class Attempt:
    """Registrations that failed alike. `account`: the user name that the phone gave."""

    account: str
    cause: Cause
    host: str
    transport: str
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Applied:
    """`live`: the PBX was asked, and has what was wished. Else the wish is kept for when it is up."""

    live: bool
    words: str


class Pbx(Protocol):
    def state(self) -> State: ...

    def apply(self, numbers: Iterable[str], by: User | None) -> Applied:
        """Make the PBX fulfil all saved wishes about these numbers. Raises PbxError; then it is as it was before."""

    def apply_preferences(self, by: User | None, fields: Collection[str] | None = None) -> Applied:
        """Make the PBX follow all saved preferences that wait. Raises PbxError; then it is as it was before."""

    def lines(self, numbers: Iterable[str]) -> dict[str, Line]:
        """What each number does now. Raises PbxError when that is not known."""

    def registered(self, most: int) -> list[str]:
        """The numbers that have a phone; of more than `most` one more. Raises PbxError when that is not known."""

    def gone_since(self, since: datetime) -> list[str]:
        """The numbers that had a phone since, and have none now. Raises PbxError when that is not known."""

    def remove_phone(self, number: str, phone: str) -> bool:
        """End the registration of that id; False when there is none (any more). Raises PbxError."""

    def attempts(self, accounts: Iterable[str]) -> list[Attempt]:
        """The registrations that failed, of phones that gave one of these user names, the latest first."""

    def failed_since(self, since: datetime, accounts: Collection[str] | None = None) -> list[Attempt]:
        """As attempts(), but all of them, in no order; where `accounts` is None of everybody's phones."""

    def forget_attempts(self, accounts: Iterable[str]) -> None: ...

    def blocked(self, number: str, hosts: Iterable[str]) -> set[str]:
        """Those of the addresses that are not let in now, after too many tries: at all, or to this number."""

    def when_called(self, number: str, named: Mapping[str, str]) -> list[str]:
        """What happens when someone calls the number, in sentences; from what was last applied. Raises PbxError.

        `named`: the numbers beside which a name may be told, and the name.
        """

    def outbound_locked_since(self, number: str) -> datetime | None:
        """Since when the number may not call outside, as it called too often; None: it may. Raises PbxError."""

    def release_outbound(self, number: str) -> None:
        """Let it call outside again. Raises PbxError."""

    def when_dialed(self, number: str, dialed: str) -> list[str]:
        """What becomes of `dialed` on a phone of the number, in sentences, by what was last applied.

        Raises PbxError.
        """

    def sound_of(self, number: str, message: str) -> Path:
        """The file of a voicemail message's sound, a WAV. Raises PbxError, MessageGone where it is not there."""

    def move_message(self, number: str, message: str, to: Folder) -> None:
        """Put a voicemail message into another folder; the lights follow. Raises as sound_of(), and MailboxOpen."""

    def erase_message(self, number: str, message: str) -> None:
        """Delete a voicemail message for good. Raises as move_message()."""

    def tell_messages_apart(self, number: str) -> None:
        """Give one that came into the mailbox a second time an id of its own. Raises PbxError, and MailboxOpen."""

    def mend_mailbox(self, number: str) -> tuple[int, int]:
        """How many damaged messages can be heard again, and how many were deleted. Raises PbxError, and MailboxOpen."""

    def greeting(self, number: str) -> Path | None:
        """The file, a WAV, that callers of the number hear before a message; None: the system's. Raises PbxError."""

    def set_greeting(self, number: str, wav: bytes | None) -> None:
        """Have callers hear this (8 kHz, mono, 16 bit) from now on; None: the system's. Raises PbxError."""

    def secure_port(self) -> int:
        """That of SIP over TLS."""

    def is_certified(self, server: str) -> bool:
        """Whether the PBX speaks SIP over TLS, with a certificate that is good for that host name or address."""

    def address(self) -> tuple[str, int]:
        """Host and port that phones on this network register with, where preferences say nothing."""


def get() -> Pbx:
    pbx: Pbx = import_string(settings.PBX)()
    return pbx
