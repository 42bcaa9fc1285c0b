"""PBX Settings > Preferences > HTTPS."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseGone
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from core.access.decorators import needs
from core.access.permissions import Permission
from core.https import Certificate
from pbxportal.front import authority, certificates, outcome, status
from pbxportal.pbx_settings import page
from pbxportal.pbx_settings.https_forms import HttpsForm


@needs(Permission.VIEW_PREFERENCES)
@sensitive_post_parameters("chain", "key")
def https(request: SignedInRequest) -> HttpResponse:
    form = page.submit(request, HttpsForm)
    if form is None:
        return redirect("https_preferences")
    address = settings.FIND_ADDRESS()
    return page.show(
        request,
        form,
        "https",
        address=address,
        state=status.of(address),
        refused=outcome.error(),
        root=certificates.root_fingerprint() if address.certificate == Certificate.AUTHORITY else "",
    )


@login_not_required
@require_GET
def root_certificate(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Of the portal's own authority: whoever is to trust it has not signed in yet. It is no secret."""
    file = certificates.folder() / "authority" / authority.ROOT
    if settings.FIND_ADDRESS().certificate != Certificate.AUTHORITY or not file.exists():
        return HttpResponseGone(_("There is no root certificate."), content_type="text/plain; charset=utf-8")
    headers = {"Content-Disposition": 'attachment; filename="pbxportal-root.crt"'}
    return HttpResponse(file.read_bytes(), content_type="application/x-x509-ca-cert", headers=headers)
