from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import devices
from accounts import setup as first_setup
from accounts.setup_form import SetupForm

THEMES = ("auto", "light", "dark")


@sensitive_post_parameters("password")
@never_cache
@login_not_required
def setup(request: HttpRequest, token: str) -> HttpResponse:
    if not first_setup.is_valid(token):
        return render(request, "setup_closed.html", {"open": first_setup.is_open()}, status=410)
    form = SetupForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "setup.html", {"form": form}, status=422 if form.is_bound else 200)
    user = form.save()
    if user is None:
        return render(request, "setup_closed.html", {"open": False}, status=410)
    login(request, user)
    response = redirect("home")
    devices.remember(request, response, user)
    return response


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    chosen = request.POST.get("theme")
    if chosen in THEMES:
        response.set_cookie(
            "theme", chosen, max_age=365 * 86400, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return response
