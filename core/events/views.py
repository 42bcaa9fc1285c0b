"""Maintenance > Events."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from core.access.decorators import needs
from core.access.permissions import Permission
from core.access.requests import SignedInRequest
from core.audit import log
from core.coded_text import CodedText
from core.events import kinds, recipients, tell
from core.events.models import Delivery, Event
from core.keyset_pagination import newest_first
from core.preferences.models import Preferences
from core.validators import digits

PAGE_SIZE = 50
DELIVERIES = 10


@gzip_page
@needs(Permission.VIEW_EVENTS)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    only_open = request.GET.get("state") == "open"
    before = digits(request.GET.get("before", "")) or None
    events = Event.objects.open() if only_open else Event.objects.all()
    page = newest_first(events, before=before, size=PAGE_SIZE)
    asked = "state=open&" if only_open else ""
    preferences = Preferences.current()
    context = {
        "section": "events",
        "events": page.rows,
        "only_open": only_open,
        "kinds": kinds.KINDS.items(),
        "people": [person.email for person in recipients.chosen(preferences)],
        "sends_email": bool(preferences.mail_host),
        "deliveries": list(Delivery.objects.all()[:DELIVERIES]),
        "newest": f"?{asked}" if before else "",
        "older": f"?{asked}before={page.next}" if page.next else "",
    }
    return render(request, "core/events/list.html", context)


@needs(Permission.MANAGE_EVENTS)
@require_POST
def test(request: SignedInRequest) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind not in kinds.KINDS:
        raise Http404("There is no such kind.")
    event = tell.send_test(kind)
    log.record(request.user, "event.tested", CodedText(f"event.kind.{kind}"))
    if event.told_to:
        messages.success(request, _("Test alert sent to %(people)s.") % {"people": ", ".join(event.told_to)})
    else:
        messages.warning(request, _("There is nobody to alert. Choose recipients in Preferences > Alerts."))
    return redirect("events:list")
