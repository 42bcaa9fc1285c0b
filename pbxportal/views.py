import sys

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from django.views.decorators.http import require_GET

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
