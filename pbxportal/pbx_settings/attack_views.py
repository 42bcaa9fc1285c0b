"""PBX Settings > Preferences > Attacks."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from core.access.decorators import needs, require
from core.access.permissions import Permission
from pbxportal.pbx_settings.attack_forms import AttackForm
from pbxportal.pbx_settings.forms import Conflict


@needs(Permission.VIEW_PREFERENCES)
def attacks(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        require(request.user, Permission.MANAGE_PREFERENCES)
    form = AttackForm(request.POST if request.method == "POST" else None, by=request.user)
    try:
        if form.is_valid():
            saved = form.try_save()
            messages.success(
                request, _("Saved. The PBX follows within seconds.") if saved else _("Nothing was changed.")
            )
            return redirect("attack_preferences")
    except Conflict:
        form = AttackForm(request.POST, by=request.user)
    status = 409 if form.is_conflict else 422 if form.is_bound else 200
    context = {"section": "preferences", "form": form}
    return render(request, "pbxportal/pbx_settings/attacks.html", context, status=status)
