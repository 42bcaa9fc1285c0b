"""What the pages of lines have in common: saving, moving, and going on to the PBX."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.db import models
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from core.access.decorators import needs_one_of
from core.access.permissions import Permission
from core.audit import log
from core.preferences.models import SystemChange
from extensions.review.preference_views import apply_fields, apply_seen, discard_waiting
from extensions.review.preferences import Field
from trunks import changes, record
from trunks.forms import LineForm
from trunks.models import Line

M = TypeVar("M", bound=models.Model)
L = TypeVar("L", bound=Line)
# Pages that show what waits -> their addresses.
FROM = {
    "trunks": "trunks:list",
    "outbound": "outbound_routes:list",
    "inbound": "inbound_routes:list",
    "groups": "ring_groups:list",
    "announcements": "announcements:list",
    "emergency": "emergency",
    "hours": "hours:edit",
    "holidays": "hours:holidays",
}


def waiting() -> "models.QuerySet[SystemChange]":
    return SystemChange.objects.waiting().filter(field=Field.LINES)


def submit(request: SignedInRequest, make: Callable[[Any], LineForm[M]]) -> tuple[LineForm[M], bool]:
    """The posted form, and whether it was valid and is saved."""
    with changes.edited(request.user):
        form = make(request.POST)
        valid = form.is_valid()
        if valid:
            form.save()
    return form, valid


def others_wait(request: SignedInRequest) -> bool:
    """Whether somebody else saved lines last that wait: nobody sends that along unseen."""
    return waiting().exclude(by=request.user).exists()


def finish(request: SignedInRequest, done: str, back: str, *, others: bool) -> HttpResponse:
    """After a save: apply it if that was the button. `others`: others_wait(), from before the save."""
    if not waiting().exists():
        messages.success(request, done)
    elif request.POST.get("then") != "apply":
        messages.success(request, _("%(saved)s Apply to send it to the PBX.") % {"saved": done})
    elif others:
        words = _("%(saved)s Someone else also changed outside lines. Review the changes, then apply.")
        messages.info(request, words % {"saved": done})
        return redirect("review")
    else:
        return apply_fields(request, [Field.LINES], done, back)
    return redirect(back)


def locked(model: type[L], pk: int) -> L:
    """Inside changes.edited()."""
    found = model._default_manager.filter(pk=pk).first()  # noqa: SLF001
    if found is None:
        raise Http404("No such line.")
    return found


def move(request: SignedInRequest, model: type[L], pk: int) -> L:
    """One place up or down in its list."""
    with changes.edited(request.user):
        line = locked(model, pk)
        lines = list(model._default_manager.order_by("position", "pk"))  # noqa: SLF001
        old = lines.index(line)
        new = max(0, old - 1) if request.POST.get("to") == "up" else min(len(lines) - 1, old + 1)
        lines.insert(new, lines.pop(old))
        for place, each in enumerate(lines, 1):
            model._default_manager.filter(pk=each.pk).update(position=place)  # noqa: SLF001
        if new != old:
            kind = next(kind for kind, its in record.KINDS.items() if its is model)
            log.record(request.user, f"{changes.NAMES[kind][1]}moved", line, fields={"line_order": [old + 1, new + 1]})
    return line


def toggle(request: SignedInRequest, model: type[L], pk: int) -> L:
    with changes.edited(request.user):
        line = locked(model, pk)
        line.enabled = request.POST.get("enabled") == "yes"
        line.save()
    words = _("%(name)s enabled.") if line.enabled else _("%(name)s disabled.")
    messages.success(request, _("%(saved)s Apply to send it to the PBX.") % {"saved": words % {"name": line}})
    return line


def came_from(request: SignedInRequest) -> str:
    return reverse(FROM.get(request.POST.get("from", ""), "review"))


@needs_one_of(Permission.MANAGE_TRUNKS, Permission.MANAGE_ROUTES)
@require_POST
def apply(request: SignedInRequest) -> HttpResponse:
    return apply_seen(request, [Field.LINES], came_from(request))


@needs_one_of(Permission.MANAGE_TRUNKS, Permission.MANAGE_ROUTES)
@require_POST
def discard(request: SignedInRequest) -> HttpResponse:
    done = _("Discarded. Outside lines match the PBX again.")
    return discard_waiting(request, [Field.LINES], done, came_from(request))
