"""Call Features > Announcement."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from accounts.throttling import failure_counts
from accounts.throttling.failure_counts import Bucket, Limit
from core import ranges
from core.access.decorators import needs, require
from core.access.permissions import Permission
from extensions.review import preferences as preference_changes
from trunks import changes, destination_links, usage, views
from trunks.announcement_forms import AnnouncementForm, UploadForm
from trunks.models import Announcement, AnnouncementSound

UPLOADS = Limit("announcements", 10, 300)  # to decode one is work


@gzip_page
@needs(Permission.VIEW_ROUTES)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    announcements = list(Announcement.objects.all())
    links = destination_links.links(request.user, [announcement.goes_to for announcement in announcements])
    context = {
        "section": "announcement",
        "rows": [(announcement, links[announcement.goes_to]) for announcement in announcements],
        "line_changes": preference_changes.waiting(request.user, lines=True),
    }
    return render(request, "trunks/announcements/list.html", context)


def form_page(request: SignedInRequest, form: AnnouncementForm, announcement: Announcement | None) -> HttpResponse:
    if not request.user.can(Permission.MANAGE_ROUTES):
        form.disable()
    context = {
        "section": "announcement",
        "form": form,
        "announcement": announcement,
        "sound": AnnouncementSound.objects.defer("wav").filter(pk=announcement.sound).first() if announcement else None,
        "used_by": destination_links.callers_of(announcement.destination) if announcement else [],
    }
    status = 200 if not form.is_bound else 409 if form.is_conflict else 422
    return render(request, "trunks/announcements/form.html", context, status=status)


def edit_page(request: SignedInRequest, announcement: Announcement | None) -> HttpResponse:
    allowed = not request.FILES or failure_counts.take([Bucket(UPLOADS, str(request.user.pk))])
    upload = UploadForm(request.POST, request.FILES, too_many=not allowed)
    upload.full_clean()

    def make(data: Any) -> AnnouncementForm:
        instance = views.locked(Announcement, announcement.pk) if announcement else None
        return AnnouncementForm(data, by=request.user, instance=instance, upload=upload)

    others = views.others_wait(request)
    form, saved = views.submit(request, make)
    assert isinstance(form, AnnouncementForm)  # noqa: S101 (as made)
    if not saved:
        return form_page(request, form, announcement)
    done = _("Announcement %(name)s saved.") % {"name": form.instance}
    return views.finish(request, done, reverse("announcements:list"), others=others)


@needs(Permission.MANAGE_ROUTES)
def add(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        return edit_page(request, None)
    return form_page(request, AnnouncementForm(by=request.user), None)


@needs(Permission.VIEW_ROUTES)
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who may only look finds the form closed."""
    if request.method == "POST":
        require(request.user, Permission.MANAGE_ROUTES)
    announcement = get_object_or_404(Announcement, pk=pk)
    if request.method == "POST":
        return edit_page(request, announcement)
    return form_page(request, AnnouncementForm(by=request.user, instance=announcement), announcement)


@needs(Permission.MANAGE_ROUTES)
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    announcement = get_object_or_404(Announcement, pk=pk)
    refusal = usage.refusal_of_called(announcement)
    if request.method == "POST" and not refusal:
        others = views.others_wait(request)
        with changes.edited(request.user):
            locked = views.locked(Announcement, pk)
            refusal = usage.refusal_of_called(locked)
            if not refusal:
                locked.delete()
        if not refusal:
            done = _("Announcement %(name)s deleted.") % {"name": announcement}
            return views.finish(request, done, reverse("announcements:list"), others=others)
    context = {
        "section": "announcement",
        "announcement": announcement,
        "refusal": refusal,
        "used_by": destination_links.callers_of(announcement.destination),
    }
    status = 409 if request.method == "POST" else 200
    return render(request, "trunks/announcements/delete.html", context, status=status)


@needs(Permission.MANAGE_ROUTES)
@require_POST
def toggle(request: SignedInRequest, pk: int) -> HttpResponse:
    views.toggle(request, Announcement, pk)
    return redirect("announcements:list")


@needs(Permission.VIEW_ROUTES)
@require_GET
def sound(request: SignedInRequest, pk: int) -> HttpResponse:
    announcement = get_object_or_404(Announcement, pk=pk)
    found = get_object_or_404(AnnouncementSound, pk=announcement.sound)
    return ranges.answer_stored(request, bytes(found.wav), "audio/wav")
