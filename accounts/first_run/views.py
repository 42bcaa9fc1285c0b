from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.first_run import link as set_up_link
from accounts.first_run.forms import SetupForm
from accounts.sessions import known_devices


@sensitive_post_parameters("password")
@never_cache
@login_not_required
def setup(request: HttpRequest, token: str) -> HttpResponse:
    if not set_up_link.is_valid(token):
        return render(request, "accounts/first_run/closed.html", {"open": set_up_link.is_open()}, status=410)
    form = SetupForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/first_run/set_up.html", {"form": form}, status=422 if form.is_bound else 200)
    user = form.save()
    if user is None:
        return render(request, "accounts/first_run/closed.html", {"open": False}, status=410)
    login(request, user)
    response = redirect("home")
    known_devices.remember(request, response, user)
    return response
