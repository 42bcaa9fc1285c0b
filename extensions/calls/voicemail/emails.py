"""The e-mail that tells a person of a message, with its recording where they wish."""

import logging

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import one_time_links
from core.mail import composition
from core.mail.composition import Attachment, Words
from core.mail.models import Email
from extensions import pbx
from extensions.calls.voicemail import sound
from extensions.fields import AfterVoicemailEmail, VoicemailEmail
from extensions.models import VoicemailMessage

LARGEST = 10_000_000  # bytes of a recording that mail servers take
logger = logging.getLogger(__name__)


def message_of(email: Email) -> VoicemailMessage | None:
    """None where it is gone, or is the person's no more."""
    found = VoicemailMessage.objects.there().select_related("extension").filter(pk=email.facts["message"]).first()
    return found if found and found.extension.user_id == email.user_id else None


def new_message(email: Email) -> Words | None:
    message = message_of(email)
    if message is None:
        return None
    number = message.extension.number
    attachments = recording(message)
    context = {
        "message": message,
        "number": number,
        "has_recording": bool(attachments),
        "page": one_time_links.absolute(reverse("extensions:detail", args=[number]) + "#voicemail"),
    }
    subject = _("New voicemail from %(caller)s") % {"caller": message.caller or _("an unknown caller")}
    return composition.words(email, subject, context, attachments=attachments)


def recording(message: VoicemailMessage) -> tuple[Attachment, ...]:
    """None where the person wants none, or where it cannot be had: the page has it."""
    if message.extension.voicemail_email != VoicemailEmail.RECORDING:
        return ()
    try:
        mp3 = sound.as_mp3(pbx.get().sound_of(message.extension.number, message.message_id))
    except (pbx.PbxError, OSError, ValueError) as error:
        logger.warning("The recording of message %s was not attached: %s", message.message_id, error)
        return ()
    if len(mp3) > LARGEST:
        return ()
    return (Attachment(f"voicemail-{message.left_at:%Y%m%d-%H%M%S}.mp3", "audio/mpeg", mp3),)


def taken(email: Email) -> None:
    """The mail server has it: the message is then to be as its person wished."""
    message = message_of(email)
    if message and message.extension.voicemail_after_email != AfterVoicemailEmail.KEEP:
        message.to_do = message.extension.voicemail_after_email
        message.save(update_fields=["to_do"])
