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
from extensions.models import SipExtension


@require_http_methods(["GET", "POST"])
def remove_second_factor(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    user = extension.user
    if user == request.user:
        messages.error(request, _("Change your own two-step verification in My account > Security."))
        return redirect("account_security")
    require_reauthentication(request)
    words = Factors.of(user).words
    if request.method == "POST" and factors.remove_all(user, request.user, number):
        done = _("Two-step verification removed for %(name)s. The password alone is now enough to sign in.")
        messages.success(request, done % {"name": user})
        return redirect(extension)
    if not words:
        messages.info(request, _("%(name)s does not use two-step verification.") % {"name": user})
        return redirect(extension)
    context = {
        "section": "extension",
        "extension": rows_of([extension])[0],
        "words": words,
        "compulsory": factors.is_compulsory_for(user),
    }
    return render(request, "extensions/remove_factor.html", context)


@require_http_methods(["GET", "POST"])
def sign_in(request: SignedInRequest, number: str) -> HttpResponse:
    """To look at before it is blocked; allowed or blocked."""
    extension = get_managed(request, number)
    allowed = request.POST.get("allowed") == "yes"
    ask_again_about(request, extension.user.role)
    if not allowed and (why := actions.refusal("leave", extension, request.user)):
        messages.error(request, why)
        return redirect(extension)
    if request.method != "POST":
        return confirm_block(request, extension)
    try:
        (actions.allow_sign_in if allowed else actions.block_sign_in)(number, request.user)
    except actions.ActionRefusedError as error:
        messages.error(request, str(error))
        return redirect(extension)
    done = _("%(name)s can sign in again.") if allowed else _("%(name)s is signed out everywhere and cannot sign in.")
    messages.success(request, done % {"name": extension.user})
    return redirect(extension)


def confirm_block(request: SignedInRequest, extension: SipExtension) -> HttpResponse:
    context = {
        "section": "extension",
        "extension": rows_of([extension])[0],
        "title": _("Block sign-in"),
        "effects": [
            _("This signs the person out everywhere and refuses every further sign-in, until you allow it again."),
            _("Phones keep working."),
        ],
        "button": _("Block sign-in"),
        "busy": _("Blocking…"),
        "fields": {"allowed": "no"},
    }
    return render(request, "extensions/confirm.html", context)


@require_POST
def sign_out(request: SignedInRequest, number: str) -> HttpResponse:
    """Everywhere; the person may sign in again."""
    extension = get_managed(request, number)
    user = extension.user
    if count := end_everywhere(request.user, request, of=user):
        words = ngettext(
            "%(name)s is signed out. %(count)s session ended.",
            "%(name)s is signed out. %(count)s sessions ended.",
            count,
        )
        messages.success(request, words % {"name": user, "count": count})
    elif user == request.user:
        messages.info(request, _("You are not signed in anywhere else."))
    else:
        messages.info(request, _("%(name)s is not signed in anywhere.") % {"name": user})
    return redirect(extension)
