"""PBX Settings > Preferences > Network, and whether phones can reach the PBX."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from asterisk import nodes, reachability
from core.access.decorators import needs, require
from core.access.permissions import Permission
from extensions.review import preferences as preference_changes
from pbxportal.pbx_settings.forms import Conflict
from pbxportal.pbx_settings.network_forms import NetworkForm
from pbxportal.pbx_settings.views import saved_words


@needs(Permission.VIEW_PREFERENCES)
def network(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        require(request.user, Permission.MANAGE_PREFERENCES)
    form = NetworkForm(request.POST if request.method == "POST" else None, by=request.user)
    try:
        if form.is_valid():
            saved = form.try_save()
            messages.success(request, saved_words(request.user) if saved else _("Nothing was changed."))
            return redirect("network_preferences")
    except Conflict:
        form = NetworkForm(request.POST, by=request.user)
    context = {
        "section": "preferences",
        "form": form,
        "system_changes": preference_changes.waiting(request.user),
    }
    status = 409 if form.is_conflict else 422 if form.is_bound else 200
    return render(request, "pbxportal/pbx_settings/network.html", context, status=status)


@require_GET
@needs(Permission.VIEW_PREFERENCES)
def reach(request: SignedInRequest) -> HttpResponse:
    found = reachability.look(nodes.from_settings())
    return render(request, "pbxportal/pbx_settings/reach.html", {"section": "preferences", "found": found})
