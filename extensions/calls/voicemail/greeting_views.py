"""The greeting of a mailbox: to hear, to upload, and to remove, by its own person and by who manages the extension."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from accounts.throttling import failure_counts
from accounts.throttling.failure_counts import Bucket, Limit
from core import ranges
from core.audit import log
from core.audit.fields import MASK, REMOVED
from core.preferences.models import Preferences
from extensions import pbx
from extensions.access import get_extension, may_manage
from extensions.calls.voicemail.greeting import GreetingForm
from extensions.changes import record as changes
from extensions.models import Change, SipExtension

UPLOADS = Limit("greetings", 10, 300)  # to decode one is work


def may_change_greeting(request: SignedInRequest, extension: SipExtension) -> bool:
    if may_manage(request, extension):
        return True
    return extension.user == request.user and "voicemail" in Preferences.current().self_service


def get_greeted(request: SignedInRequest, number: str) -> SipExtension:
    """Hides what the user may not see; refuses whose greeting they may not change."""
    extension = get_extension(request, number)
    if not may_change_greeting(request, extension):
        raise PermissionDenied
    return extension


def greeting(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_greeted(request, number)
    if request.method != "POST":
        return page(request, extension, GreetingForm())
    removes = request.POST.get("then") == "remove"
    allowed = not request.FILES or failure_counts.take([Bucket(UPLOADS, str(request.user.pk))])
    form = GreetingForm(request.POST, request.FILES, too_many=not allowed)
    if not removes and not form.is_valid():
        return page(request, extension, form, status=422)
    if Change.objects.waiting().of([number]).filter(kind=Change.Kind.ADDED).exists():
        messages.error(request, _("The PBX does not have this extension yet. Apply it, then upload the greeting."))
        return page(request, extension, GreetingForm(), status=409)
    try:
        pbx.get().set_greeting(number, None if removes else form.cleaned_data["greeting"])
    except pbx.PbxError as error:
        messages.error(request, _("The greeting was not changed. %(why)s") % {"why": error})
        return page(request, extension, GreetingForm(), status=409)
    with log.together():
        fields = {"greeting": ["", REMOVED if removes else MASK]}
        changes.tell(request.user, number, fields)
        log.record(request.user, "extension.greeting_changed", number, fields=fields)
    messages.success(
        request, _("Callers hear the system greeting again.") if removes else _("Greeting saved. Callers hear it now.")
    )
    return redirect("extensions:greeting", number)


def page(request: SignedInRequest, extension: SipExtension, form: GreetingForm, status: int = 200) -> HttpResponse:
    context = {
        "section": "extension" if request.user.sees_extensions else "own",
        "extension": extension,
        "form": form,
        "greeting_version": greeting_version(extension),
    }
    return render(request, "extensions/voicemail/greeting.html", context, status=status)


def greeting_version(extension: SipExtension) -> int | str:
    """Of the file that callers hear, "" where they hear the system's; it is part of its address."""
    try:
        found = pbx.get().greeting(extension.number)
        return found.stat().st_mtime_ns if found else ""
    except (pbx.PbxError, OSError):
        return ""


@require_GET
def greeting_sound(request: SignedInRequest, number: str) -> HttpResponseBase:
    get_greeted(request, number)
    try:
        found = pbx.get().greeting(number)
        if found is None:
            raise Http404("No such greeting.")
        return ranges.answer(request, found, "audio/wav")
    except (pbx.PbxError, OSError) as error:
        raise Http404("The greeting is gone.") from error
