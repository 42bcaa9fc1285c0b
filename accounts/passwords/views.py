"""A forgotten password, and the page that a mailed link leads to. Neither says whether there is such an account."""

from allauth.account.utils import perform_login
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts import one_time_links
from accounts.allauth_internals import record_authentication
from accounts.models import User
from accounts.one_time_links import Link, Purpose
from accounts.passwords.forms import ChooseForm, ForgottenForm
from accounts.sessions import known_devices
from accounts.throttling import sign_in as sign_in_throttling

TO_CHOOSE = (Purpose.WELCOME, Purpose.RESET)


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(
            request, "accounts/passwords/forgotten.html", {"form": form}, status=422 if form.is_bound else 200
        )
    form.save(sign_in_throttling.network(request))
    return render(request, "accounts/passwords/forgotten_sent.html", {"email": form.cleaned_data["email"]})


@sensitive_post_parameters("password")
@sensitive_variables("token")
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """A look uses nothing up: mail scanners open links before people do."""
    response = _choose(request, token)
    response["Referrer-Policy"] = "strict-origin"  # the address is the secret; "no-referrer" would take the Origin away
    return response


def _choose(request: HttpRequest, token: str) -> HttpResponse:
    link = one_time_links.read(token)
    user = whose(link)
    if link is None or user is None:
        return closed(request)
    form = ChooseForm(request.POST if request.method == "POST" else None, user=user)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "person": user, "first": link.purpose == Purpose.WELCOME}
        return render(request, "accounts/passwords/choose.html", context, status=422 if form.is_bound else 200)
    if request.user.is_authenticated:
        logout(request)
    if not form.save(link, known_devices.circumstances(request)):
        return closed(request)
    messages.success(request, _("Your new password is set."))
    if not is_mfa_enabled(user):  # else the browser is known once the second factor was given there
        known_devices.know(request, user)
    record_authentication(request, user, method="password", email=user.email)
    response: HttpResponse = perform_login(request, user, email=user.email)
    return response


def whose(link: Link | None) -> User | None:
    """Whom the link lets choose a password; None: it was used, or called back."""
    if link is None or link.purpose not in TO_CHOOSE:
        return None
    found = User.objects.filter(pk=link.about, link_version=link.version, is_active=True)
    return found.exclude(email=None).first()


def closed(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/passwords/link_closed.html", status=410)
