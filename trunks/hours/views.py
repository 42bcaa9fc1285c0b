"""Call Control > Business Hours and Holidays."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from core import localization, time_zones
from core.access.decorators import needs, require
from core.access.permissions import Permission
from core.preferences.models import Preferences
from extensions.review import preferences as preference_changes
from trunks import changes, views
from trunks.hours import holiday_days, status
from trunks.hours.forms import CalendarForm, HolidayForm, HoursForm, regions_of
from trunks.models import BusinessHours, Holiday


def shared(request: SignedInRequest, hours: BusinessHours) -> dict[str, Any]:
    """What both tabs show."""
    return {
        "section": "hours",
        "status": status.of(hours, timezone.now()),
        "line_changes": preference_changes.waiting(request.user, lines=True),
    }


@needs(Permission.VIEW_ROUTES)
def edit(request: SignedInRequest) -> HttpResponse:
    """Who may only look finds the form closed."""
    if request.method == "POST":
        require(request.user, Permission.MANAGE_ROUTES)
        return save(request)
    return form_page(request, HoursForm(by=request.user, instance=BusinessHours.load()))


def save(request: SignedInRequest) -> HttpResponse:
    def make(data: Any) -> HoursForm:
        return HoursForm(data, by=request.user, instance=BusinessHours.load())

    others = views.others_wait(request)
    form, saved = views.submit(request, make)
    assert isinstance(form, HoursForm)  # noqa: S101 (as made)
    if not saved:
        return form_page(request, form)
    return views.finish(request, _("Business hours saved."), reverse("hours:edit"), others=others)


def form_page(request: SignedInRequest, form: HoursForm) -> HttpResponse:
    if not request.user.can(Permission.MANAGE_ROUTES):
        form.disable()
    hours = BusinessHours.load()
    system = Preferences.current().time_zone
    context = {
        **shared(request, hours),
        "form": form,
        "zones": time_zones.options(),
        "other_zone": system if hours.time_zone != system else "",
    }
    code = 200 if not form.is_bound else 409 if form.is_conflict else 422
    return render(request, "trunks/hours/hours.html", context, status=code)


@needs(Permission.VIEW_ROUTES)
@require_GET
def regions(request: SignedInRequest) -> HttpResponse:
    """Those of the country that is chosen in the form."""
    return HttpResponse(regions_of(request.GET.get("country", "")))


@gzip_page
@needs(Permission.VIEW_ROUTES)
@require_GET
def holidays(request: SignedInRequest) -> HttpResponse:
    hours = BusinessHours.load()
    today = timezone.now().astimezone(ZoneInfo(hours.time_zone)).date()
    region = holiday_days.regions().get(hours.country, {}).get(hours.region, "")
    context = {
        **shared(request, hours),
        "holidays": Holiday.objects.all(),
        "coming": status.next_days(hours, today),
        "country": ", ".join(filter(None, [hours.country and localization.country(hours.country), region])),
    }
    return render(request, "trunks/hours/holidays.html", context)


def holiday_page(request: SignedInRequest, form: HolidayForm, holiday: Holiday | None) -> HttpResponse:
    if not request.user.can(Permission.MANAGE_ROUTES):
        form.disable()
    code = 200 if not form.is_bound else 409 if form.is_conflict else 422
    context = {"section": "hours", "form": form, "holiday": holiday}
    return render(request, "trunks/hours/holiday.html", context, status=code)


def locked(pk: int) -> Holiday:
    """Inside changes.edited()."""
    found = Holiday.objects.filter(pk=pk).first()
    if found is None:
        raise Http404("No such holiday.")
    return found


def save_holiday(request: SignedInRequest, holiday: Holiday | None) -> HttpResponse:
    def make(data: Any) -> HolidayForm:
        return HolidayForm(data, by=request.user, instance=locked(holiday.pk) if holiday else None)

    others = views.others_wait(request)
    form, saved = views.submit(request, make)
    assert isinstance(form, HolidayForm)  # noqa: S101 (as made)
    if not saved:
        return holiday_page(request, form, holiday)
    done = _("Holiday %(name)s saved.") % {"name": form.instance}
    return views.finish(request, done, reverse("hours:holidays"), others=others)


@needs(Permission.MANAGE_ROUTES)
def add(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        return save_holiday(request, None)
    return holiday_page(request, HolidayForm(by=request.user), None)


@needs(Permission.VIEW_ROUTES)
def edit_holiday(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who may only look finds the form closed."""
    if request.method == "POST":
        require(request.user, Permission.MANAGE_ROUTES)
    holiday = get_object_or_404(Holiday, pk=pk)
    if request.method == "POST":
        return save_holiday(request, holiday)
    return holiday_page(request, HolidayForm(by=request.user, instance=holiday), holiday)


@needs(Permission.MANAGE_ROUTES)
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    holiday = get_object_or_404(Holiday, pk=pk)
    if request.method != "POST":
        return render(request, "trunks/hours/delete.html", {"section": "hours", "holiday": holiday})
    others = views.others_wait(request)
    with changes.edited(request.user):
        locked(pk).delete()
    done = _("Holiday %(name)s deleted.") % {"name": holiday}
    return views.finish(request, done, reverse("hours:holidays"), others=others)


@needs(Permission.MANAGE_ROUTES)
def add_from_file(request: SignedInRequest) -> HttpResponse:
    zone = BusinessHours.load().time_zone
    today = timezone.now().astimezone(ZoneInfo(zone)).date()
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = CalendarForm(*posted, zone=zone, today=today)
    if not posted or not form.is_valid():
        context = {"section": "hours", "form": form}
        return render(request, "trunks/hours/import.html", context, status=422 if posted else 200)
    others = views.others_wait(request)
    if form.new:
        with changes.edited(request.user):
            form.save()
    done = " ".join(_counts(form))
    if not form.new:
        messages.info(request, done)
        return redirect("hours:holidays")
    return views.finish(request, done, reverse("hours:holidays"), others=others)


def _counts(form: CalendarForm) -> Iterator[str]:
    """What has become of the events."""
    count = len(form.new)
    yield ngettext("%(count)s holiday added.", "%(count)s holidays added.", count) % {"count": count}
    if form.there:
        words = ngettext("%(count)s was there already.", "%(count)s were there already.", form.there)
        yield words % {"count": form.there}
    if form.over:
        yield ngettext("%(count)s is over.", "%(count)s are over.", form.over) % {"count": form.over}
    if form.left_out:
        words = ngettext(
            "%(count)s event was left out: only whole days, once or every year, are holidays.",
            "%(count)s events were left out: only whole days, once or every year, are holidays.",
            form.left_out,
        )
        yield words % {"count": form.left_out}
