"""PBX Settings > Preferences > Voicemail."""

from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.requests import SignedInRequest
from core.access.decorators import needs
from core.access.permissions import Permission
from pbxportal.pbx_settings import page
from pbxportal.pbx_settings.voicemail_forms import VoicemailForm


@needs(Permission.VIEW_PREFERENCES)
def voicemail(request: SignedInRequest) -> HttpResponse:
    form = page.submit(request, VoicemailForm)
    return page.show(request, form, "voicemail") if form else redirect("voicemail_preferences")
