"""Maintenance > Operation Log."""

from urllib.parse import urlencode

from allauth.account.decorators import reauthentication_required
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localtime, now
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from core.access.decorators import needs
from core.access.permissions import Permission
from core.access.requests import SignedInRequest
from core.audit import csv_export, log
from core.audit.filters import LogFilter
from core.audit.models import AuditHead, AuditRecord
from core.coded_text import CodedText
from core.keyset_pagination import Page
from core.validators import digits


def link(asked: dict[str, str], **more: object) -> str:
    return "?" + urlencode({**asked, **more})


def chips(form: LogFilter) -> list[dict[str, str]]:
    """Each filter with its value, and the address without it."""
    asked = form.asked()
    return [
        {
            "label": str(form.fields[name].label),
            "value": form.value_shown(name),
            "url": link({other: each for other, each in asked.items() if other != name}),
        }
        for name, text in asked.items()
    ]


def links(page: Page[AuditRecord], asked: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if page.previous:
        found |= {"newest": link(asked), "newer": link(asked, after=page.previous)}
    if page.next:
        found |= {"older": link(asked, before=page.next), "oldest": link(asked, oldest=1)}
    return found


@gzip_page
@needs(Permission.VIEW_LOG)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    form = LogFilter(request.GET)
    valid = form.is_valid()
    page: Page[AuditRecord] = Page([])
    if valid:
        before, after = (digits(request.GET.get(name, "")) for name in ("before", "after"))
        page = form.found().page(before=before, after=after, oldest="oldest" in request.GET)
    asked = form.asked()
    context = {
        "section": "log",
        "form": form,
        "errors": [
            {"id": form[name].id_for_label, "label": form[name].label, "message": str(error)}
            for name, errors in form.errors.items()
            for error in errors
        ],
        "records": page.rows,
        "links": links(page, asked),
        "chips": chips(form),
        "asked": urlencode(asked),
        "total": AuditHead.objects.filter(pk=1).values_list("count", flat=True).first(),
    }
    return render(request, "core/audit/list.html", context, status=200 if valid else 422)


@needs(Permission.VIEW_LOG)
@require_GET
def record(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(AuditRecord, pk=pk)
    return render(request, "core/audit/record.html", {"section": "log", "record": found})


@needs(Permission.VIEW_LOG)
@require_POST
@reauthentication_required  # type: ignore[untyped-decorator]
def export(request: SignedInRequest) -> HttpResponseBase:
    form = LogFilter(request.GET)
    if not form.is_valid():
        return redirect(reverse("log:list") + link(form.asked()))
    found = form.found().until_now()
    log.record(
        request.user,
        "log.exported",
        CodedText("module.log"),
        filtered=form.asked(),
    )
    answer = StreamingHttpResponse(csv_export.lines(found.all()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="operation-log-{localtime(now()):%Y-%m-%d}.csv"'
    return answer
