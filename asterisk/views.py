import time
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from asterisk import check, nodes
from asterisk.apply import undo as apply_undo
from asterisk.engine.store import EngineError
from asterisk.models import ApplyRun, CheckRun
from asterisk.readback import proof
from core import coded_text, localization
from core.access.decorators import needs
from core.access.permissions import Permission
from core.audit import log
from core.coded_text import CodedText
from core.keyset_pagination import newest_first
from core.preferences.models import SystemChange
from core.validators import digits
from extensions.changes.state import CannotPutBack
from extensions.models import SipExtension
from extensions.pbx import PbxError
from extensions.review import preferences as preference_changes
from extensions.review import review

PAGE_SIZE = 25
MOST_DRIFTS = 200


@gzip_page
@needs(Permission.VIEW_HISTORY)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    before = digits(request.GET.get("before", ""))
    runs = ApplyRun.objects.select_related("by").prefetch_related("system_changes")
    page = newest_first(runs, before=before, size=PAGE_SIZE)
    context = {"section": "history", "runs": page.rows, "next_url": f"?before={page.next}" if page.next else ""}
    return render(request, "asterisk/history.html", context)


@gzip_page
@needs(Permission.VIEW_HISTORY)
@require_GET
def run(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ApplyRun.objects.select_related("by"), pk=pk)
    page = review.page(found.changes.all(), request.GET.get("from", ""))
    system_changes = list(found.system_changes.all())
    of_versions = [change for change in system_changes if change.field in preference_changes.DETAILS]
    context = {
        "section": "history",
        "run": found,
        "page": page,
        "rows": review.by_extension(found.changes.filter(number__in=page.rows), request.user),
        "system_changes": [change for change in system_changes if change not in of_versions],
        "line_changes": [(change, preference_changes.details(change)) for change in of_versions],
        "compared": proof.compared(),
    }
    return render(request, "asterisk/run.html", context)


@needs(Permission.VIEW_HISTORY, Permission.MANAGE_EXTENSIONS)
@require_POST
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ApplyRun, pk=pk)
    require_reauthentication(request)
    return wished_back(request, lambda: apply_undo.undo(found, request.user))


@needs(Permission.VIEW_HISTORY, Permission.MANAGE_EXTENSIONS)
@require_POST
def back(request: SignedInRequest) -> HttpResponse:
    """To a moment: the value of a date-and-time field, in the system's time zone."""
    require_reauthentication(request)
    try:
        moment = parse_datetime(request.POST.get("moment", ""))
    except ValueError:
        moment = None
    if moment is None:
        messages.error(request, _("Enter a date and time."))
        return redirect("history:list")
    exact = make_aware(moment) if is_naive(moment) else moment
    return wished_back(request, lambda: apply_undo.back_to(exact, request.user))


@gzip_page
@needs(Permission.VIEW_CHECK)
@require_GET
def checks(request: SignedInRequest) -> HttpResponse:
    """The last comparison of everything, and how far the one under way is."""
    last = CheckRun.objects.first()
    running = check.is_running(nodes.from_settings().engine_file)
    finished = last if last and last.finished_at else CheckRun.objects.exclude(finished_at=None).first()
    drifts = finished.drifts[:MOST_DRIFTS] if finished else []
    known = SipExtension.objects.visible_to(request.user).filter(number__in={drift["number"] for drift in drifts})
    context = {
        "section": "check",
        "run": finished,
        "running": last if running else None,
        "broken_off": last and not last.finished_at and not running,
        "drifts": [shown_drift(drift) for drift in drifts],
        "known": set(known.values_list("number", flat=True)),
        "more": max(0, len(finished.drifts) - MOST_DRIFTS) if finished else 0,
    }
    template = "asterisk/_check.html" if request.htmx else "asterisk/check.html"
    return render(request, template, context)


@needs(Permission.MANAGE_CHECK)
@require_POST
def check_now(request: SignedInRequest) -> HttpResponse:
    file = nodes.from_settings().engine_file
    if not check.is_running(file):
        log.record(request.user, "engine.checked", CodedText("extension.all"))
        check.start()
        wait_until(lambda: check.is_running(file))
    return redirect("history:checks")


@needs(Permission.MANAGE_CHECK)
@require_POST
def repair(request: SignedInRequest) -> HttpResponse:
    run = CheckRun.objects.exclude(finished_at=None).first()
    if run is None or not run.drifts:
        messages.info(request, _("There are no differences."))
        return redirect("history:checks")
    try:
        run = check.repair(nodes.from_settings(), run, request.user)
    except (PbxError, EngineError, check.Running) as error:
        messages.error(request, _("Not repaired. %(why)s") % {"why": error})
        return redirect("history:checks")
    if run.drifts:
        messages.error(request, still_differ(run.differing))
    elif not run.asterisk_asked:
        messages.warning(request, _("Repaired in the PBX's tables. Asterisk could not be checked. Check again."))
    else:
        messages.success(request, _("Repaired. The PBX has exactly what was applied."))
    return redirect("history:checks")


def still_differ(numbers: int) -> str:
    words = ngettext("%(count)s extension still differs.", "%(count)s extensions still differ.", numbers)
    return words % {"count": localization.count(numbers)}


def shown_drift(drift: dict[str, Any]) -> dict[str, str | None]:
    return {name: None if value is None else coded_text.show(value) for name, value in drift.items()}


def wait_until(true: Callable[[], bool], seconds: float = 1.5) -> None:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.05)


def wished_preferences() -> list[str]:
    return [str(each) for each in SystemChange.objects.waiting()]


def what_waits(numbers: list[str], preferences: bool) -> str:
    if not numbers:
        return _("The undo is ready. Review and apply it.")
    if len(numbers) == 1 and preferences:
        words = _("The undo of extension %(number)s and other settings is ready. Review and apply it.")
    elif len(numbers) == 1:
        words = _("The undo of extension %(number)s is ready. Review and apply it.")
    elif preferences:
        words = _("The undo of %(count)s extensions and other settings is ready. Review and apply it.")
    else:
        words = _("The undo of %(count)s extensions is ready. Review and apply it.")
    return words % {"number": numbers[0], "count": localization.count(len(numbers))}


def wished_back(request: SignedInRequest, wish_back: Callable[[], list[str]]) -> HttpResponse:
    before = wished_preferences()
    try:
        numbers = wish_back()
    except CannotPutBack as error:
        messages.error(request, _("Nothing was changed. %(why)s") % {"why": error})
        return redirect("history:list")
    preferences = wished_preferences() != before
    if not numbers and not preferences:
        messages.info(request, _("Nothing to undo. Everything is already as it was."))
        return redirect("history:list")
    messages.success(request, what_waits(numbers, preferences))
    return redirect("review")
