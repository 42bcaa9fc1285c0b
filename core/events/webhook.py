"""Posts what a webhook is to be told: signed, with back-off for a day, and not again once it was taken."""

import hashlib
import hmac
import logging
import socket
import ssl
import time
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import encryption
from core.coded_text import CodedText, to_json
from core.events.models import Delivery
from core.outgoing import OutgoingError, reachable
from core.preferences.models import Preferences

LABEL, ROW = "webhook_secret", 1
TIMEOUT_SECONDS = 10
DELAYS = [5, 15, 30, 60, 120, 300, 600]
LAST_DELAY = 900
GIVEN_UP_AFTER = timedelta(days=1)
AT_ONCE = 20
logger = logging.getLogger(__name__)


class WebhookError(Exception):
    """Why it could not be posted."""


def check_address(text: str) -> SplitResult:
    """Raises ValidationError."""
    try:
        url = urlsplit(text)
        valid = url.scheme in ("http", "https") and url.hostname and text.isascii() and text.isprintable()
        valid = valid and " " not in text and url.username is None and not url.fragment and url.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ValidationError(_("Enter an address such as https://monitor.example.com/alerts."), code="webhook")
    return url


def signature(secret: str, moment: int, body: bytes) -> str:
    """Of the time and the body, so that an old message cannot be sent again later."""
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def deliver() -> None:
    """What is due. One that fails keeps no other from its turn."""
    preferences = Preferences.load()
    waiting = Delivery.objects.filter(delivered_at=None, given_up_at=None, due_at__lte=timezone.now())
    for delivery in waiting.order_by("due_at")[:AT_ONCE]:
        try:
            status = post(preferences, delivery)
        except WebhookError as error:
            put_off(delivery, to_json(error))
        else:
            said = to_json(CodedText("webhook.answer", status=str(status)))
            if 200 <= status < 300:
                delivery.delivered_at = timezone.now()
                settle(delivery, said)
            else:
                put_off(delivery, said)


def put_off(delivery: Delivery, answer: Any) -> None:
    now = timezone.now()
    if now - delivery.created_at >= GIVEN_UP_AFTER:
        delivery.given_up_at = now
    pause = DELAYS[delivery.tries] if delivery.tries < len(DELAYS) else LAST_DELAY
    delivery.due_at = now + timedelta(seconds=pause)
    settle(delivery, answer)


def settle(delivery: Delivery, answer: Any) -> None:
    delivery.tries, delivery.answer = delivery.tries + 1, answer
    delivery.save()


def post(preferences: Preferences, delivery: Delivery) -> int:
    """The status of the answer, whose body is not read. No redirect is followed. Raises WebhookError."""
    if not preferences.webhook_url or not preferences.sealed_webhook_secret:
        raise WebhookError(CodedText("webhook.none"))
    try:
        secret = encryption.unseal(LABEL, ROW, preferences.sealed_webhook_secret)
    except encryption.SealError as error:
        raise WebhookError(CodedText("webhook.sealed")) from error
    url, body, now = urlsplit(preferences.webhook_url), delivery.body.encode(), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "pbxportal",
        "X-Pbxportal-Delivery": str(delivery.id),
        "X-Pbxportal-Timestamp": str(now),
        "X-Pbxportal-Signature": f"sha256={signature(secret, now, body)}",
    }
    try:
        with closing(connection(url)) as link:
            link.request("POST", f"{url.path or '/'}{f'?{url.query}' if url.query else ''}", body, headers)
            return link.getresponse().status
    except OutgoingError as error:
        raise WebhookError(*error.args) from error
    except (OSError, HTTPException) as error:
        raise WebhookError(str(error) or type(error).__name__) from error


def connection(url: SplitResult) -> HTTPConnection:
    """To the very address that was checked. Raises OSError, and OutgoingError."""
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    line = socket.create_connection((reachable(host, port, encrypted=url.scheme == "https"), port), TIMEOUT_SECONDS)
    if url.scheme == "https":
        line = ssl.create_default_context().wrap_socket(line, server_hostname=host)
    found = HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    found.sock = line
    return found
