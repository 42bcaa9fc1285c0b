"""What the pages of bulk actions have in common."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.requests import SignedInRequest
from core.validators import digits
from extensions import handover
from extensions.models import BulkAction, ExtensionTemplate
from extensions.review.views import apply_numbers

NOT_HELD = ("csrfmiddlewaretoken", "then", "seen", "form_token")


def token_of(request: SignedInRequest) -> uuid.UUID:
    """Of this one filling of a form: the key of what becomes of it, so that it is done once."""
    try:
        return uuid.UUID(request.POST.get("form_token", ""))
    except ValueError:
        return uuid.uuid4()


def done_before(request: SignedInRequest) -> BulkAction | None:
    """What this filling of a form has become already: it was sent again, as where no answer had come."""
    if request.method != "POST":
        return None
    return BulkAction.objects.filter(pk=token_of(request), by=request.user).first()


def held(request: SignedInRequest, *, seen: str) -> list[dict[str, Any]]:
    """The fields of a form that is looked at before it is done; `seen`: tells whether it is still true."""
    fields = [
        {"name": name, "value": value}
        for name, values in request.POST.lists()
        if name not in NOT_HELD
        for value in values
    ]
    return [*fields, {"name": "seen", "value": seen}, {"name": "form_token", "value": str(token_of(request))}]


def template_of(request: SignedInRequest) -> ExtensionTemplate | None:
    key = digits(request.GET.get("template", ""))
    return ExtensionTemplate.objects.filter(pk=key).first() if key else None


def finish(request: SignedInRequest, action: BulkAction, *lost: str) -> HttpResponse:
    """After the action: apply it if that was the button, and show what is true now. `lost`: other numbers to apply."""
    if request.POST.get("then") != "apply" or action.undone_at:
        return redirect(action)
    numbers = [*action.items.values_list("number", flat=True), *lost]
    mine = handover.without_others(numbers, request.user)
    if len(mine) < len(numbers):
        messages.info(
            request, _("Some were also changed by someone else and were not applied. Review them, then apply.")
        )
    return apply_numbers(request, mine, "", action.get_absolute_url())
