import sys

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.views import defaults
from django.views.decorators.http import require_GET

from accounts.gate import needs, require
from accounts.permissions import Permission
from accounts.views import SignedInRequest
from pbxportal.forms import PreferencesForm

# What the portal's own database says -> what to do about it.
REMEDIES = {
    ("full", "disk I/O", "No space", "could not extend"): "Free space on the disk that holds the portal's database.",
    (
        "readonly",
        "read-only",
        "unable to open",
    ): "Let the portal's user write its database and the folder around it.",
    ("locked",): "Many wrote at once. Try again in a moment.",
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
def health(_: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@needs(Permission.VIEW_PREFERENCES)
def preferences(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        require(request.user, Permission.MANAGE_PREFERENCES)
    form = PreferencesForm(request.POST if request.method == "POST" else None, by=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, "Preferences saved.")
        return redirect("preferences")
    context = {"section": "preferences", "form": form}
    return render(request, "preferences.html", context, status=422 if form.is_bound else 200)
