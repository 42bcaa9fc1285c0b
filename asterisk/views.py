from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Permission
from accounts.views import SignedInRequest
from asterisk import history
from asterisk.models import ApplyRun
from extensions import review, wish

PAGE_SIZE = 25


def require_manager(request: SignedInRequest) -> None:
    if not request.user.can(Permission.MANAGE_EXTENSIONS):
        raise PermissionDenied


@require_GET
@never_cache
def index(request: SignedInRequest) -> HttpResponse:
    require_manager(request)
    before = request.GET.get("before", "")
    runs = ApplyRun.objects.select_related("by")
    if before.isascii() and before.isdigit():
        runs = runs.filter(pk__lt=int(before[:18]))
    shown = list(runs[: PAGE_SIZE + 1])
    more = len(shown) > PAGE_SIZE
    context = {"section": "history", "runs": shown[:PAGE_SIZE], "next_url": f"?before={shown[-2].pk}" if more else ""}
    return render(request, "asterisk/history.html", context)


@require_GET
@never_cache
def run(request: SignedInRequest, pk: int) -> HttpResponse:
    require_manager(request)
    found = get_object_or_404(ApplyRun.objects.select_related("by"), pk=pk)
    context = {"section": "history", "run": found, "rows": review.by_extension(found.changes.all(), request.user)}
    return render(request, "asterisk/run.html", context)


@require_POST
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    require_manager(request)
    found = get_object_or_404(ApplyRun, pk=pk)
    return wished_back(request, lambda: history.undo(found, request.user))


@require_POST
def back(request: SignedInRequest) -> HttpResponse:
    """To a moment: the value of a date-and-time field, in the system's time zone."""
    require_manager(request)
    try:
        moment = parse_datetime(request.POST.get("moment", ""))
    except ValueError:
        moment = None
    if moment is None:
        messages.error(request, "Choose the day and the time to go back to.")
        return redirect("history:list")
    exact = make_aware(moment) if is_naive(moment) else moment
    return wished_back(request, lambda: history.back_to(exact, request.user))


def wished_back(request: SignedInRequest, wish_back: Callable[[], list[str]]) -> HttpResponse:
    try:
        numbers = wish_back()
    except wish.CannotPutBack as error:
        messages.error(request, f"Nothing was changed. {error}")
        return redirect("history:list")
    if not numbers:
        messages.info(request, "All of it is as it was then already.")
        return redirect("history:list")
    count = f"{len(numbers)} extensions wait" if len(numbers) > 1 else f"Extension {numbers[0]} waits"
    messages.success(request, f"{count} to be as before. Look, and apply.")
    return redirect("review")
