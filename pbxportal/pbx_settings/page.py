"""What the pages of Preferences have in common: who may save, what is asked before it, and what is said after it."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from core.access.decorators import require
from core.access.permissions import Permission
from extensions.review import preferences as preference_changes
from pbxportal.pbx_settings.forms import Conflict, SettingsForm

Form = TypeVar("Form", bound=SettingsForm)


@dataclass(frozen=True)
class Tab:
    """`name`: of its template, too."""

    name: str
    label: StrOrPromise
    url_name: str

    @property
    def is_first(self) -> bool:
        return self == TABS[0]


TABS = (
    Tab("preferences", gettext_lazy("System"), "preferences"),
    Tab("voicemail", gettext_lazy("Voicemail"), "voicemail_preferences"),
    Tab("hold_music", gettext_lazy("Music on Hold"), "hold_music"),
    Tab("network", gettext_lazy("Network"), "network_preferences"),
    Tab("https", gettext_lazy("HTTPS"), "https_preferences"),
    Tab("mail", gettext_lazy("Email"), "mail_preferences"),
    Tab("attacks", gettext_lazy("Attacks"), "attack_preferences"),
    Tab("alerts", gettext_lazy("Alerts"), "alert_preferences"),
)


def submit(request: SignedInRequest, kind: type[Form]) -> Form | None:
    """Return the form to show; None where what was posted is saved, and the person is told so."""
    if request.method != "POST":
        return kind(by=request.user)
    require(request.user, Permission.MANAGE_PREFERENCES)
    form = kind(request.POST, by=request.user)
    if form.asks_again:
        require_reauthentication(request)
    try:
        if form.is_valid():
            saved = form.try_save()
            messages.success(request, form.saved_text if saved else _("Nothing was changed."))
            return None
    except Conflict:
        form = kind(request.POST, by=request.user)
    return form


def show(request: SignedInRequest, form: SettingsForm, tab: str, **more: Any) -> HttpResponse:
    """The page with the form as it is, by its tab's name."""
    if form.waits_for_apply:
        more["system_changes"] = preference_changes.waiting(request.user)
    status = 200 if not form.is_bound else 409 if form.is_conflict else 422
    return show_tab(request, tab, status, form=form, **more)


def show_tab(request: SignedInRequest, name: str, status: int, **more: Any) -> HttpResponse:
    tab = next(each for each in TABS if each.name == name)
    context = {"section": "preferences", "tab": tab, "tabs": TABS, **more}
    return render(request, f"pbxportal/pbx_settings/{name}.html", context, status=status)
