"""Call Control > Inbound Route."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from core.access.decorators import needs, require
from core.access.permissions import Permission
from extensions.review import preferences as preference_changes
from trunks import changes, destination_links, record, views
from trunks.inbound_forms import InboundForm
from trunks.models import BusinessHours, InboundRoute


@gzip_page
@needs(Permission.VIEW_ROUTES)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    routes = sorted(InboundRoute.objects.order_by("number", "pk"), key=lambda route: not route.number)
    texts = [text for route in routes for text in record.destinations_of(route)]
    links = destination_links.links(request.user, texts)
    context = {
        "section": "inbound",
        "rows": [
            (route, links[route.goes_to], links.get(route.closed_goes_to), links.get(route.holiday_goes_to))
            for route in routes
        ],
        "line_changes": preference_changes.waiting(request.user, lines=True),
    }
    return render(request, "trunks/inbound/list.html", context)


def form_page(request: SignedInRequest, form: InboundForm, route: InboundRoute | None) -> HttpResponse:
    if not request.user.can(Permission.MANAGE_ROUTES):
        form.disable()
    has_hours = BusinessHours.objects.exists()
    context = {"section": "inbound", "form": form, "route": route, "has_hours": has_hours}
    status = 200 if not form.is_bound else 409 if form.is_conflict else 422
    return render(request, "trunks/inbound/form.html", context, status=status)


def edit_page(request: SignedInRequest, route: InboundRoute | None) -> HttpResponse:
    def make(data: Any) -> InboundForm:
        return InboundForm(data, by=request.user, instance=views.locked(InboundRoute, route.pk) if route else None)

    others = views.others_wait(request)
    form, saved = views.submit(request, make)
    assert isinstance(form, InboundForm)  # noqa: S101 (as made)
    if not saved:
        return form_page(request, form, route)
    done = _("Inbound route %(name)s saved.") % {"name": form.instance}
    return views.finish(request, done, reverse("inbound_routes:list"), others=others)


@needs(Permission.MANAGE_ROUTES)
def add(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        return edit_page(request, None)
    return form_page(request, InboundForm(by=request.user), None)


@needs(Permission.VIEW_ROUTES)
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who may only look finds the form closed."""
    if request.method == "POST":
        require(request.user, Permission.MANAGE_ROUTES)
    route = get_object_or_404(InboundRoute, pk=pk)
    if request.method == "POST":
        return edit_page(request, route)
    return form_page(request, InboundForm(by=request.user, instance=route), route)


@needs(Permission.MANAGE_ROUTES)
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    route = get_object_or_404(InboundRoute, pk=pk)
    if request.method != "POST":
        return render(request, "trunks/inbound/delete.html", {"section": "inbound", "route": route})
    others = views.others_wait(request)
    with changes.edited(request.user):
        views.locked(InboundRoute, pk).delete()
    done = _("Inbound route %(name)s deleted.") % {"name": route}
    return views.finish(request, done, reverse("inbound_routes:list"), others=others)


@needs(Permission.MANAGE_ROUTES)
@require_POST
def toggle(request: SignedInRequest, pk: int) -> HttpResponse:
    views.toggle(request, InboundRoute, pk)
    return redirect("inbound_routes:list")
