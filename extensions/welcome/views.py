"""The welcome mail: sent to one, chosen for many, and how far those are."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from core.access.decorators import needs
from core.access.permissions import Permission
from core.preferences.models import Preferences
from extensions.access import get_managed, managed, visible
from extensions.listing.selection import chosen
from extensions.models import SipExtension, SipExtensionQuerySet
from extensions.welcome import batches, invitations
from extensions.welcome.invitations import MAY_GET, Standing

NAMED = 100
LEFT_OUT = tuple(each for each in Standing if each not in MAY_GET)


def no_mail_server() -> str:
    return _("No e-mail was sent because no mail server is set up. An administrator can set it up in Preferences.")


@require_POST
def one(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    user = extension.user
    if not Preferences.current().mail_host:
        messages.error(request, no_mail_server())
    elif invitations.ask(SipExtension.objects.filter(pk=extension.pk), request.user):
        sent = _("The welcome e-mail will be sent to %(address)s. Earlier links stop working.")
        messages.success(request, sent % {"address": user.email})
    else:
        why = invitations.standing_of(extension).label
        messages.error(request, _("No e-mail was sent to %(name)s: %(why)s.") % {"name": user.full_name, "why": why})
    return redirect(extension)


@gzip_page
@needs(Permission.MANAGE_EXTENSIONS)
def choose(request: SignedInRequest) -> HttpResponse:
    """To whom it goes and who is left out, and why; then it is sent."""
    selection = chosen(request)
    found, everybody = selection.rows, selection.is_all
    if request.method == "POST" and not selection.change:
        return send(request, invitations.of_standing(found, Standing.NEW) if everybody else found)
    many = invitations.counts(found)
    context = {
        "section": "extension",
        "selection": selection,
        "everybody": everybody,
        "new": many[Standing.NEW],
        "with_password": many[Standing.HAS_PASSWORD],
        "goes_to": [] if everybody else rows(found, MAY_GET),
        "left_out": rows(found, LEFT_OUT, NAMED),
        "left_out_more": max(0, sum(many[each] for each in LEFT_OUT) - NAMED),
        "total": sum(many.values()),
        "mail_is_set_up": bool(Preferences.current().mail_host),
        "before": batches.asked_by(request.user),
    }
    return render(request, "extensions/welcome/choose.html", context)


def rows(found: SipExtensionQuerySet, standings: tuple[Standing, ...], many: int | None = None) -> list[dict[str, Any]]:
    shown = invitations.of_standing(found, *standings).annotate(standing=invitations.STANDING).select_related("user")
    return [row(each) for each in shown.order_by("position")[:many]]


def row(extension: Any) -> dict[str, Any]:
    standing, user = Standing(extension.standing), extension.user
    return {
        "number": extension.number,
        "name": user.full_name,
        "email": user.email or "",
        "why": standing.label,
        "new": standing == Standing.NEW,
    }


def send(request: SignedInRequest, found: SipExtensionQuerySet) -> HttpResponse:
    if not Preferences.current().mail_host:
        messages.error(request, no_mail_server())
        return redirect("extensions:welcome")
    batch = uuid.uuid4()
    if not invitations.ask(found, request.user, batch=batch):
        messages.info(request, _("No e-mail was sent. None of the selected people can get one."))
        return redirect("extensions:list")
    return redirect("extensions:welcome_batch", batch)


@needs(Permission.MANAGE_EXTENSIONS)
def batch(request: SignedInRequest, batch: uuid.UUID) -> HttpResponse:
    """How far it is; a POST sends again what was refused or is uncertain."""
    if not batches.visible_to(request.user, batch):
        raise Http404("No such mails.")
    again = batches.in_trouble(batch, managed(request))
    if request.method == "POST":
        return send(request, again)
    first = batches.of(batch).select_related("by").order_by("pk")[0]
    context = {
        "section": "extension",
        "batch": batch,
        "url": f"{reverse('extensions:welcome_batch', args=[batch])}?from={request.GET.get('from', '')[:9]}",
        "asked_at": first.created_at,
        "asked_by": first.by,
        "progress": batches.progress(batch),
        "page": batches.page(batch, visible(request), request.GET.get("from", "")),
        "again": invitations.of_standing(again, *MAY_GET).count(),
    }
    return render(
        request, "extensions/welcome/_batch.html" if request.htmx else "extensions/welcome/batch.html", context
    )
