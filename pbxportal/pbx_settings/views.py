from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from core import time_zones
from core.access.decorators import needs, require
from core.access.permissions import Permission
from core.preferences.models import SystemChange
from extensions import pbx
from extensions.review import preferences as preference_changes
from extensions.review.views import apply_failed
from pbxportal.pbx_settings.forms import Conflict, PreferencesForm


@needs(Permission.VIEW_PREFERENCES)
def preferences(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        require(request.user, Permission.MANAGE_PREFERENCES)
    form = PreferencesForm(request.POST if request.method == "POST" else None, by=request.user)
    try:
        if form.is_valid():
            if form.is_sensitive:
                require_reauthentication(request)
            saved = form.try_save()
            messages.success(request, saved_words(request.user) if saved else _("Nothing was changed."))
            return redirect("preferences")
    except Conflict:
        form = PreferencesForm(request.POST, by=request.user)
    context = {
        "section": "preferences",
        "form": form,
        "zones": time_zones.options(),
        "system_changes": preference_changes.waiting(request.user),
    }
    status = 409 if form.is_conflict else 422 if form.is_bound else 200
    return render(request, "pbxportal/pbx_settings/preferences.html", context, status=status)


def saved_words(by: User) -> str:
    waits = preference_changes.waiting(by)
    if waits:
        return gettext("Preferences saved. Apply to update the PBX.")
    return gettext("Preferences saved.")


@needs(Permission.MANAGE_PREFERENCES)
@require_POST
def apply_preferences(request: SignedInRequest) -> HttpResponse:
    """What waits for the PBX: only what was on the page when the button was pressed."""
    back = "review" if request.POST.get("from") == "review" else "preferences"
    seen = request.POST.getlist("seen")
    there = [f"{each.pk}.{each.new}" for each in SystemChange.objects.waiting()]
    if not there:
        messages.info(request, _("There are no unapplied changes."))
        return redirect(back)
    if sorted(seen) != sorted(there):
        messages.info(request, _("Nothing was applied because someone else saved a change. Review it, then apply."))
        return redirect(back)
    try:
        applied = pbx.get().apply_preferences(request.user)
    except pbx.PbxError as error:
        return apply_failed(request, error, reverse(back))
    (messages.success if applied.live else messages.warning)(request, applied.words)
    return redirect(back)


@needs(Permission.MANAGE_PREFERENCES)
@require_POST
def discard_preferences(request: SignedInRequest) -> HttpResponse:
    if preference_changes.discard(request.user):
        messages.success(request, _("Discarded. Preferences match the PBX again."))
    else:
        messages.info(request, _("There are no unapplied changes."))
    return redirect("review" if request.POST.get("from") == "review" else "preferences")
