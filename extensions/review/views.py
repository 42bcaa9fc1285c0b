"""From a saved wish to the PBX: review, apply, discard, and what the person is told of it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from core.access.decorators import needs, needs_one_of
from core.access.permissions import Permission
from core.http import page_before
from core.validators import digits
from extensions import pbx
from extensions.access import ask_again_about, managed_numbers, may_manage, visible
from extensions.actions import UnseenError
from extensions.changes.state import CannotPutBack
from extensions.models import Change, SipExtension
from extensions.review import preferences as preference_changes
from extensions.review import review


def finish(request: SignedInRequest, extension: SipExtension, saved: str) -> HttpResponse:
    """After a save: apply it if that was the button, and show what is true now."""
    if request.POST.get("then") != "apply":
        waits = Change.objects.waiting().of([extension.number]).exists()
        messages.success(request, _("%(saved)s Apply to send it to the PBX.") % {"saved": saved} if waits else saved)
        return redirect(extension)
    if review.waits_for_others(request.user, extension.number):
        return look_first(request, extension.number, saved)
    try:
        applied = pbx.get().apply([extension.number], request.user)
    except pbx.PbxError as error:
        return apply_failed(request, error, reverse("extensions:edit", args=[extension.number]))
    request.session["applied"] = [extension.number, applied.live, applied.words]
    return redirect(extension)


def look_first(request: SignedInRequest, number: str, saved: str) -> HttpResponse:
    messages.info(
        request, _("%(saved)s Someone else also changed it. Review both changes, then apply.") % {"saved": saved}
    )
    start = "" if review.page(review.waiting_changes(request.user)).is_all else f"?from={number}"
    return redirect(f"{reverse('review')}{start}#n{number}")


def apply_failed(request: SignedInRequest, error: pbx.PbxError, back: str) -> HttpResponse:
    context = {"section": "extension", "error": error, "words": words_for(request, error), "back": back}
    return render(request, "extensions/review/apply_failed.html", context, status=503)


def words_for(request: SignedInRequest, error: pbx.PbxError) -> str:
    """An apply may mend more than was asked for: of an extension that one does not see, nothing is said."""
    number = error.extension if isinstance(error, pbx.Refused) else ""
    about = visible(request).filter(number=number), review.waiting_changes(request.user).of([number])
    if number and not any(each.exists() for each in about):
        return _(
            "The PBX refused another extension, so nothing was applied. Ask an administrator to check Apply History."
        )
    return str(error)


def apply_numbers(request: SignedInRequest, numbers: list[str], done: str, back: str) -> HttpResponse:
    try:
        applied = pbx.get().apply(numbers, request.user)
    except pbx.PbxError as error:
        return apply_failed(request, error, back)
    (messages.success if applied.live else messages.warning)(request, f"{done} {applied.words}".strip())
    return redirect(back)


@needs(Permission.MANAGE_EXTENSIONS)
def apply(request: SignedInRequest) -> HttpResponse:
    """What was chosen on the review page; from elsewhere all that waits, if nobody else's is among it."""
    if request.method != "POST":
        return redirect("review")
    chosen = chosen_numbers(request)
    if not chosen and (request.POST.get("from") == "review" or review.waits_for_others(request.user)):
        messages.info(request, _("Choose what to apply."))
        return redirect("review")
    waiting = review.waiting_changes(request.user).numbers()
    numbers = [number for number in waiting if number in chosen] if chosen else waiting
    if not numbers:
        messages.info(request, _("There are no unapplied changes."))
        return redirect("review")
    seen = digits(request.POST.get("seen", ""))
    if seen is not None and not review.unseen(request.user, seen).isdisjoint(numbers):
        messages.info(request, _("Nothing was applied because someone else saved a change. Review it, then apply."))
        return redirect("review")
    return apply_numbers(request, numbers, "", page_before(request, reverse("extensions:list")))


def chosen_numbers(request: SignedInRequest) -> set[str]:
    """Those ticked on the page; or with its other buttons all that wait, or all but those that others changed too."""
    every = request.POST.get("all")
    if every not in ("mine", "everybody"):
        return set(request.POST.getlist("n"))
    waiting = set(review.waiting_changes(request.user).numbers())
    return waiting if every == "everybody" else waiting - review.of_others(request.user)


def apply_words(count: int) -> str:
    """Of the button, when so many are chosen."""
    if not count:
        return _("Apply selected")
    return ngettext("Apply %(count)s extension", "Apply %(count)s extensions", count) % {"count": count}


@gzip_page
@needs_one_of(Permission.MANAGE_EXTENSIONS, Permission.VIEW_PREFERENCES, Permission.VIEW_TRUNKS, Permission.VIEW_ROUTES)
@require_GET
def review_page(request: SignedInRequest) -> HttpResponse:
    seen = Change.objects.order_by("pk").values_list("pk", flat=True).last()
    waiting = review.waiting_changes(request.user) if request.user.manages_extensions else Change.objects.none()
    page = review.page(waiting, request.GET.get("from", ""))
    others = 0 if page.is_all else len(review.of_others(request.user))
    there = list(SipExtension.objects.filter(number__in=page.rows).select_related("user__role"))
    context = {
        "section": "extension",
        "rows": review.waiting(request.user, page.rows),
        "kept": {each.number for each in there} - managed_numbers(request, there),
        "page": page,
        "seen": seen or 0,
        "others": others,
        "mine": page.total - others,
        "system_changes": preference_changes.waiting(request.user),
        "line_changes": preference_changes.waiting(request.user, lines=True),
        "apply_words": [apply_words(count) for count in range(len(page.rows) + 1)],
    }
    return render(request, "extensions/review/review.html", context)


@needs(Permission.MANAGE_EXTENSIONS)
@require_POST
def discard(request: SignedInRequest, number: str) -> HttpResponse:
    """Back to what was last applied; and applied, as a PBX that was away may have been given the change already."""
    extension = visible(request).filter(number=number).first()
    if extension and not may_manage(request, extension):
        raise PermissionDenied
    if not review.waiting_changes(request.user).of([number]).exists():
        raise Http404("No such change.")
    ask_again_about(request, *review.roles_concerned(number))
    try:
        review.discard(number, request.user, digits(request.POST.get("newest", "")))
    except UnseenError:
        messages.info(request, _("Nothing was discarded because someone else saved a change. Look at it again."))
        return redirect("review")
    except CannotPutBack as error:
        messages.error(request, str(error))
        return redirect("review")
    return apply_numbers(
        request, [number], _("Changes to extension %(number)s were discarded.") % {"number": number}, reverse("review")
    )
