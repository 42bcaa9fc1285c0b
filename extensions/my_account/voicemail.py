"""The own mailbox: what people change of it themselves, which the PBX is told at once."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from extensions.access import get_extension
from extensions.calls.voicemail.forms import OwnMailboxForm
from extensions.changes import record as changes
from extensions.fields import ON_THE_PBX
from extensions.models import Change, SipExtension
from extensions.my_account import self_service
from extensions.my_account.views import apply_own, may_change


class Conflict(Exception):
    """Somebody else saved this extension after the form was opened."""


@sensitive_post_parameters("voicemail_pin")
def settings(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_extension(request, number)
    if extension.user != request.user or not may_change("voicemail"):
        raise PermissionDenied
    if request.method != "POST":
        return page(request, extension, OwnMailboxForm(instance=extension))
    form = OwnMailboxForm(request.POST, instance=extension)
    if not form.is_valid():
        return page(request, extension, form, status=422)
    if form.cleaned_data["voicemail_pin"]:
        require_reauthentication(request)
    if not ON_THE_PBX.isdisjoint(form.changed_data) and (why := self_service.why_not_now(request.user, number)):
        messages.error(request, why)
        return page(request, extension, form, status=409)
    try:
        save(request, form, number)
    except Conflict:
        messages.error(request, _("Someone else changed your extension. Check what you see, then save again."))
        return page(request, extension, OwnMailboxForm(instance=get_extension(request, number)), status=409)
    if form.new_pin:
        request.session["voicemail_pin"] = [number, form.new_pin]
    if Change.objects.waiting().of([number]).exists():
        return apply_own(request, number, _("Your voicemail settings were saved."), extension.get_absolute_url())
    messages.success(request, _("Your voicemail settings were saved."))
    return redirect(extension)


def save(request: SignedInRequest, form: OwnMailboxForm, number: str) -> None:
    with changes.edit(number, request.user) as extension:
        if extension.version != form.opened_version:
            raise Conflict
        form.change(extension)


def page(request: SignedInRequest, extension: SipExtension, form: OwnMailboxForm, status: int = 200) -> HttpResponse:
    context = {
        "section": "extension" if request.user.sees_extensions else "own",
        "extension": extension,
        "form": form,
    }
    return render(request, "extensions/my_account/voicemail.html", context, status=status)
