"""Add extensions from a spreadsheet: the file, the preview, and what came of it."""

import csv
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from accounts.throttling import failure_counts
from accounts.throttling.failure_counts import Bucket, Limit
from core import file_lock, localization
from core.access.decorators import needs
from core.access.permissions import Permission
from core.audit import context
from core.audit.csv_export import safe
from core.validators import digits
from extensions.models import SipExtension
from extensions.spreadsheets import formats, missing_departments, preview, run
from extensions.spreadsheets.forms import ColumnsForm, FileForm
from extensions.spreadsheets.models import Import
from extensions.spreadsheets.rows import Kind
from extensions.spreadsheets.table import Table

UPLOADS = Limit("spreadsheets", 30, 300)  # to read one is work
LAST = 10
AT_ONCE = 200  # rows that are checked while one waits
WEAK_SHOWN = 100
MOST_NAME = 100
MISSING_SHOWN = 10  # departments
State = Import.State


@needs(Permission.MANAGE_EXTENSIONS)
def choose(request: SignedInRequest) -> HttpResponse:
    allowed = not request.FILES or failure_counts.take([Bucket(UPLOADS, str(request.user.pk))])
    form = FileForm(request.POST, request.FILES, too_many=not allowed) if request.method == "POST" else FileForm()
    if form.is_valid():
        return redirect(begin(request, form))
    before = list(Import.objects.filter(by=request.user)[:LAST])
    for each in before:
        run.settle(each)
    context = {"section": "extension", "form": form, "before": before}
    return render(request, "extensions/spreadsheets/choose.html", context, status=422 if form.is_bound else 200)


def begin(request: SignedInRequest, form: FileForm) -> Import:
    run.forget_old()
    table = form.table
    given = Import(
        by=request.user,
        origin=context.current_origin(),
        file_name=form.cleaned_data["spreadsheet"].name[-MOST_NAME:],
        mode=form.cleaned_data["mode"],
        format=form.of_format.code,
        encoding=form.encoding,
        targets=formats.targets_of(table.heads, form.of_format),
        total=len(table.rows),
    )
    check_all(given, table)
    return given


def check_all(given: Import, table: Table) -> None:
    """Few at once; many beside the page, which tells how far they are."""
    given.state, given.done, given.begun_at, given.why = State.CHECKING, 0, timezone.now(), None
    table.found = []
    given.seal("sealed_table", table.to_json())
    is_new = given._state.adding  # noqa: SLF001 (Django's documented API)

    def save() -> int:
        """0 where somebody has begun to import it meanwhile."""
        if not is_new and not Import.objects.filter(pk=given.pk, state=State.READY).exists():
            return 0
        given.save()
        return 1

    with suppress(file_lock.LockedError):
        if len(table.rows) > AT_ONCE:
            run.start(given, save)
            return
        with run.held(given):
            if save():
                run.check(given)


def own(request: SignedInRequest, pk: UUID) -> Import:
    """Those of others do not exist: secrets are in them."""
    given = Import.objects.filter(pk=pk, by=request.user).first()
    if given is None:
        raise Http404("No such import.")
    run.settle(given)
    return given


@needs(Permission.MANAGE_EXTENSIONS)
@require_GET
def show(request: SignedInRequest, pk: UUID) -> HttpResponse:
    given = own(request, pk)
    stopped = is_stopped(given)
    context: dict[str, Any] = {
        "section": "extension",
        "given": given,
        "stopped": stopped,
        "at_work": not stopped and is_at_work(given),
    }
    if given.state == State.READY:
        return HttpResponseClientRefresh() if request.htmx else preview_page(request, given)
    if context["at_work"]:
        context |= progress(given)
    elif given.state in Import.IN_PLACE:
        context |= weak_secrets(given)
    template = "extensions/spreadsheets/_import.html" if request.htmx else "extensions/spreadsheets/import.html"
    return render(request, template, context)


def weak_secrets(given: Import) -> dict[str, Any]:
    """Of what it brought: the numbers whose registration passwords are still to be renewed, and how many PINs."""
    to_renew = dict(
        SipExtension.objects.filter(renew_password_by__isnull=False).values_list("number", "renew_password_by")
    )
    weak = [number for number, names in given.weak if number in to_renew and "registration_password" in names]
    return {
        "weak": weak[:WEAK_SHOWN],
        "weak_more": max(0, len(weak) - WEAK_SHOWN),
        "weak_total": len(weak),
        "renew_by": min((day for number in weak if (day := to_renew[number])), default=None),
        "weak_pins": sum("voicemail_pin" in names for _number, names in given.weak),
    }


def is_at_work(given: Import) -> bool:
    """Also while it is being applied."""
    return given.is_at_work or (given.is_unapplied and run.has_lock(given))


def is_stopped(given: Import) -> bool:
    """A check that was cut short, and does not begin again by itself."""
    return given.state == State.CHECKING and run.is_cut_short(given)


def progress(given: Import) -> dict[str, Any]:
    seconds = (timezone.now() - given.begun_at).total_seconds()
    rate = given.done / seconds if seconds >= 1 and given.done else 0
    left = round((given.total - given.done) / rate) if rate else 0
    return {
        "rate": round(rate),
        "seconds_left": left,
        "counts": given.done < given.total and given.state != State.UNDOING,
    }


def preview_page(request: SignedInRequest, given: Import, columns: ColumnsForm | None = None) -> HttpResponse:
    table = Table.of_json(given.unseal("sealed_table"))
    kind = request.GET.get("kind", Kind.WRONG if given.wrong else preview.ALL)
    kind = kind if kind in set(Kind) else preview.ALL
    first = digits(request.GET.get("from", ""), most=len(table.rows)) or 1
    counts = table.counts()
    to_import = counts[Kind.NEW] + counts[Kind.CHANGED]
    missing: list[str] = []
    if counts[Kind.WRONG] and missing_departments.may_add(request.user):
        missing = [missing_departments.words(path) for path in missing_departments.of(table, given.targets)]
    page = preview.page(given, table, kind, first, digits(request.GET.get("edit", "")))
    context = {
        "section": "extension",
        "given": given,
        "format": given.of_format,
        "columns": columns or ColumnsForm(heads=table.heads, targets=given.targets, mode=given.mode),
        "samples": [next((row[place] for row in table.rows if row[place]), "") for place in range(table.width)],
        "ignored": len(ignored := [place for place, target in enumerate(given.targets) if not target]),
        "ignored_with_data": sum(any(row[place] for row in table.rows) for place in ignored),
        "lacks_passwords": bool(counts[Kind.NEW]) and "registration_password" not in given.targets,
        "filters": preview.filters(table),
        "kind": kind,
        "page": page,
        "has_cells": any(row.cells for row in page.rows),
        "wrong": counts[Kind.WRONG],
        "to_import": to_import,
        "same": counts[Kind.SAME],
        "missing": missing[:MISSING_SHOWN],
        "missing_more": max(0, len(missing) - MISSING_SHOWN),
        "missing_count": len(missing),
        "import_words": ngettext("Import %(count)s extension", "Import %(count)s extensions", to_import)
        % {"count": localization.count(to_import)},
    }
    status = 422 if columns else 200
    return render(request, "extensions/spreadsheets/preview.html", context, status=status)


@needs(Permission.MANAGE_EXTENSIONS)
@require_POST
def columns(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Which column is which field, chosen anew; all rows are checked again."""
    given = own(request, pk)
    if given.state != State.READY:
        return redirect(given)
    table = Table.of_json(given.unseal("sealed_table"))
    form = ColumnsForm(request.POST, heads=table.heads, targets=given.targets, mode=given.mode)
    if not form.is_valid():
        return preview_page(request, given, form)
    given.targets, given.mode = form.targets, form.cleaned_data["mode"]
    check_all(given, table)
    return redirect(given)


@needs(Permission.MANAGE_EXTENSIONS)
@require_POST
@sensitive_post_parameters()
def correct(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Cells that were typed anew, and rows that are left out."""
    given = own(request, pk)
    with suppress(file_lock.LockedError), run.held(given):  # nobody begins to import it meanwhile
        given.refresh_from_db()
        if given.state == State.READY:
            return corrected(request, given)
    return redirect(given)


def corrected(request: SignedInRequest, given: Import) -> HttpResponse:
    table = Table.of_json(given.unseal("sealed_table"))
    if request.POST.get("then") == "leave_out_wrong":
        preview.leave_out(table, table.places(Kind.WRONG))
    else:
        run.check_again(given, table, preview.correct(table, request.POST))
        left_out = {digits(line) for line in request.POST.getlist("leave_out")}
        preview.leave_out(table, [place for place, line in enumerate(table.lines) if line in left_out])
    if not table.rows:
        given.delete()
        messages.info(request, _("Every row was left out, so nothing is imported."))
        return redirect("extensions:import_new")
    run.ready(given, table)
    return redirect(given)


@needs(Permission.MANAGE_EXTENSIONS)
@require_POST
def add_departments(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """All that rows name and that are not there; then the rows are checked again."""
    given = own(request, pk)
    if not missing_departments.may_add(request.user):
        raise PermissionDenied
    if given.state != State.READY:
        return redirect(given)
    table = Table.of_json(given.unseal("sealed_table"))
    made, refused = missing_departments.add(missing_departments.of(table, given.targets), request.user)
    if made:
        words = ngettext("%(count)s department added.", "%(count)s departments added.", made)
        messages.success(request, words % {"count": localization.count(made)})
    for path, why in list(refused.items())[:MISSING_SHOWN]:
        messages.error(request, _("Department “%(path)s” was not added: %(why)s") % {"path": path, "why": why})
    check_all(given, table)
    return redirect(given)


@needs(Permission.MANAGE_EXTENSIONS)
@require_GET
def wrong_rows(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """As a file to correct and import, with what is wrong."""
    given = own(request, pk)
    if given.state != State.READY:
        return redirect(given)
    table = Table.of_json(given.unseal("sealed_table"))
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="rows-with-errors.csv"'
    writer = csv.writer(answer)
    writer.writerow([safe(head) for head in [*table.heads, _("Error")]])
    for place, words in preview.errors(given, table):
        writer.writerow([safe(cell) for cell in [*table.rows[place], words]])
    return answer


@needs(Permission.MANAGE_EXTENSIONS)
@require_POST
def start(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Sent again, it shows what has become of it; and a check that was cut short begins again."""
    given = own(request, pk)
    if request.POST.get("then") == "check":
        return check_anew(given)
    if given.state != State.READY:
        return redirect(given)
    if request.POST.get("seen", given.seen) != given.seen:
        messages.info(request, _("The preview has changed since. Look at it again."))
        return redirect(given)
    if given.wrong:
        messages.error(request, _("Correct the rows with errors, or leave them out."))
        return redirect(given)
    require_reauthentication(request)
    return work(request, given, State.RUNNING)


@needs(Permission.MANAGE_EXTENSIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """What that takes away; then it is done."""
    given = own(request, pk)
    if given.state not in Import.IN_PLACE:
        return redirect(given)
    if request.method != "POST":
        return render(request, "extensions/spreadsheets/undo.html", {"section": "extension", "given": given})
    require_reauthentication(request)
    return work(request, given, State.UNDOING)


def work(request: SignedInRequest, given: Import, state: Import.State) -> HttpResponse:
    """Of two who press at the same moment, one begins."""
    now = {"state": state, "done": 0, "begun_at": timezone.now(), "canceled": False, "why": None}
    origin = context.current_origin()
    try:
        run.start(given, lambda: Import.objects.filter(pk=given.pk, state=given.state).update(origin=origin, **now))
    except file_lock.LockedError:
        messages.info(request, _("This import is still being applied. Try again in a moment."))
    return redirect(given)


def check_anew(given: Import) -> HttpResponse:
    """One that was cut short."""
    if is_stopped(given):
        with suppress(file_lock.LockedError):
            run.start(given, lambda: Import.objects.filter(pk=given.pk, state=State.CHECKING).update(why=None))
    return redirect(given)


@needs(Permission.MANAGE_EXTENSIONS)
@require_POST
def cancel(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Until it is saved; and of one that is not running, the end."""
    given = own(request, pk)
    if given.state in (State.READY, State.CHECKING):
        given.delete()
        messages.info(request, _("Nothing was imported."))
        return redirect("extensions:import_new")
    if not Import.objects.filter(pk=given.pk, state=State.RUNNING).update(canceled=True):
        messages.info(request, _("It is already saved. You can undo it."))
    return redirect(given)
