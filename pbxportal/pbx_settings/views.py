from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from core import time_zones
from core.access.decorators import needs
from core.access.permissions import Permission
from core.preferences.models import SystemChange
from extensions import pbx
from extensions.review import preferences as preference_changes
from extensions.review.views import apply_failed
from pbxportal.pbx_settings import page
from pbxportal.pbx_settings.forms import PreferencesForm


@needs(Permission.VIEW_PREFERENCES)
def preferences(request: SignedInRequest) -> HttpResponse:
    form = page.submit(request, PreferencesForm)
    return page.show(request, form, "preferences", zones=time_zones.options()) if form else redirect("preferences")


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
