from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from core.audit import log
from extensions import pbx
from extensions.access import get_extension, get_managed, may_manage, may_use
from extensions.detail.page import detail_page, taken
from extensions.listing.rows import rows_of
from extensions.models import SipExtension
from extensions.my_account import self_service
from extensions.my_account.views import may_change, picture_of
from extensions.phones import qr_code, registration_problems
from extensions.phones.settings import phone_settings

REMOVED = _("Phone removed. It registers again unless you change its password or turn it off.")
NOT_REGISTERED = _("That phone is no longer registered.")


@require_POST
def forget_attempts(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    try:
        pbx.get().forget_attempts(registration_problems.accounts(extension))
        log.record(request.user, "extension.attempts_forgotten", number)
    except pbx.PbxError as error:
        messages.error(request, str(error))
    return redirect(extension)


@require_POST
def release_outbound(request: SignedInRequest, number: str) -> HttpResponse:
    get_managed(request, number)
    try:
        pbx.get().release_outbound(number)
    except pbx.PbxError as error:
        messages.error(request, str(error))
    else:
        log.record(request.user, "extension.outbound_released", number)
        messages.success(request, _("Extension %(number)s can call outside again.") % {"number": number})
    return redirect("extensions:detail", number)


@require_http_methods(["GET", "POST"])
def remove_phone(request: SignedInRequest, number: str) -> HttpResponse:
    """One registration, to look at before; the phone may register again if it knows the password."""
    extension = get_used(request, number)
    if request.method != "POST":
        return confirm_removal(request, extension)
    try:
        removed = pbx.get().remove_phone(number, request.POST.get("phone", ""))
    except pbx.PbxError as error:
        log.record(request.user, "extension.phone_removed", number, result=log.Result.FAILED, error=error)
        messages.error(request, _("The phone could not be removed. %(why)s") % {"why": error})
        return redirect(extension)
    if removed:
        log.record(request.user, "extension.phone_removed", number, phone=request.POST["phone"])
    messages.success(request, REMOVED if removed else NOT_REGISTERED)
    return redirect(extension)


def confirm_removal(request: SignedInRequest, extension: SipExtension) -> HttpResponse:
    row = rows_of([extension])[0]
    phone = next((each for each in row.phones or () if each.id == request.GET.get("phone")), None)
    if phone is None:
        messages.info(request, NOT_REGISTERED)
        return redirect(extension)
    known = {"model": phone.model or _("The phone"), "address": phone.address}
    context = {
        "section": "extension" if request.user.sees_extensions else "own",
        "extension": row,
        "title": _("Remove phone"),
        "effects": [
            _("%(model)s at %(address)s is disconnected immediately. Calls no longer ring it.") % known,
            _("It registers again by itself unless you change its password or turn it off."),
        ],
        "button": _("Remove phone"),
        "busy": _("Removing…"),
        "fields": {"phone": phone.id},
    }
    return render(request, "extensions/confirm.html", context)


@require_GET
def detail(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_extension(request, number)
    password = taken(request, "user_password", number)
    pin = taken(request, "voicemail_pin", number)
    applied = taken(request, "applied", number)
    return detail_page(
        request,
        extension,
        applied={"live": applied[0], "words": applied[1]} if applied else None,
        user_password=password[0] if password else "",
        voicemail_pin=pin[0] if pin else "",
    )


def reveal(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_extension(request, number)
    if request.method != "POST":
        return redirect(extension)
    if not may_use(request, extension):
        raise PermissionDenied
    require_reauthentication(request)
    log.record(request.user, "extension.password_revealed", number)
    password = extension.registration_password
    if request.htmx:
        return render(
            request, "extensions/detail/_password.html", {"password": password, "revealed_at": timezone.now()}
        )
    return detail_page(request, extension, password=password)


def get_used(request: SignedInRequest, number: str) -> SipExtension:
    """Hides what the user may not see; refuses whose phones they may not use; asks who they are."""
    extension = get_extension(request, number)
    if not may_use(request, extension):
        raise PermissionDenied
    return extension


def code(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_extension(request, number)
    if request.method != "POST":
        return redirect(extension)
    extension = get_used(request, number)
    require_reauthentication(request)
    log.record(request.user, "extension.password_revealed", number, how="qr_code")
    settings = phone_settings(request, extension)
    values = {**settings, "port": settings["plain_port"], "name": extension.user.full_name}  # it says no transport
    qr = qr_code.drawn(qr_code.account(values, extension.registration_password))
    if request.htmx:
        return render(request, "extensions/phones/_phone_code.html", {"qr": qr})
    return detail_page(request, extension, qr=qr)


@require_POST
def new_password(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_used(request, number)
    if not may_change("registration_password") and not may_manage(request, extension):
        raise PermissionDenied
    require_reauthentication(request)
    if why := self_service.why_not_now(request.user, number):
        messages.error(request, why)
        return redirect(extension)
    self_service.new_registration_password(number, request.user)
    next_step = _("Reveal it below and enter it on each phone.")
    try:
        applied = pbx.get().apply([number], request.user)
    except pbx.PbxError as error:
        saved = _("The new password is saved but not applied. Phones keep the old one. %(error)s")
        messages.error(request, saved % {"error": error})
        return redirect(extension)
    if applied.live:
        done = _("New registration password created. Phones with the old one were disconnected.")
    else:
        done = _("New registration password created.")
    (messages.success if applied.live else messages.warning)(request, f"{done} {applied.words} {next_step}")
    return redirect(extension)


@require_GET
def picture(request: SignedInRequest, number: str, version: str) -> HttpResponse:
    return picture_of(get_extension(request, number).user, version)
