"""My account: the pages on which people look after themselves."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.profile.forms import NotificationsForm, PictureForm, ProfileForm
from accounts.profile.models import Avatar
from accounts.requests import SignedInRequest
from accounts.throttling import failure_counts
from accounts.throttling.failure_counts import Bucket, Limit
from core.preferences.models import Preferences
from extensions import pbx
from extensions.models import SipExtension
from extensions.my_account import email_change, self_service

NAMES = frozenset({"first_name", "last_name"})
PICTURES = Limit("pictures", 10, 300)  # to decode one is work
KEPT_BY_BROWSERS = "private, max-age=31536000, immutable"


def may_change(what: str) -> bool:
    return what in Preferences.current().self_service


def profile_page(
    request: SignedInRequest, form: ProfileForm | None = None, picture_form: PictureForm | None = None
) -> HttpResponse:
    user = User.objects.select_related("role", "avatar").get(pk=request.user.pk)
    bound = form or picture_form
    context = {
        "section": "account",
        "tab": "profile",
        "person": user,
        "extension": SipExtension.objects.filter(user=user).first(),
        "organizations": ", ".join(sorted(str(each) for each in user.organizations.all())),
        "picture": getattr(user, "avatar", None),
        "form": form or ProfileForm(instance=user, preferences=Preferences.current()),
        "picture_form": picture_form or PictureForm(),
        "email_change": email_change.pending(user),
        "may_change": dict.fromkeys(Preferences.current().self_service, True),
    }
    return render(request, "extensions/my_account/profile.html", context, status=422 if bound else 200)


def profile(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        return profile_page(request)
    user = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST, instance=user, preferences=Preferences.current())
    if not form.is_valid():
        return profile_page(request, form)
    number = SipExtension.objects.filter(user=user).values_list("number", flat=True).first()
    renamed = not NAMES.isdisjoint(form.changed_data)
    if number and renamed and (why := self_service.why_not_now(user, number)):
        messages.error(request, why)
        return profile_page(request, form)
    changed = self_service.change(user, **{name: form.cleaned_data[name] for name in form.changed_data})
    if number and not NAMES.isdisjoint(changed):
        return apply_own(request, number, _("Your account was saved."))
    messages.success(request, _("Your account was saved.") if changed else _("Nothing was changed."))
    return redirect("account")


def apply_own(request: SignedInRequest, number: str, done: str, to: str = "account") -> HttpResponse:
    """What the person changed of the own extension; where the PBX does not take it, it waits for an administrator."""
    try:
        applied = pbx.get().apply([number], request.user)
    except pbx.PbxError:
        messages.error(request, f"{done} {_('It is not applied yet. Ask an administrator to apply it.')}")
    else:
        (messages.success if applied.live else messages.warning)(request, f"{done} {applied.words}".strip())
    return redirect(to)


@require_POST
def picture(request: SignedInRequest) -> HttpResponse:
    if not may_change("avatar"):
        raise PermissionDenied
    if request.POST.get("then") == "remove":
        self_service.set_picture(request.user, None)
        messages.success(request, _("Your picture was removed."))
        return redirect("account")
    allowed = not request.FILES or failure_counts.take([Bucket(PICTURES, str(request.user.pk))])
    form = PictureForm(request.POST, request.FILES, too_many=not allowed)
    if not form.is_valid():
        return profile_page(request, picture_form=form)
    self_service.set_picture(request.user, form.cleaned_data["picture"])
    messages.success(request, _("Your picture was saved."))
    return redirect("account")


def picture_of(user: User, version: str) -> HttpResponse:
    """An address is of one picture for ever, so that a browser may keep it."""
    avatar = Avatar.objects.filter(user=user, version=version).first()
    if avatar is None:
        raise Http404("No such picture.")
    answer = HttpResponse(bytes(avatar.image), content_type="image/jpeg")
    answer["Cache-Control"] = KEPT_BY_BROWSERS
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_GET
def own_picture(request: SignedInRequest, version: str) -> HttpResponse:
    return picture_of(request.user, version)


def notifications(request: SignedInRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = NotificationsForm(data, user=request.user, preferences=Preferences.current())
    if form.is_valid():
        saved = self_service.set_muted(request.user, form.muted())
        messages.success(request, _("Your notification settings were saved.") if saved else _("Nothing was changed."))
        return redirect("account_notifications")
    context = {"section": "account", "tab": "notifications", "form": form}
    return render(request, "extensions/my_account/notifications.html", context, status=422 if form.is_bound else 200)
