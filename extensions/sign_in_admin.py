"""What an administrator does to a person's sign-in: block and allow it, sign out everywhere, remove a second factor."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import SignedInRequest
from accounts.second_factor import factors
from accounts.second_factor.factors import Factors
from accounts.security.views import end_everywhere
from accounts.sessions.reauthentication import require_reauthentication
from extensions import actions
from extensions.access import ask_again_about, get_managed
from extensions.listing.rows import rows_of


@require_http_methods(["GET", "POST"])
def remove_second_factor(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    user = extension.user
    if user == request.user:
        messages.error(request, _("Your own second factor is changed on the page of your sign-in and security."))
        return redirect("account_security")
    require_reauthentication(request)
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


@require_POST
def sign_in(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    allowed = request.POST.get("allowed") == "yes"
    ask_again_about(request, extension.user.role)
    if not allowed and (why := actions.refusal("leave", extension, request.user)):
        messages.error(request, why)
        return redirect(extension)
    try:
        (actions.allow_sign_in if allowed else actions.block_sign_in)(number, request.user)
    except actions.ActionRefusedError as error:
        messages.error(request, str(error))
        return redirect(extension)
    done = _("%(name)s can sign in again.") if allowed else _("%(name)s is signed out everywhere and cannot sign in.")
    messages.success(request, done % {"name": extension.user})
    return redirect(extension)


@require_POST
def sign_out(request: SignedInRequest, number: str) -> HttpResponse:
    """Everywhere; the person may sign in again."""
    extension = get_managed(request, number)
    user = extension.user
    if count := end_everywhere(request.user, request, of=user):
        words = ngettext(
            "%(name)s is signed out: %(count)s session was ended.",
            "%(name)s is signed out: %(count)s sessions were ended.",
            count,
        )
        messages.success(request, words % {"name": user, "count": count})
    elif user == request.user:
        messages.info(request, _("You are signed in nowhere else."))
    else:
        messages.info(request, _("%(name)s is signed in nowhere.") % {"name": user})
    return redirect(extension)
