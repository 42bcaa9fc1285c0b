"""The pages of a change of the e-mail address. The links of the mails work without a sign-in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import one_time_links
from accounts.one_time_links import Purpose
from accounts.profile.forms import EmailForm
from accounts.profile.models import EmailChange
from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from core.preferences.models import Preferences
from extensions.my_account import email_change
from extensions.my_account.email_change import Outcome
from extensions.my_account.views import may_change


def ask(request: SignedInRequest) -> HttpResponse:
    if not may_change("email"):
        raise PermissionDenied
    require_reauthentication(request)
    form = EmailForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        if not Preferences.current().mail_host:
            form.add_error(None, _("The portal cannot send e-mail yet. Ask your administrator to change the address."))
        elif email_change.asked_too_often(request.user):
            form.add_error(None, _("You requested several address changes within an hour. Try again later."))
        else:
            email_change.ask(request.user, form.cleaned_data["new"])
            messages.success(request, _("Check your e-mail. The address changes once every link is confirmed."))
            return redirect("account")
    context = {"section": "account", "tab": "profile", "form": form}
    return render(request, "extensions/my_account/email.html", context, status=422 if form.is_bound else 200)


@require_POST
def cancel(request: SignedInRequest) -> HttpResponse:
    if change := email_change.pending(request.user):
        email_change.cancel(change)
        messages.success(request, _("The change of your e-mail address was canceled."))
    else:
        messages.info(request, _("No e-mail address change is in progress."))
    return redirect("account")


@login_not_required
def confirm(request: HttpRequest, side: str, token: str) -> HttpResponse:
    """A GET changes nothing: mail scanners open links too. Each side has a key, so that both may be open at once."""
    key = f"{side}_link"
    text = one_time_links.token_of(request, key, token)
    found = email_change.find(text)
    if found is None or found[0] != side:
        return render(request, "extensions/my_account/email_confirm.html", {"outcome": "void"}, status=410)
    if token == one_time_links.OPENED:
        return _confirm(request, *found)
    one_time_links.keep_in_session(request, key, text, one_time_links.VALID_SECONDS[found[0]])
    return redirect("account_email_confirm", side, one_time_links.OPENED)


def _confirm(request: HttpRequest, side: Purpose, change: EmailChange) -> HttpResponse:
    context = {"change": change, "to_old": side == Purpose.OLD_EMAIL, "outcome": ""}
    if request.method != "POST":
        return render(request, "extensions/my_account/email_confirm.html", context)
    if request.POST.get("then") == "cancel":
        email_change.cancel(change)
        return render(request, "extensions/my_account/email_confirm.html", {**context, "outcome": "cancelled"})
    outcome = email_change.confirm(change, side)
    status = {Outcome.TAKEN: 409, Outcome.VOID: 410}.get(outcome, 200)
    return render(
        request, "extensions/my_account/email_confirm.html", {**context, "outcome": outcome.value}, status=status
    )
