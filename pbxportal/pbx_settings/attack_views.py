"""PBX Settings > Preferences > Attacks."""

from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.requests import SignedInRequest
from core.access.decorators import needs
from core.access.permissions import Permission
from pbxportal.pbx_settings import page
from pbxportal.pbx_settings.attack_forms import AttackForm


@needs(Permission.VIEW_PREFERENCES)
def attacks(request: SignedInRequest) -> HttpResponse:
    form = page.submit(request, AttackForm)
    return page.show(request, form, "attacks") if form else redirect("attack_preferences")
