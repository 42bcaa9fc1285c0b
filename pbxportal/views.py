import sys

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import DisallowedHost
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from django.views.decorators.http import require_GET

from core.database_errors import Fault, fault_of
from core.file_lock import LockedError

# What is at fault with the portal's own database -> what to do about it.
REMEDIES = {
    Fault.FULL: _("Free up space on the disk that holds the portal's database."),
    Fault.FORBIDDEN: _("Give the portal's user write access to its database and the database's folder."),
    Fault.AWAY: _("The portal's database is not responding. Start it; the portal then continues on its own."),
}
RETRY_SECONDS = 5


def server_error(request: HttpRequest) -> HttpResponse:
    """Static pages: where the database fails, nothing else can be relied on."""
    error = sys.exc_info()[1]
    fault = fault_of(error) if isinstance(error, DatabaseError | LockedError) else None
    if fault == Fault.BUSY:
        return busy(request)
    if fault in REMEDIES:
        page = get_template("503.html").render({"error": str(error), "remedy": REMEDIES[fault]})
        return HttpResponse(page, status=503)
    return defaults.server_error(request)


def busy(request: HttpRequest) -> HttpResponse:
    context = {"seconds": settings.LOCK_SECONDS, "sent": request.method == "POST"}
    page = get_template("503_busy.html").render(context)
    return HttpResponse(page, status=503, headers={"Retry-After": RETRY_SECONDS})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """One that came by a name that is not the portal's is told by which it is found, and which setting says so."""
    if isinstance(exception, DisallowedHost):
        context = {"host": request.META.get("HTTP_HOST", "")[:255], "url": settings.PORTAL_URL}
        return HttpResponse(get_template("400_host.html").render(context), status=400)
    user = getattr(request, "user", None)  # a request may be refused before it is known whose it is
    if user is not None and user.is_authenticated:
        return render(request, "400_signed_in.html", status=400)
    return defaults.bad_request(request, exception)


@login_not_required
@require_GET
def web_socket(request: HttpRequest) -> HttpResponse:
    """Whether the server in front may pass a WebSocket on to the PBX: to who is signed in, from our own pages."""
    origin = request.headers.get("Origin", "")
    own = f"{request.scheme}://{request.get_host()}"
    is_own = origin in (own, *settings.PORTAL_ADDRESSES)
    return HttpResponse(status=204 if request.user.is_authenticated and is_own else 403)
