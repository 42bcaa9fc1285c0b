"""PBX Settings > Preferences > Alerts."""

import secrets
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import reauthentication_required
from core import encryption
from core.access.decorators import needs
from core.access.permissions import Permission
from core.audit import log
from core.coded_text import CodedText, to_json
from core.events import tell, webhook
from core.events.models import Event
from core.preferences.models import Preferences
from pbxportal.monitor import token_hash
from pbxportal.pbx_settings import page
from pbxportal.pbx_settings.alert_forms import AlertForm


@needs(Permission.VIEW_PREFERENCES)
def alerts(request: SignedInRequest) -> HttpResponse:
    form = page.submit(request, AlertForm)
    return show(request, form) if form else redirect("alert_preferences")


@needs(Permission.MANAGE_PREFERENCES)
@require_POST
@reauthentication_required
def new_secret(request: SignedInRequest) -> HttpResponse:
    def keep(preferences: Preferences, secret: str) -> None:
        preferences.sealed_webhook_secret = encryption.seal(webhook.LABEL, webhook.ROW, secret)

    return made(request, "preferences.webhook_secret", keep, "secret")


@needs(Permission.MANAGE_PREFERENCES)
@require_POST
@reauthentication_required
def new_token(request: SignedInRequest) -> HttpResponse:
    def keep(preferences: Preferences, token: str) -> None:
        preferences.monitor_token_hash = token_hash(token)

    return made(request, "preferences.monitor_token", keep, "token")


def made(request: SignedInRequest, action: str, keep: Callable[[Preferences, str], None], name: str) -> HttpResponse:
    """A new one in place of the old one, shown this once."""
    text = secrets.token_urlsafe(32)
    with transaction.atomic():
        preferences = Preferences.objects.select_for_update().get(pk=1)
        keep(preferences, text)
        preferences.version += 1
        preferences.save(update_fields=["sealed_webhook_secret", "monitor_token_hash", "version"])
        log.record(request.user, action, CodedText("module.preferences"))
    return show(request, AlertForm(by=request.user), made_name=name, made=text)


def show(request: SignedInRequest, form: AlertForm, **more: str) -> HttpResponse:
    return page.show(request, form, "alerts", example=example(), **more)


def example() -> str:
    """What a webhook is sent, made by what sends it."""
    now = timezone.now()
    disk = CodedText("event.disk", path="/var/lib/pbxportal", share=91)
    event = Event(pk=17, kind="disk", detail=to_json(disk), began_at=now)
    solved = Event(pk=16, kind="attack", detail=to_json(CodedText("event.attack", count=2)), began_at=now)
    solved.solved_at = now + timedelta(minutes=15)
    return tell.body("0b9c3a52-6f0e-4a5c-9a6e-2f6a1c2f7d10", [(event, False), (solved, True)])
