"""Maintenance > Backup > Copies."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from backup.copies import choice, sending
from backup.copies.far_end import CopyError, UnknownHostKey
from backup.copies.forms import CopiesForm
from backup.models import CopySettings
from core import commands
from core.access.decorators import needs
from core.access.permissions import Permission
from core.audit import log


@dataclass(frozen=True)
class Outcome:
    """Of a test. `shown`: the host key of a server that none was entered for."""

    words: str
    works: bool = False
    shown: str = ""


# Who says where backups go can have them: see backup.views.
@needs(Permission.MANAGE_BACKUP, Permission.MANAGE_ROLES)
@sensitive_post_parameters("sftp_password", "s3_secret")
def change(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        return show(request, CopiesForm(by=request.user), 200)
    require_reauthentication(request)
    form = CopiesForm(request.POST, by=request.user)
    if not form.is_valid():
        return show(request, form, 409 if form.is_conflict else 422)
    saved = form.try_save()
    if saved and sending.owed(CopySettings.load()):
        commands.start("backup", "--copy", "--by", str(request.user.pk))
        messages.success(request, _("Settings saved. The last backup is being copied."))
    else:
        messages.success(request, _("Settings saved.") if saved else _("Nothing was changed."))
    return redirect("backup:list")


@needs(Permission.MANAGE_BACKUP, Permission.MANAGE_ROLES)
@require_POST
@sensitive_post_parameters("sftp_password", "s3_secret")
def test(request: SignedInRequest) -> HttpResponse:
    """By what is typed, saved or not. Nothing is saved."""
    require_reauthentication(request)
    form = CopiesForm(request.POST, by=request.user, is_test=True)
    if form.is_valid() and form.cleaned_data["kind"] == CopySettings.Kind.NONE:
        form.add_error("kind", _("Choose where backups are copied to."))
    if not form.is_valid():
        return show(request, form, 409 if form.is_conflict else 422)
    outcome = tried(request, form.typed())
    if outcome.shown:
        form = CopiesForm(with_host_key(request.POST, outcome.shown), by=request.user)
    return show(request, form, 200, outcome)


def tried(request: SignedInRequest, chosen: CopySettings) -> Outcome:
    try:
        choice.far_end(chosen).try_out()
    except CopyError as error:
        log.record(request.user, "backup.copies_tested", chosen.place, result=log.Result.FAILED, why=error)
        shown = error.shown if isinstance(error, UnknownHostKey) and not chosen.sftp_host_key else ""
        return Outcome(str(error), shown=shown)
    log.record(request.user, "backup.copies_tested", chosen.place)
    return Outcome(_("A file was written to %(place)s, read, and deleted.") % {"place": chosen.place}, works=True)


def with_host_key(typed: QueryDict, shown: str) -> QueryDict:
    changed = typed.copy()
    changed["sftp_host_key"] = shown
    return changed


def show(request: SignedInRequest, form: CopiesForm, status: int, outcome: Outcome | None = None) -> HttpResponse:
    context = {
        "section": "backup",
        "form": form,
        "outcome": outcome,
        "public_key": form.before.sftp_public_key,
    }
    return render(request, "backup/copies.html", context, status=status)
