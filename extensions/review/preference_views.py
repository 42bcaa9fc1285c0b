"""Applying and discarding what waits of preferences and of what is kept with them, for the pages that have it."""

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.requests import SignedInRequest
from core.preferences.models import SystemChange
from extensions import pbx
from extensions.changes.state import CannotPutBack
from extensions.review import preferences as preference_changes
from extensions.review.preferences import Field
from extensions.review.views import apply_failed


def apply_seen(request: SignedInRequest, fields: Collection[Field], back: str) -> HttpResponse:
    """What waits of the fields: only what was on the page when the button was pressed."""
    there = [f"{each.pk}.{each.new}" for each in SystemChange.objects.waiting().filter(field__in=fields)]
    if not there:
        messages.info(request, _("There are no unapplied changes."))
        return redirect(back)
    if sorted(request.POST.getlist("seen")) != sorted(there):
        messages.info(request, _("Nothing was applied because someone else saved a change. Review it, then apply."))
        return redirect(back)
    return apply_fields(request, fields, "", back)


def apply_fields(request: SignedInRequest, fields: Collection[Field], done: str, back: str) -> HttpResponse:
    try:
        applied = pbx.get().apply_preferences(request.user, fields)
    except pbx.PbxError as error:
        return apply_failed(request, error, back)
    (messages.success if applied.live else messages.warning)(request, f"{done} {applied.words}".strip())
    return redirect(back)


def discard_waiting(request: SignedInRequest, fields: Collection[Field], done: str, back: str) -> HttpResponse:
    try:
        discarded = preference_changes.discard(request.user, fields)
    except CannotPutBack as error:
        messages.error(request, str(error))
        return redirect(back)
    if discarded:
        messages.success(request, done)
    else:
        messages.info(request, _("There are no unapplied changes."))
    return redirect(back)
