"""The messages of mailboxes, as the portal knows them: what was found on the PBX, and what somebody does with them."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from core import localization
from core.audit import log
from core.coded_text import CodedText
from core.events import look
from core.events.models import Event
from core.mail import outbox
from core.preferences.models import Preferences
from extensions import pbx
from extensions.fields import AfterVoicemailEmail, VoicemailEmail
from extensions.models import SipExtension, VoicemailMessage
from extensions.pbx import Folder

UNDO = timedelta(days=1)  # so long a deleted message can be put back
TOLD = timedelta(days=1)  # so long a damaged message is an event: there is nothing that would mend it
KEPT_AS_GONE = timedelta(days=30)  # so long nobody gets a second e-mail about a message that comes back


@dataclass(frozen=True)
class Found:
    """A message on the PBX. `written_at`: into this mailbox, or into this folder of it."""

    message_id: str
    folder: Folder
    caller_number: str
    caller_name: str
    left_at: datetime
    seconds: int
    size: int
    written_at: datetime


def note(number: str, found: Iterable[Found]) -> None:
    """Make the rows of the number's extension what was found. A new message is told of by e-mail, once."""
    there = {each.message_id: each for each in found}
    with transaction.atomic():
        extension = SipExtension.objects.select_related("user").filter(number=number).first()
        if extension is None:
            return
        known = {row.message_id: row for row in VoicemailMessage.objects.filter(extension=extension)}
        for message in there.values():
            row = known.get(message.message_id)
            if row and row.gone_at and row.gone_at < message.written_at:  # forwarded again, with the same id
                row.delete()
                row = None
            if row is None:
                _add(extension, message)
            elif (row.folder, row.gone_at) != (message.folder, None):
                if row.folder != message.folder:
                    row.moved_at = timezone.now()
                row.folder, row.gone_at = message.folder, None
                row.save(update_fields=["folder", "gone_at", "moved_at"])
        gone = [row.pk for row in known.values() if row.message_id not in there and row.gone_at is None]
        VoicemailMessage.objects.filter(pk__in=gone).update(gone_at=timezone.now())
        VoicemailMessage.objects.filter(gone_at__lt=timezone.now() - KEPT_AS_GONE).delete()


def count(extension: SipExtension) -> int:
    """Of those that its person has not deleted."""
    return VoicemailMessage.objects.there().filter(extension=extension).exclude(folder=Folder.DELETED).count()


def has_room(extension: SipExtension, more: int) -> bool:
    return count(extension) + more <= int(Preferences.now("voicemail_messages"))


def lost_words(extension: SipExtension) -> str:
    """What goes with the extension; "" for no message."""
    found = count(extension)
    words = ngettext(
        "Its mailbox with %(count)s voicemail message. An undo brings it back",
        "Its mailbox with %(count)s voicemail messages. An undo brings them back",
        found,
    )
    return words % {"count": localization.count(found)} if found else ""


def _add(extension: SipExtension, message: Found) -> None:
    values = asdict(message)
    del values["written_at"]
    row, made = VoicemailMessage.objects.get_or_create(
        extension=extension, message_id=message.message_id, defaults=values
    )
    if made and message.folder == Folder.NEW and extension.voicemail_email != VoicemailEmail.NONE:
        outbox.send("voicemail", extension.user, message=row.pk)


def damaged(number: str, kept: int, lost: int) -> None:
    """Messages of which the PBX could not write all: those that can be heard all the same, and those that are gone."""
    if kept or lost:
        with transaction.atomic():
            look.begin("voicemail", CodedText("event.voicemail", number=number), number)
            log.record(None, "extension.voicemail_damaged", number, messages_kept=kept, messages_lost=lost)


def tidy() -> None:
    """Have the PBX do what is still to be done with messages: after their e-mail, and when they are too old.

    Raises PbxError; then the rest is done the next time, as is what concerns a mailbox that somebody listens to.
    """
    for message in VoicemailMessage.objects.there().exclude(to_do="").select_related("extension"):
        with suppress(pbx.MailboxOpen):
            _move(message, Folder.HEARD if message.to_do == AfterVoicemailEmail.READ else Folder.DELETED)
    for damage in Event.objects.open().filter(kind="voicemail", began_at__lt=timezone.now() - TOLD):
        look.solve(damage.kind, damage.subject)
    for message in too_old(timezone.now()):
        with suppress(pbx.MessageGone, pbx.MailboxOpen):
            pbx.get().erase_message(message.extension.number, message.message_id)


def _move(message: VoicemailMessage, to: Folder) -> None:
    with suppress(pbx.MessageGone):
        pbx.get().move_message(message.extension.number, message.message_id, to)
    VoicemailMessage.objects.filter(pk=message.pk).update(to_do="")


def too_old(now: datetime) -> list[VoicemailMessage]:
    """Those that are kept for longer than the preferences say, and those that were deleted a day ago."""
    days = Preferences.now("voicemail_days")
    there = VoicemailMessage.objects.there()
    old = there.filter(folder=Folder.DELETED, moved_at__lt=now - UNDO)
    if days:
        old = old | there.filter(left_at__lt=now - timedelta(days=days))
    return list(old.select_related("extension"))
