"""Maintenance > Backup."""

import time
from pathlib import Path
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from backup import making, places
from backup.forms import BackupSettingsForm
from backup.models import Backup, BackupSettings, CopySettings
from core import commands
from core.access.decorators import needs
from core.access.permissions import Permission
from core.audit import log
from core.coded_text import CodedText
from core.keyset_pagination import newest_first
from core.validators import digits

PAGE_SIZE = 50
START_SECONDS = 3.0


@gzip_page
@needs(Permission.VIEW_BACKUP)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    before = digits(request.GET.get("before", ""))
    page = newest_first(Backup.objects.select_related("by").prefetch_related("copies"), before=before, size=PAGE_SIZE)
    chosen, place = BackupSettings.load(), places.from_settings()
    context = {
        "section": "backup",
        "backups": page.rows,
        "chosen": chosen,
        "folder": chosen.folder or place.usual_folder,
        "copied_to": CopySettings.load().place,
        "running": making.is_running(place),
        "may_have_all": request.user.can(Permission.MANAGE_ROLES) and request.user.can(Permission.MANAGE_BACKUP),
        "newest": "?" if before else "",
        "older": f"?before={page.next}" if page.next else "",
    }
    template = "backup/_list.html" if request.htmx else "backup/list.html"
    return render(request, template, context)


@needs(Permission.MANAGE_BACKUP)
@require_POST
def back_up_now(request: SignedInRequest) -> HttpResponse:
    place = places.from_settings()
    if not BackupSettings.load().sealed_passphrase:
        messages.error(request, _("Set a passphrase first."))
    elif making.is_running(place):
        messages.info(request, _("A backup is already running."))
    else:
        log.record(request.user, "backup.started", CodedText("module.backup"))
        begin("backup", "--by", str(request.user.pk))
    return redirect("backup:list")


@needs(Permission.MANAGE_BACKUP)
@require_POST
def try_restore(request: SignedInRequest, pk: int) -> HttpResponse:
    backup = get_object_or_404(Backup.objects.filter(state=Backup.State.VERIFIED), pk=pk)
    if not backup.is_there:
        messages.error(request, _("The file of this backup is missing."))
    elif making.is_running(places.from_settings()):
        messages.info(request, _("A backup is already running. Try again in a moment."))
    else:
        log.record(request.user, "backup.tried", backup.name)
        begin("restore", backup.file, "--try", "--row", str(backup.pk))
    return redirect("backup:list")


def begin(*command: str) -> None:
    """And wait a moment, so that the page shows it."""
    commands.start(*command)
    until = time.monotonic() + START_SECONDS
    while not making.is_running(places.from_settings()) and time.monotonic() < until:
        time.sleep(0.05)


# What is in a backup lets its holder do all: who may have one is who could be given every permission anyway.
@needs(Permission.MANAGE_BACKUP, Permission.MANAGE_ROLES)
@require_POST
@reauthentication_required  # type: ignore[untyped-decorator]
def download(request: SignedInRequest, pk: int) -> HttpResponseBase:
    backup = get_object_or_404(Backup.objects.filter(state=Backup.State.VERIFIED), pk=pk)
    try:
        file = Path(backup.file).open("rb")  # noqa: SIM115 (the answer closes it)
    except OSError:
        messages.error(request, _("The file of this backup is missing."))
        return redirect("backup:list")
    log.record(request.user, "backup.downloaded", backup.name)
    return FileResponse(file, as_attachment=True, filename=backup.name, content_type="application/octet-stream")


@needs(Permission.MANAGE_BACKUP, Permission.MANAGE_ROLES)
@sensitive_post_parameters("passphrase")
def change_settings(request: SignedInRequest) -> HttpResponse:
    data: Any = None
    if request.method == "POST":
        require_reauthentication(request)
        data = request.POST
    form = BackupSettingsForm(data, by=request.user)
    if form.is_valid():
        messages.success(request, _("Settings saved.") if form.try_save() else _("Nothing was changed."))
        return redirect("backup:list")
    status = 409 if form.is_bound and form.is_conflict else 422 if form.is_bound else 200
    return render(request, "backup/settings.html", {"section": "backup", "form": form}, status=status)
