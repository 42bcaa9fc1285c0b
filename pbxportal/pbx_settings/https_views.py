"""PBX Settings > Preferences > HTTPS."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseGone
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from core.access.decorators import needs, require
from core.access.permissions import Permission
from core.https import Certificate
from pbxportal.front import authority, certificates, outcome, status
from pbxportal.pbx_settings.forms import Conflict
from pbxportal.pbx_settings.https_forms import HttpsForm


@needs(Permission.VIEW_PREFERENCES)
@sensitive_post_parameters("chain", "key")
def https(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        return page(request, HttpsForm(by=request.user))
    require(request.user, Permission.MANAGE_PREFERENCES)
    require_reauthentication(request)
    form = HttpsForm(request.POST, by=request.user)
    try:
        if form.is_valid():
            saved = form.try_save()
            messages.success(request, saved_words() if saved else _("Nothing was changed."))
            return redirect("https_preferences")
    except Conflict:
        form = HttpsForm(request.POST, by=request.user)
    return page(request, form)


def saved_words() -> str:
    urls = " " + _("or") + " "
    where = urls.join(settings.FIND_ADDRESS().urls)
    return _("Preferences saved. In a few seconds the portal is at %(address)s.") % {"address": where}


def page(request: SignedInRequest, form: HttpsForm) -> HttpResponse:
    address = settings.FIND_ADDRESS()
    context = {
        "section": "preferences",
        "tab": "https",
        "form": form,
        "address": address,
        "state": status.of(address),
        "refused": outcome.error(),
        "root": certificates.root_fingerprint() if address.certificate == Certificate.AUTHORITY else "",
    }
    code = 200 if not form.is_bound else 409 if form.is_conflict else 422
    return render(request, "pbxportal/pbx_settings/https.html", context, status=code)


@login_not_required
@require_GET
def root_certificate(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Of the portal's own authority: whoever is to trust it has not signed in yet. It is no secret."""
    file = certificates.folder() / "authority" / authority.ROOT
    if settings.FIND_ADDRESS().certificate != Certificate.AUTHORITY or not file.exists():
        return HttpResponseGone(_("There is no root certificate."), content_type="text/plain; charset=utf-8")
    headers = {"Content-Disposition": 'attachment; filename="pbxportal-root.crt"'}
    return HttpResponse(file.read_bytes(), content_type="application/x-x509-ca-cert", headers=headers)
