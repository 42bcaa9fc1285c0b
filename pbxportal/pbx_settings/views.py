from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from core import time_zones
from core.access.decorators import needs
from core.access.permissions import Permission
from extensions.review import preferences as preference_changes
from extensions.review.preference_views import apply_seen, discard_waiting
from pbxportal.pbx_settings import page
from pbxportal.pbx_settings.forms import PreferencesForm


@needs(Permission.VIEW_PREFERENCES)
def preferences(request: SignedInRequest) -> HttpResponse:
    form = page.submit(request, PreferencesForm)
    return page.show(request, form, "preferences", zones=time_zones.options()) if form else redirect("preferences")


@needs(Permission.MANAGE_PREFERENCES)
@require_POST
def apply_preferences(request: SignedInRequest) -> HttpResponse:
    back = "review" if request.POST.get("from") == "review" else "preferences"
    return apply_seen(request, preference_changes.OF_PREFERENCES, reverse(back))


@needs(Permission.MANAGE_PREFERENCES)
@require_POST
def discard_preferences(request: SignedInRequest) -> HttpResponse:
    back = "review" if request.POST.get("from") == "review" else "preferences"
    done = _("Discarded. Preferences match the PBX again.")
    return discard_waiting(request, preference_changes.OF_PREFERENCES, done, reverse(back))
