"""Call Features > Ring Group."""

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
from trunks import changes, destination_links, usage, views
from trunks.group_forms import GroupForm
from trunks.models import RingGroup


@gzip_page
@needs(Permission.VIEW_ROUTES)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    groups = list(RingGroup.objects.all())
    links = destination_links.links(request.user, [group.goes_to for group in groups])
    context = {
        "section": "group",
        "rows": [(group, links[group.goes_to]) for group in groups],
        "line_changes": preference_changes.waiting(request.user, lines=True),
    }
    return render(request, "trunks/groups/list.html", context)


def form_page(request: SignedInRequest, form: GroupForm, group: RingGroup | None) -> HttpResponse:
    if not request.user.can(Permission.MANAGE_ROUTES):
        form.disable()
    used_by = destination_links.callers_of(group.destination) if group else []
    context = {"section": "group", "form": form, "group": group, "used_by": used_by}
    status = 200 if not form.is_bound else 409 if form.is_conflict else 422
    return render(request, "trunks/groups/form.html", context, status=status)


def edit_page(request: SignedInRequest, group: RingGroup | None) -> HttpResponse:
    def make(data: Any) -> GroupForm:
        return GroupForm(data, by=request.user, instance=views.locked(RingGroup, group.pk) if group else None)

    others = views.others_wait(request)
    form, saved = views.submit(request, make)
    assert isinstance(form, GroupForm)  # noqa: S101 (as made)
    if not saved:
        return form_page(request, form, group)
    done = _("Ring group %(name)s saved.") % {"name": form.instance}
    return views.finish(request, done, reverse("ring_groups:list"), others=others)


@needs(Permission.MANAGE_ROUTES)
def add(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        return edit_page(request, None)
    return form_page(request, GroupForm(by=request.user), None)


@needs(Permission.VIEW_ROUTES)
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who may only look finds the form closed."""
    if request.method == "POST":
        require(request.user, Permission.MANAGE_ROUTES)
    group = get_object_or_404(RingGroup, pk=pk)
    if request.method == "POST":
        return edit_page(request, group)
    return form_page(request, GroupForm(by=request.user, instance=group), group)


@needs(Permission.MANAGE_ROUTES)
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(RingGroup, pk=pk)
    refusal = usage.refusal_of_called(group)
    if request.method == "POST" and not refusal:
        others = views.others_wait(request)
        with changes.edited(request.user):
            locked = views.locked(RingGroup, pk)
            refusal = usage.refusal_of_called(locked)
            if not refusal:
                locked.delete()
        if not refusal:
            done = _("Ring group %(name)s deleted.") % {"name": group}
            return views.finish(request, done, reverse("ring_groups:list"), others=others)
    context = {
        "section": "group",
        "group": group,
        "refusal": refusal,
        "used_by": destination_links.callers_of(group.destination),
    }
    status = 409 if request.method == "POST" else 200
    return render(request, "trunks/groups/delete.html", context, status=status)


@needs(Permission.MANAGE_ROUTES)
@require_POST
def toggle(request: SignedInRequest, pk: int) -> HttpResponse:
    views.toggle(request, RingGroup, pk)
    return redirect("ring_groups:list")
