from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from core import reach
from core.preferences.models import Preferences
from core.reach import is_local
from extensions import pbx
from extensions.models import SipExtension


def _host_of_the_portal(request: SignedInRequest) -> str:
    """By which the network knows this machine, also for whoever sits at it."""
    asked = urlsplit(f"//{request.get_host()}").hostname or ""
    named = urlsplit(settings.PORTAL_URL).hostname or ""
    return named if named and is_local(asked) and not is_local(named) else asked


def phone_settings(request: SignedInRequest, extension: SipExtension) -> dict[str, Any]:
    """What a person types into the phone."""
    preferences = Preferences.current()
    host, port = pbx.get().address()
    if host in ("", *reach.EVERYWHERE):
        host = _host_of_the_portal(request)
    server = preferences.sip_host or host
    return {
        "server": server,
        "only_here": is_local(server),
        "lets_network_in_later": reach.chosen(settings.VAR) == reach.NETWORK,
        "sip_bind_is_set": "SIP_BIND" in reach.set_by_environment(),
        "port": preferences.sip_port or port,
        "transport": _("UDP or TCP"),
        "user_name": extension.number,
        "authentication_name": extension.registration_name,
    }
