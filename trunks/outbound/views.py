"""Call Control > Outbound Route."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Organization
from accounts.organizations.views import choices_of
from accounts.requests import SignedInRequest
from core.access.decorators import needs, require
from core.access.permissions import Permission
from extensions.review import preferences as preference_changes
from trunks import changes, views
from trunks.models import OutboundRoute, Trunk
from trunks.outbound.forms import OutboundForm


@dataclass(frozen=True)
class Row:
    """A route as the list shows it."""

    route: OutboundRoute
    numbers: list[str]
    trunks: list[Trunk]


@gzip_page
@needs(Permission.VIEW_ROUTES)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    trunks, routes = Trunk.objects.in_bulk(), OutboundRoute.objects.all()
    context = {
        "section": "outbound",
        "rows": [
            Row(route, route.patterns.split(), [trunks[pk] for pk in route.trunks if pk in trunks]) for route in routes
        ],
        "has_trunks": bool(trunks),
        "line_changes": preference_changes.waiting(request.user, lines=True),
    }
    return render(request, "trunks/outbound/list.html", context)


def form_page(request: SignedInRequest, form: OutboundForm, route: OutboundRoute | None) -> HttpResponse:
    if not request.user.can(Permission.MANAGE_ROUTES):
        form.disable()
    context = {
        "section": "outbound",
        "form": form,
        "route": route,
        "has_trunks": Trunk.objects.exists(),
        "has_departments": len(form.picker.offered) > 1,
    }
    status = 200 if not form.is_bound else 409 if form.is_conflict else 422
    return render(request, "trunks/outbound/form.html", context, status=status)


def edit_page(request: SignedInRequest, route: OutboundRoute | None) -> HttpResponse:
    def make(data: Any) -> OutboundForm:
        return OutboundForm(data, by=request.user, instance=views.locked(OutboundRoute, route.pk) if route else None)

    others = views.others_wait(request)
    form, saved = views.submit(request, make)
    assert isinstance(form, OutboundForm)  # noqa: S101 (as made)
    if not saved:
        return form_page(request, form, route)
    if number := form.first_extension():
        words = _("This route's numbers include extension %(number)s. Dialing it still rings the extension.")
        messages.warning(request, words % {"number": number})
    done = _("Outbound route %(name)s saved.") % {"name": form.instance}
    return views.finish(request, done, reverse("outbound_routes:list"), others=others)


@needs(Permission.MANAGE_ROUTES)
def add(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        return edit_page(request, None)
    return form_page(request, OutboundForm(by=request.user), None)


@needs(Permission.VIEW_ROUTES)
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who may only look finds the form closed."""
    if request.method == "POST":
        require(request.user, Permission.MANAGE_ROUTES)
    route = get_object_or_404(OutboundRoute, pk=pk)
    if request.method == "POST":
        return edit_page(request, route)
    return form_page(request, OutboundForm(by=request.user, instance=route), route)


@needs(Permission.MANAGE_ROUTES)
@require_GET
def departments(request: SignedInRequest) -> HttpResponse:
    """For the search of the form."""
    return choices_of(request, list(Organization.tree()), "organizations", "checkbox")


@needs(Permission.MANAGE_ROUTES)
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    route = get_object_or_404(OutboundRoute, pk=pk)
    if request.method != "POST":
        return render(request, "trunks/outbound/delete.html", {"section": "outbound", "route": route})
    others = views.others_wait(request)
    with changes.edited(request.user):
        views.locked(OutboundRoute, pk).delete()
    done = _("Outbound route %(name)s deleted.") % {"name": route}
    return views.finish(request, done, reverse("outbound_routes:list"), others=others)


@needs(Permission.MANAGE_ROUTES)
@require_POST
def toggle(request: SignedInRequest, pk: int) -> HttpResponse:
    views.toggle(request, OutboundRoute, pk)
    return redirect("outbound_routes:list")


@needs(Permission.MANAGE_ROUTES)
@require_POST
def move(request: SignedInRequest, pk: int) -> HttpResponse:
    views.move(request, OutboundRoute, pk)
    return redirect("outbound_routes:list")
