"""PBX Settings > Preferences > Voicemail."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from core.access.decorators import needs, require
from core.access.permissions import Permission
from extensions.review import preferences as preference_changes
from pbxportal.pbx_settings.forms import Conflict
from pbxportal.pbx_settings.views import saved_words
from pbxportal.pbx_settings.voicemail_forms import VoicemailForm


@needs(Permission.VIEW_PREFERENCES)
def voicemail(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        require(request.user, Permission.MANAGE_PREFERENCES)
    form = VoicemailForm(request.POST if request.method == "POST" else None, by=request.user)
    try:
        if form.is_valid():
            saved = form.try_save()
            messages.success(request, saved_words(request.user) if saved else _("Nothing was changed."))
            return redirect("voicemail_preferences")
    except Conflict:
        form = VoicemailForm(request.POST, by=request.user)
    context = {
        "section": "preferences",
        "form": form,
        "system_changes": preference_changes.waiting(request.user),
    }
    status = 409 if form.is_conflict else 422 if form.is_bound else 200
    return render(request, "pbxportal/pbx_settings/voicemail.html", context, status=status)
