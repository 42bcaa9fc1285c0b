"""What a person sees to for the own sign-in: the password, and where one is signed in."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.passwords.forms import OwnPasswordForm
from accounts.requests import SignedInRequest
from accounts.second_factor.views import section
from accounts.sessions import active as active_sessions
from accounts.sessions import known_devices, user_agents
from accounts.sessions.models import Session
from core.audit import log
from core.http import UNKNOWN


@dataclass(frozen=True)
class Place:
    session: Session
    here: bool

    @property
    def address(self) -> str:
        return "" if self.session.address == UNKNOWN else self.session.address

    @property
    def device(self) -> str:
        return user_agents.words(self.session.agent)


@require_safe
def security(request: SignedInRequest) -> HttpResponse:
    key = active_sessions.key(request)
    places = [Place(each, each.pk == key) for each in active_sessions.living(request.user)]
    places.sort(key=lambda place: not place.here)
    context = {"section": "account", "tab": "security", "places": places, **section(request.user)}
    return render(request, "accounts/security/security.html", context)


@require_POST
def stay(request: SignedInRequest) -> HttpResponse:  # noqa: ARG001
    """Any request that is not a poll extends the session: SessionRules has done it."""
    return HttpResponse(status=204)


@require_POST
def end_session(request: SignedInRequest) -> HttpResponse:
    """Another of one's own: this one ends by signing out."""
    key = request.POST.get("session", "")
    with transaction.atomic():
        found = active_sessions.of(request.user).filter(pk=key).exclude(pk=active_sessions.key(request)).first()
        if found:
            found.delete()
            log.record(request.user, "sign_in.session_ended", request.user, address=found.address, browser=found.agent)
    if found:
        messages.success(request, _("%(device)s has been signed out.") % {"device": user_agents.words(found.agent)})
    else:
        messages.info(request, _("That session has already ended."))
    return redirect("account_security")


@require_POST
def end_others(request: SignedInRequest) -> HttpResponse:
    count = end_everywhere(request.user, request, of=request.user)
    if count:
        words = ngettext(
            "%(count)s other session has been signed out.", "%(count)s other sessions have been signed out.", count
        )
        messages.success(request, words % {"count": count})
    else:
        messages.info(request, _("You are not signed in anywhere else."))
    return redirect("account_security")


def end_everywhere(by: User, request: SignedInRequest, *, of: User) -> int:
    """But here, where somebody does it to themselves."""
    with transaction.atomic():
        count = active_sessions.end(of, but=active_sessions.key(request))
        if count:
            log.record(by, "sign_in.ended_everywhere", of, sessions=count)
    return count


@sensitive_post_parameters("present", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: SignedInRequest) -> HttpResponse:
    user = User.objects.get(pk=request.user.pk)
    must = user.must_change_password
    form = OwnPasswordForm(request.POST if request.method == "POST" else None, user=user)
    if request.method != "POST" or not form.is_valid():
        context = {"section": "account", "tab": "security", "form": form}
        page = "accounts/passwords/must_change.html" if must else "accounts/passwords/change.html"
        return render(request, page, context, status=422 if form.is_bound else 200)
    if form.save(active_sessions.key(request), known_devices.circumstances(request)):
        update_session_auth_hash(request, user)
        messages.success(request, _("Your new password has been set. You have been signed out everywhere else."))
    else:
        messages.error(request, _("Your password was just changed somewhere else. Nothing was changed here."))
    return redirect("home" if must else "account_security")
