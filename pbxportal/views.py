import sys

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.requests import SignedInRequest
from core import time_zones
from core.access.decorators import needs, require
from core.access.permissions import Permission
from core.preferences.models import SystemChange
from extensions import pbx
from extensions.review import preferences as preference_changes
from extensions.review.views import apply_failed
from pbxportal.forms import Conflict, PreferencesForm

# What the portal's own database says -> what to do about it.
REMEDIES = {
    ("full", "disk I/O", "No space", "could not extend"): _("Free space on the disk that holds the portal's database."),
    (
        "readonly",
        "read-only",
        "unable to open",
    ): _("Let the portal's user write its database and the folder around it."),
    ("locked",): _("Many wrote at once. Try again in a moment."),
}


def server_error(request: HttpRequest) -> HttpResponse:
    """Static pages: where the database fails, nothing else can be relied on."""
    error = sys.exc_info()[1]
    if isinstance(error, DatabaseError):
        for signs, remedy in REMEDIES.items():
            if any(sign in str(error) for sign in signs):
                page = get_template("503.html").render({"error": str(error), "remedy": remedy})
                return HttpResponse(page, status=503)
    return defaults.server_error(request)


@login_not_required
@require_GET
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return HttpResponse("ok\n", content_type="text/plain")


@needs(Permission.VIEW_PREFERENCES)
@never_cache
def preferences(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        require(request.user, Permission.MANAGE_PREFERENCES)
    form = PreferencesForm(request.POST if request.method == "POST" else None, by=request.user)
    try:
        if form.is_valid():
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
    return render(request, "preferences.html", context, status=status)


def saved_words(by: User) -> str:
    waits = preference_changes.waiting(by)
    if waits:
        return gettext("Preferences saved. Apply to have the PBX follow them.")
    return gettext("Preferences saved.")


@needs(Permission.MANAGE_PREFERENCES)
@require_POST
def apply_preferences(request: SignedInRequest) -> HttpResponse:
    """What waits for the PBX: only what was on the page when the button was pressed."""
    back = "review" if request.POST.get("from") == "review" else "preferences"
    seen = request.POST.getlist("seen")
    there = [f"{each.pk}.{each.new}" for each in SystemChange.objects.waiting()]
    if not there:
        messages.info(request, _("Nothing waits any more."))
        return redirect(back)
    if sorted(seen) != sorted(there):
        messages.info(
            request, _("Nothing was applied: somebody else saved a change meanwhile. Look at it, then apply.")
        )
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
        messages.success(request, _("Discarded: Preferences say what the PBX has."))
    else:
        messages.info(request, _("Nothing waits any more."))
    return redirect("review" if request.POST.get("from") == "review" else "preferences")
