from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import one_time_links
from accounts.first_run import link as set_up_link
from accounts.first_run.forms import SetupForm
from accounts.models import User
from accounts.sessions import known_devices
from core import time_zones

KEY = "setup_link"  # in the session

View = Callable[[HttpRequest], HttpResponse]


def once_set_up(sign_in: View) -> View:
    """While there is nobody who could sign in, the page says where the set-up link is."""

    @wraps(sign_in)
    def view(request: HttpRequest) -> HttpResponse:
        if request.method == "GET" and not User.objects.exists():
            return render(request, "accounts/first_run/needed.html")
        return sign_in(request)

    return view


@sensitive_post_parameters("password")
@login_not_required
def setup(request: HttpRequest, token: str) -> HttpResponse:
    text = one_time_links.token_of(request, KEY, token)
    if not set_up_link.is_valid(text):
        return render(request, "accounts/first_run/closed.html", {"open": set_up_link.is_open()}, status=410)
    if token == one_time_links.OPENED:
        return set_up(request)
    one_time_links.keep_in_session(request, KEY, text, set_up_link.VALID_SECONDS)
    return redirect("setup", one_time_links.OPENED)


def set_up(request: HttpRequest) -> HttpResponse:
    form = SetupForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "zones": time_zones.options()}
        return render(request, "accounts/first_run/set_up.html", context, status=422 if form.is_bound else 200)
    user = form.save()
    if user is None:
        return render(request, "accounts/first_run/closed.html", {"open": False}, status=410)
    login(request, user)
    if form.needs_restart:
        messages.warning(
            request, _("To let your network in, restart pbxportal: press Ctrl+C in its terminal, then run make run.")
        )
    if form.cleaned_data.get("https_name"):
        words = _("In a few seconds the portal is at %(address)s. If it does not open, run manage.py https off.")
        messages.info(request, words % {"address": settings.FIND_ADDRESS().urls[0]})
    response = redirect("home")
    known_devices.remember(request, response, user)
    return response
