"""PBX Settings > Preferences > Email."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from core.access.decorators import needs, require
from core.access.permissions import Permission
from core.audit import log
from core.mail import diagnostics
from core.mail.diagnostics import Outcome
from core.mail.errors import Trouble
from core.mail.smtp.client import Server
from pbxportal.pbx_settings.forms import Conflict
from pbxportal.pbx_settings.mail_forms import MailForm, RecipientForm


@needs(Permission.VIEW_PREFERENCES)
@sensitive_post_parameters("mail_password")
def mail(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        return page(request, MailForm(by=request.user), RecipientForm(by=request.user))
    require(request.user, Permission.MANAGE_PREFERENCES)
    require_reauthentication(request)
    form = MailForm(request.POST, by=request.user)
    try:
        if form.is_valid():
            messages.success(request, _("Preferences saved.") if form.try_save() else _("Nothing was changed."))
            return redirect("mail_preferences")
    except Conflict:
        form = MailForm(request.POST, by=request.user)
    return page(request, form, RecipientForm(by=request.user))


@needs(Permission.MANAGE_PREFERENCES)
@require_POST
@sensitive_post_parameters("mail_password")
def test_mail(request: SignedInRequest) -> HttpResponse:
    """By what is typed, saved or not. Nothing is saved."""
    form, where = MailForm(request.POST, by=request.user), RecipientForm(request.POST, by=request.user)
    if not form.is_valid() or not where.is_valid():
        return page(request, form, where)
    to = where.cleaned_data["test_to"]
    try:
        server = form.server()
    except Trouble as trouble:
        return page(request, form, where, Outcome(False, str(trouble), [], to))
    if server is None:
        form.add_error("mail_host", _("Enter the mail server to test."))
        return page(request, form, where)
    return page(request, form, where, tried(request, server, to))


def tried(request: SignedInRequest, server: Server, to: str) -> Outcome:
    outcome = diagnostics.send(server, to, request.user)
    last = str(outcome.replies[-1]) if outcome.replies else ""
    log.record(request.user, "mail.tested", to, server=f"{server.host} {server.port}", taken=outcome.taken, answer=last)
    return outcome


def page(
    request: SignedInRequest, form: MailForm, where: RecipientForm, outcome: Outcome | None = None
) -> HttpResponse:
    context = {"section": "preferences", "tab": "mail", "form": form, "where": where, "outcome": outcome}
    if outcome is None and (form.errors or where.errors):
        status = 409 if form.is_bound and form.is_conflict else 422
        return render(request, "pbxportal/pbx_settings/mail.html", context, status=status)
    return render(request, "pbxportal/pbx_settings/mail.html", context)
