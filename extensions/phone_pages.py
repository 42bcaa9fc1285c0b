"""Of an extension's page: the QR code for a phone, a new registration password, and the person's picture."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_fresh
from core.audit import log
from extensions import own, pbx, phone_code
from extensions.account import may_change, picture_of
from extensions.lookup import get_extension, may_manage, may_use
from extensions.models import SipExtension
from extensions.views import detail_page, phone_settings


def get_used(request: SignedInRequest, number: str) -> SipExtension:
    """Hides what the user may not see; refuses whose phones they may not use; asks who they are."""
    extension = get_extension(request, number)
    if not may_use(request, extension):
        raise PermissionDenied
    return extension


@never_cache
def code(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_extension(request, number)
    if request.method != "POST":
        return redirect(extension)
    extension = get_used(request, number)
    require_fresh(request)
    log.record(request.user, "extension.password_revealed", number, how="QR code")
    values = {**phone_settings(request, extension), "name": extension.user.full_name}
    qr = phone_code.drawn(phone_code.account(values, extension.registration_password))
    if request.htmx:
        return render(request, "extensions/_phone_code.html", {"qr": qr})
    return detail_page(request, extension, qr=qr)


@require_POST
def new_password(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_used(request, number)
    if not may_change("registration_password") and not may_manage(request, extension):
        raise PermissionDenied
    require_fresh(request)
    if why := own.why_not_now(request.user, number):
        messages.error(request, why)
        return redirect(extension)
    own.new_registration_password(extension, request.user)
    next_step = _("Reveal it below, and type it into each phone.")
    try:
        applied = pbx.get().apply([number], request.user)
    except pbx.PbxError as error:
        saved = _("The new password is saved, and not on the PBX yet: phones keep the old one. %(error)s")
        messages.error(request, saved % {"error": error})
        return redirect(extension)
    if applied.live:
        done = _("There is a new registration password, and the phones that had the old one were put out.")
    else:
        done = _("There is a new registration password.")
    (messages.success if applied.live else messages.warning)(request, f"{done} {applied.words} {next_step}")
    return redirect(extension)


@require_GET
def picture(request: SignedInRequest, number: str, version: str) -> HttpResponse:
    return picture_of(get_extension(request, number).user, version)
