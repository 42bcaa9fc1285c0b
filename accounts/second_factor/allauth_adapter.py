"""What allauth asks of us about second factors: how their secrets are sealed, and by which names they go."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from fido2.webauthn import CollectedClientData

from accounts.models import Organization, User
from core import encryption

LABEL = "factor"


def passkey_name() -> str:
    """The host name that passkeys are made for; "" where browsers make none: at a bare or an unprotected address."""
    parts = urlsplit(settings.PORTAL_URL)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host if parts.scheme == "https" or host.rpartition(".")[2] == "localhost" else ""
    return ""


def is_of_this_page(client_data: CollectedClientData) -> bool:
    """Whether the browser made it at the portal's own address, not on a sub-domain, another port or in a frame."""
    return client_data.origin == settings.PORTAL_URL and not client_data.cross_origin


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("That code did not match. Enter the latest code; each code works only once."),
    }

    def encrypt(self, text: str) -> str:
        return encryption.seal(LABEL, "", text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.unseal(LABEL, "", encrypted_text)

    def get_totp_issuer(self) -> str:
        """Without the sign that parts it from the person."""
        return Organization.company_name().replace(":", " ")

    def get_totp_label(self, user: User) -> str:
        return f"{self.get_totp_issuer()}:{user.email}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": passkey_name(), "name": Organization.company_name()}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        return {"id": user_pk_to_url_str(user).encode(), "display_name": user.full_name, "name": user.email}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 (allauth's)
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _("Passkey %(number)s") % {"number": count + 1}
