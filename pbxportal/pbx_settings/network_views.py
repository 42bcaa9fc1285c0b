"""PBX Settings > Preferences > Network, and whether phones can reach the PBX."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from asterisk import nodes, reachability
from core.access.decorators import needs
from core.access.permissions import Permission
from pbxportal.pbx_settings import page
from pbxportal.pbx_settings.network_forms import NetworkForm


@needs(Permission.VIEW_PREFERENCES)
def network(request: SignedInRequest) -> HttpResponse:
    form = page.submit(request, NetworkForm)
    return page.show(request, form, "network") if form else redirect("network_preferences")


@require_GET
@needs(Permission.VIEW_PREFERENCES)
def reach(request: SignedInRequest) -> HttpResponse:
    found = reachability.look(nodes.from_settings())
    return render(request, "pbxportal/pbx_settings/reach.html", {"section": "preferences", "found": found})
