"""The first page of who manages anything: is it well, what is going on, and what is to be done."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from core.access.decorators import needs_one_of
from core.access.permissions import VIEW_OF, Permission
from core.audit.models import AuditRecord
from core.events.models import Event
from pbxportal.dashboard import figures, health, setup

SHOWN = 8  # of the log, and of the events


@needs_one_of(*VIEW_OF)
@require_GET
def dashboard(request: SignedInRequest) -> HttpResponse:
    user = request.user
    context = {
        "section": "dashboard",
        "parts": health.parts(user),
        "figures": figures.of(user),
        "steps": setup.undone(user),
        "events": Event.objects.open()[:SHOWN] if user.can(Permission.VIEW_EVENTS) else [],
        "records": AuditRecord.objects.all()[:SHOWN] if user.can(Permission.VIEW_LOG) else [],
        "reviews": any(map(user.can, REVIEWS)),
    }
    return render(request, "pbxportal/dashboard/dashboard.html", context)


REVIEWS = (
    Permission.MANAGE_EXTENSIONS,
    Permission.VIEW_PREFERENCES,
    Permission.VIEW_TRUNKS,
    Permission.VIEW_ROUTES,
)
