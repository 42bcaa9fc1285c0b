"""The messages of a mailbox on its extension's page: by its own person, and by whom a role lets listen to others'."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from core import ranges
from core.access.permissions import Permission
from core.audit import log
from extensions import pbx
from extensions.access import get_extension
from extensions.models import SipExtension, VoicemailMessage
from extensions.pbx import Folder

MOST_SHOWN = 500
WAV = "audio/wav"
# What is asked for -> into which folder, and what is then said.
MOVES = {
    "heard": (Folder.HEARD, _("Message marked as heard.")),
    "new": (Folder.NEW, _("Message marked as new.")),
    "delete": (Folder.DELETED, _("Message deleted. You can restore it for a day.")),
    "restore": (Folder.HEARD, _("Message restored.")),
}


def may_listen(request: SignedInRequest, extension: SipExtension) -> bool:
    """Its own person; of others, who has the permission for it: no other one is enough."""
    if extension.user == request.user:
        return True
    user = request.user
    if not user.can(Permission.LISTEN_VOICEMAIL):
        return False
    return SipExtension.objects.reached_by(user).filter(pk=extension.pk).exists()


def shown(request: SignedInRequest, extension: SipExtension) -> dict[str, Any]:
    """For the page of the extension; {} where its messages are not for who looks."""
    if not may_listen(request, extension):
        return {}
    there = list(VoicemailMessage.objects.there().filter(extension=extension)[:MOST_SHOWN])
    kept = [each for each in there if each.folder != Folder.DELETED]
    deleted = [each for each in there if each.folder == Folder.DELETED]
    return {
        "listens": True,
        "is_own": extension.user == request.user,
        "messages_kept": kept,
        "messages_deleted": deleted,
        "messages_new": sum(each.is_new for each in kept),
        "messages_size": sum(each.size for each in kept),
        "messages_deleted_size": sum(each.size for each in deleted),
    }


def get_mailbox(request: SignedInRequest, number: str) -> SipExtension:
    """Hides what the user may not see; refuses whose messages they may not hear."""
    extension = get_extension(request, number)
    if not may_listen(request, extension):
        raise PermissionDenied
    return extension


def get_message(extension: SipExtension, key: int) -> VoicemailMessage:
    found = VoicemailMessage.objects.there().filter(extension=extension, pk=key).first()
    if found is None:
        raise Http404("No such message.")
    return found


@require_GET
def mailbox(request: SignedInRequest, number: str) -> HttpResponse:
    """The messages as they are now, swapped into the page."""
    return mailbox_part(request, get_mailbox(request, number))


@require_GET
def sound(request: SignedInRequest, number: str, message: int) -> HttpResponseBase:
    extension = get_mailbox(request, number)
    found = get_message(extension, message)
    try:
        path = pbx.get().sound_of(number, found.message_id)
        name = f"voicemail-{number}-{found.left_at:%Y%m%d-%H%M%S}.wav" if "download" in request.GET else ""
        answer = ranges.answer(request, path, WAV, name)
    except (pbx.PbxError, OSError) as error:
        raise Http404("The recording is gone.") from error
    if extension.user != request.user and begins(request, found):
        caller, left_at = found.caller_number, found.left_at.isoformat()
        log.record(request.user, "extension.voicemail_heard", number, caller=caller, left_at=left_at)
    return answer


def begins(request: SignedInRequest, message: VoicemailMessage) -> bool:
    """Whether somebody begins to hear it; a player then asks for later parts by themselves, as nobody else does."""
    begun = request.session.get("voicemail_heard", [])
    if message.pk in begun and not ranges.is_from_the_start(request):
        return False
    request.session["voicemail_heard"] = [*(key for key in begun if key != message.pk), message.pk][-MOST_SHOWN:]
    return True


@require_POST
def move(request: SignedInRequest, number: str, message: int, how: str) -> HttpResponse:
    extension = get_mailbox(request, number)
    if extension.user != request.user or how not in MOVES:
        raise PermissionDenied  # who listens to others' messages changes nothing of them
    found = get_message(extension, message)
    folder, done = MOVES[how]
    try:
        pbx.get().move_message(number, found.message_id, folder)
    except pbx.MessageGone:
        VoicemailMessage.objects.filter(pk=found.pk).delete()
        messages.info(request, _("This message is no longer in the mailbox."))
    except pbx.PbxError as error:
        messages.error(request, _("The message was not changed. %(why)s") % {"why": error})
    else:
        found.move_to(folder)
        if not request.htmx:
            messages.success(request, done)
    if request.htmx:
        return mailbox_part(request, extension)
    return redirect(f"{extension.get_absolute_url()}#voicemail")


def mailbox_part(request: SignedInRequest, extension: SipExtension) -> HttpResponse:
    return render(request, "extensions/voicemail/_messages.html", {"extension": extension, **shown(request, extension)})
