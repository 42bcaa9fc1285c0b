"""The second factor of somebody who has lost it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from accounts.second_factor import factors
from accounts.second_factor.factors import Factors
from accounts.sessions.reauthentication import require_fresh
from extensions.listing import rows_of
from extensions.lookup import get_managed


@never_cache
@require_http_methods(["GET", "POST"])
def remove(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    user = extension.user
    if user == request.user:
        messages.error(request, _("Your own second factor is changed on the page of your sign-in and security."))
        return redirect("account_security")
    require_fresh(request)
    words = Factors.of(user).words
    if request.method == "POST" and factors.remove_all(user, request.user, number):
        done = _("The second factor of %(name)s is removed. Signing in needs the password alone now.")
        messages.success(request, done % {"name": user})
        return redirect(extension)
    if not words:
        messages.info(request, _("%(name)s has no second factor.") % {"name": user})
        return redirect(extension)
    context = {
        "section": "extension",
        "extension": rows_of([extension])[0],
        "words": words,
        "compulsory": factors.is_compulsory_for(user),
    }
    return render(request, "extensions/remove_factor.html", context)
