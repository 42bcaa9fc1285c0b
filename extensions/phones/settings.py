from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from core.preferences.models import Preferences
from extensions import pbx
from extensions.models import SipExtension


def phone_settings(request: SignedInRequest, extension: SipExtension) -> dict[str, Any]:
    """What a person types into the phone."""
    preferences = Preferences.current()
    host, port = pbx.get().address()
    if host in ("", "0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        host = urlsplit(f"//{request.get_host()}").hostname or ""
    return {
        "server": preferences.sip_host or host,
        "port": preferences.sip_port or port,
        "transport": _("UDP or TCP"),
        "user_name": extension.number,
        "authentication_name": extension.registration_name,
    }
