"""PBX Settings > Preferences > Email."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from core.access.decorators import needs
from core.access.permissions import Permission
from core.audit import log
from core.mail import diagnostics
from core.mail.diagnostics import Outcome
from core.mail.errors import Trouble
from core.mail.smtp.client import Server
from pbxportal.pbx_settings import page
from pbxportal.pbx_settings.mail_forms import MailForm, RecipientForm


@needs(Permission.VIEW_PREFERENCES)
@sensitive_post_parameters("mail_password")
def mail(request: SignedInRequest) -> HttpResponse:
    form = page.submit(request, MailForm)
    return show(request, form, RecipientForm(by=request.user)) if form else redirect("mail_preferences")


@needs(Permission.MANAGE_PREFERENCES)
@require_POST
@sensitive_post_parameters("mail_password")
def test_mail(request: SignedInRequest) -> HttpResponse:
    """By what is typed, saved or not. Nothing is saved."""
    form, where = MailForm(request.POST, by=request.user), RecipientForm(request.POST, by=request.user)
    if not form.is_valid() or not where.is_valid():
        return show(request, form, where)
    to = where.cleaned_data["test_to"]
    try:
        server = form.server()
    except Trouble as trouble:
        return show(request, form, where, Outcome(False, str(trouble), [], to))
    if server is None:
        form.add_error("mail_host", _("Enter the mail server to test."))
        return show(request, form, where)
    return show(request, form, where, tried(request, server, to))


def tried(request: SignedInRequest, server: Server, to: str) -> Outcome:
    outcome = diagnostics.send(server, to, request.user)
    last = str(outcome.replies[-1]) if outcome.replies else ""
    log.record(request.user, "mail.tested", to, server=f"{server.host} {server.port}", taken=outcome.taken, answer=last)
    return outcome


def show(
    request: SignedInRequest, form: MailForm, where: RecipientForm, outcome: Outcome | None = None
) -> HttpResponse:
    is_wrong = outcome is None and (form.errors or where.errors)
    status = 200 if not is_wrong else 409 if form.is_bound and form.is_conflict else 422
    return page.show_tab(request, "mail", status, form=form, where=where, outcome=outcome)
