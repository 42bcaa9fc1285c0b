"""PBX Settings > Preferences > Music on Hold."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from accounts.throttling import failure_counts
from accounts.throttling.failure_counts import Bucket, Limit
from core import ranges
from core.access.decorators import needs, require
from core.access.permissions import Permission
from core.preferences.models import HoldMusic, Preferences
from extensions.review import preferences as preference_changes
from pbxportal.pbx_settings import page
from pbxportal.pbx_settings.hold_music_forms import HoldMusicForm

UPLOADS = Limit("hold_music", 10, 300)  # to decode one is work


@needs(Permission.VIEW_PREFERENCES)
def hold_music(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        return show(request, HoldMusicForm())
    require(request.user, Permission.MANAGE_PREFERENCES)
    if request.POST.get("then") == "built_in":
        return choose(request, None)
    allowed = not request.FILES or failure_counts.take([Bucket(UPLOADS, str(request.user.pk))])
    form = HoldMusicForm(request.POST, request.FILES, too_many=not allowed)
    return choose(request, form) if form.is_valid() else show(request, form, status=422)


def choose(request: SignedInRequest, form: HoldMusicForm | None) -> HttpResponse:
    """What was uploaded; None: the built-in music."""
    with transaction.atomic():
        version = form.store().version if form else ""
        HoldMusic.forget_unused()
        changed = preference_changes.choose(request.user, preference_changes.Field.HOLD_MUSIC, version)
    messages.success(request, preference_changes.saved_text(request.user) if changed else _("Nothing was changed."))
    return redirect("hold_music")


def show(request: SignedInRequest, form: HoldMusicForm, status: int = 200) -> HttpResponse:
    chosen = Preferences.current().hold_music
    return page.show_tab(
        request,
        "hold_music",
        status,
        form=form,
        music=HoldMusic.objects.defer("wav").filter(pk=chosen).first(),
        system_changes=preference_changes.waiting(request.user),
    )


@needs(Permission.VIEW_PREFERENCES)
@require_GET
def hold_music_sound(request: SignedInRequest) -> HttpResponse:
    found = HoldMusic.objects.filter(pk=Preferences.current().hold_music).first()
    if found is None:
        raise Http404("No music was uploaded.")
    return ranges.answer_stored(request, bytes(found.wav), "audio/wav")
