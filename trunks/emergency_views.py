"""Call Control > Emergency."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.requests import SignedInRequest
from core import localization
from core.access.decorators import needs, require
from core.access.permissions import Permission
from core.preferences.models import Preferences
from extensions.review import preferences as preference_changes
from trunks import views
from trunks.emergency_forms import EmergencyForm
from trunks.models import Emergency, Trunk
from trunks.numbers import emergency


@needs(Permission.VIEW_ROUTES)
def edit(request: SignedInRequest) -> HttpResponse:
    """Who may only look finds the form closed."""
    if request.method == "POST":
        require(request.user, Permission.MANAGE_ROUTES)
        return save(request)
    return form_page(request, EmergencyForm(by=request.user, instance=Emergency.load()))


def save(request: SignedInRequest) -> HttpResponse:
    def make(data: Any) -> EmergencyForm:
        return EmergencyForm(data, by=request.user, instance=Emergency.load())

    others = views.others_wait(request)
    form, saved = views.submit(request, make)
    assert isinstance(form, EmergencyForm)  # noqa: S101 (as made)
    if not saved:
        return form_page(request, form)
    return views.finish(request, _("Emergency calls saved."), reverse("emergency"), others=others)


def form_page(request: SignedInRequest, form: EmergencyForm) -> HttpResponse:
    if not request.user.can(Permission.MANAGE_ROUTES):
        form.disable()
    preferences = Preferences.current()
    country = preferences.country
    context = {
        "section": "emergency",
        "form": form,
        "country": localization.country(country),
        "numbers": emergency.numbers_of(country),
        "sends_email": bool(preferences.mail_host),
        "trunks": Trunk.objects.for_emergencies(),
        "line_changes": preference_changes.waiting(request.user, lines=True),
    }
    status = 200 if not form.is_bound else 409 if form.is_conflict else 422
    return render(request, "trunks/emergency.html", context, status=status)
