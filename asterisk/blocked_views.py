"""Maintenance > Blocked Addresses."""

from contextlib import suppress

from django.contrib import messages
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import reauthentication_required
from asterisk.live import blocks
from asterisk.models import BlockedAddress
from core.access.decorators import needs
from core.access.permissions import Permission
from core.audit import log
from core.keyset_pagination import newest_first
from core.preferences.models import Preferences
from core.validators import digits
from extensions.models import SipExtension

PAGE_SIZE = 50


@gzip_page
@needs(Permission.VIEW_BLOCKED)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    before = digits(request.GET.get("before", ""))
    page = newest_first(BlockedAddress.objects.in_force(), before=before, size=PAGE_SIZE)
    note_seen()
    numbers = {row.number for row in page.rows if row.number}
    context = {
        "section": "blocked",
        "blocks": page.rows,
        "known": set(
            SipExtension.objects.visible_to(request.user).filter(number__in=numbers).values_list("number", flat=True)
        ),
        "attacks_on": Preferences.current().attacks_on,
        "newest": "?" if before else "",
        "older": f"?before={page.next}" if page.next else "",
    }
    return render(request, "asterisk/blocked.html", context)


def note_seen() -> None:
    """Where it cannot be written, as on a full disk, the page is shown all the same."""
    with suppress(DatabaseError):
        if BlockedAddress.objects.unseen().exists():
            BlockedAddress.objects.unseen().update(seen=True)


@needs(Permission.MANAGE_BLOCKED)
@require_POST
def unblock(request: SignedInRequest, pk: int) -> HttpResponse:
    block = get_object_or_404(BlockedAddress, pk=pk)
    with transaction.atomic():
        if BlockedAddress.objects.in_force().filter(pk=pk).update(ended_at=timezone.now()):
            log.record(request.user, "blocked.lifted", block.network, number=block.number)
            messages.success(request, _("%(address)s is no longer blocked.") % {"address": block.network})
        else:
            messages.info(request, _("%(address)s was no longer blocked.") % {"address": block.network})
    return redirect("blocked")


@needs(Permission.MANAGE_BLOCKED)
@require_POST
@reauthentication_required
def never_block(request: SignedInRequest, pk: int) -> HttpResponse:
    block = get_object_or_404(BlockedAddress, pk=pk)
    with transaction.atomic():
        preferences = Preferences.objects.select_for_update().get(pk=1)
        if not blocks.is_in(block.network, preferences.attacks_never):
            preferences.attacks_never = ", ".join(filter(None, [preferences.attacks_never, block.network]))
            preferences.version += 1
            preferences.save(update_fields=["attacks_never", "version"])
        BlockedAddress.objects.in_force().filter(network=block.network).update(ended_at=timezone.now())
        log.record(request.user, "blocked.never", block.network)
    messages.success(request, _("%(address)s will not be blocked again.") % {"address": block.network})
    return redirect("blocked")
