from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.permissions import Permission
from accounts.views import SignedInRequest
from pbxportal.forms import PreferencesForm


@login_not_required
@require_GET
def health(_: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def preferences(request: SignedInRequest) -> HttpResponse:
    if not request.user.can(Permission.MANAGE_PREFERENCES):
        raise PermissionDenied
    form = PreferencesForm(request.POST if request.method == "POST" else None, by=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, "Preferences saved.")
        return redirect("preferences")
    context = {"section": "preferences", "form": form}
    return render(request, "preferences.html", context, status=422 if form.is_bound else 200)
