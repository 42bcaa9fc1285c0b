"""The first administrator: a link, printed where the portal was started, that makes one and then no other."""

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse

from accounts.models import User

VALID_SECONDS = 24 * 3600
signer = TimestampSigner(salt="accounts.first_run")


def is_open() -> bool:
    return not User.objects.super_administrators().exists()


def is_valid(token: str) -> bool:
    try:
        signer.unsign(token, max_age=VALID_SECONDS)
    except BadSignature:
        return False
    return is_open()


def setup_url() -> str | None:
    """The link, valid for a day; None once there is a Super Administrator."""
    if not is_open():
        return None
    return f"{settings.PORTAL_URL}{reverse('setup', args=[signer.sign('first')])}"
