"""How many phones are registered, how many calls there are now: of the extensions that the person sees."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import User
from asterisk import nodes
from asterisk.ami.client import AmiError
from asterisk.live import calls
from extensions import pbx
from extensions.listing import registrations
from extensions.listing.registrations import Registration
from extensions.models import SipExtension


@dataclass(frozen=True)
class Figure:
    """`count`: None where it is not known now. `is_trouble`: more than none is to be looked at."""

    label: str
    count: int | None
    url: str = ""
    is_trouble: bool = False


def of(user: User) -> list[Figure]:
    if not user.sees_extensions:
        return []
    seen = SipExtension.objects.visible_to(user)
    total = seen.count()
    enabled, registered = seen.filter(enabled=True).count(), _count(user, Registration.REGISTERED)
    found = [
        Figure(_("Extensions"), total, reverse("extensions:list")),
        Figure(_("Registered"), registered, _list(Registration.REGISTERED)),
        Figure(_("Offline"), None if registered is None else max(0, enabled - registered), _list(Registration.OFFLINE)),
        Figure(_("Went offline today"), _count(user, Registration.GONE), _list(Registration.GONE)),
        Figure(_("Failing to register"), _count(user, Registration.FAILING), _list(Registration.FAILING), True),
    ]
    if user.reaches_everybody:
        found += [Figure(_("Calls now"), _calls()), Figure(_("Calls today"), _calls_today())]
    return found


def _list(registration: Registration) -> str:
    return f"{reverse('extensions:list')}?{urlencode({'registration': registration.value})}"


def _count(user: User, registration: Registration) -> int | None:
    try:
        return registrations.narrow(SipExtension.objects.visible_to(user), registration).count()
    except pbx.PbxError:
        return None


def _calls_today() -> int | None:
    try:
        return calls.begun_since(nodes.from_settings(), registrations.today())
    except (sqlite3.Error, OSError):
        return None


def _calls() -> int | None:
    try:
        return calls.count(nodes.from_settings())
    except AmiError:
        return None
