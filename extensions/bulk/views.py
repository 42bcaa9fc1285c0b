"""Many extensions edited or acted on at once; what was done, its undo, and its new credentials."""

import uuid
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from core import localization
from core.access.decorators import needs
from core.access.permissions import Permission
from core.access.requests import wants_to_find
from core.audit import log
from core.coded_text import CodedText
from core.preferences.models import Preferences
from extensions.access import managed
from extensions.actions import ActionRefusedError, UnseenError
from extensions.bulk import deeds, edits, record
from extensions.bulk.add_views import tabs_of
from extensions.bulk.deeds import DEEDS, LeftOut
from extensions.bulk.edits import EditForm
from extensions.bulk.page import done_before, finish, held, token_of
from extensions.bulk.record import Credential
from extensions.bulk.undo import undo as undo_action
from extensions.changes.many import with_organizations
from extensions.changes.state import CannotPutBack
from extensions.fields import Tab
from extensions.listing.selection import Selection, chosen
from extensions.models import BulkAction, Change, SipExtension

SHOWN = 25  # rows of a preview
LISTED = 50  # bulk actions
MANAGES_SOMEBODY = "user__role"


def people_of(selection: Selection) -> list[SipExtension]:
    found = list(selection.rows.select_related(MANAGES_SOMEBODY, "handed_to").order_by("position"))
    with_organizations(found)
    return found


def ask_again_about_all(request: SignedInRequest, extensions: list[SipExtension], *more: Any) -> None:
    """As access.ask_again_about, of all of these."""
    roles = {each.user.role for each in extensions} | {*more}
    if any(role.manages_anything for role in roles if role):
        require_reauthentication(request)


@needs(Permission.MANAGE_EXTENSIONS)
def edit(request: SignedInRequest) -> HttpResponseBase:
    """The form; with `then` preview what it would change; then it is done."""
    selection = chosen(request)
    extensions = people_of(selection)
    if done := done_before(request):
        return finish_again(request, done)
    then = request.POST.get("then", "")
    form = EditForm(request.POST if then else None, by=request.user, preferences=Preferences.current())
    if not extensions or selection.trouble:
        return edit_page(request, form, selection)
    if wants_to_find(request) or then == "change":
        form.ask_again()
        return edit_page(request, form, selection)
    if not form.is_valid() or form.refuse_lost_recordings(extensions):
        return edit_page(request, form, selection)
    seen = request.POST.get("seen", "")
    if then not in ("save", "apply") or seen != deeds.digest(extensions):
        if then in ("save", "apply"):
            messages.info(request, _("Nothing was changed because someone else saved a change. Look at it again."))
        return edit_preview(request, form, selection, extensions)
    if "role" in form.names:
        ask_again_about_all(request, extensions, form.new_role)
    try:
        action = edits.edit(form, [each.number for each in extensions], request.user, token_of(request), seen)
    except IntegrityError:
        if sent_twice := done_before(request):
            return finish_again(request, sent_twice)
        raise
    except UnseenError:
        return edit(request)  # which sees it now
    except ActionRefusedError as error:
        messages.error(request, str(error))
        return edit_preview(request, form, selection, extensions)
    return finish(request, action)


def finish_again(request: SignedInRequest, action: BulkAction) -> HttpResponse:
    messages.info(request, _("This was already done. It was not done again."))
    return finish(request, action)


def edit_page(request: SignedInRequest, form: EditForm, selection: Selection) -> HttpResponse:
    errors = form.error_list() if form.data is not None else []
    if form.is_empty:
        errors = [{"id": "", "tab": "", "label": "", "message": _("Set or clear at least one field.")}]
    tabs = [{**tab, "lines": form.lines(Tab(tab["name"]))} for tab in tabs_of(errors)]
    context = {
        "section": "extension",
        "form": form,
        "errors": errors,
        "tabs": tabs,
        "selection": selection,
        "token": token_of(request),
    }
    return render(request, "extensions/bulk/edit.html", context, status=422 if errors else 200)


def edit_preview(
    request: SignedInRequest, form: EditForm, selection: Selection, extensions: list[SipExtension]
) -> HttpResponse:
    effects = form.effects(extensions)
    context = {
        "section": "extension",
        "selection": selection,
        "count": len(extensions),
        "effects": effects,
        "nothing": not any(effect.changed for effect in effects),
        "opens_mailboxes": sum(not each.voicemail for each in extensions) if form.sets_voicemail else 0,
        "hidden_fields": held(request, seen=deeds.digest(extensions)),
        "shown": rows_of(extensions[:SHOWN]),
        "more": max(0, len(extensions) - SHOWN),
    }
    return render(request, "extensions/bulk/edit_preview.html", context)


def rows_of(extensions: list[SipExtension]) -> list[dict[str, str]]:
    return [{"number": each.number, "name": each.user.full_name} for each in extensions]


@needs(Permission.MANAGE_EXTENSIONS)
def deed(request: SignedInRequest, code: str) -> HttpResponseBase:
    """Whom it concerns and who is left out, and why; then it is done."""
    if code not in DEEDS:
        raise Http404("No such action.")
    action = DEEDS[code]
    selection = chosen(request)
    extensions = people_of(selection)
    if before := done_before(request):  # where it is not, they were read as they were before it
        return finish_again(request, before)
    goes, left_out = action.split(extensions, request.user)
    seen = request.POST.get("seen", "")
    if request.method != "POST" or not goes or seen != deeds.digest(goes):
        if request.method == "POST" and goes and "seen" in request.POST:
            messages.info(request, _("Nothing was done because something has changed. Look at it again."))
        return deed_page(request, code, selection, goes, left_out)
    if action.asks_again:
        require_reauthentication(request)
    try:
        done, lost = action.do([each.number for each in goes], request.user, seen, token_of(request))
    except IntegrityError:
        if sent_twice := done_before(request):
            return finish_again(request, sent_twice)
        raise
    except UnseenError:
        return deed(request, code)  # which sees it now
    except ActionRefusedError as error:
        messages.error(request, str(error))
        return deed_page(request, code, selection, goes, left_out)
    return finish(request, done, *lost)


def deed_page(
    request: SignedInRequest, code: str, selection: Selection, goes: list[SipExtension], left_out: list[LeftOut]
) -> HttpResponse:
    context = {
        "section": "extension",
        "deed": DEEDS[code],
        "selection": selection,
        "count": len(goes),
        "button": button_words(code, len(goes)),
        "waits_for_apply": code != "block-sign-in",
        "shown": rows_of(goes[:SHOWN]),
        "more": max(0, len(goes) - SHOWN),
        "left_out": [
            {"number": each.number, "name": each.user.full_name, "why": why} for each, why in left_out[:SHOWN]
        ],
        "left_out_more": max(0, len(left_out) - SHOWN),
        "seen": deeds.digest(goes),
        "token": token_of(request),
    }
    return render(request, "extensions/bulk/deed.html", context)


def button_words(code: str, count: int) -> str:
    words = {
        "enable": ngettext("Enable %(count)s extension", "Enable %(count)s extensions", count),
        "disable": ngettext("Disable %(count)s extension", "Disable %(count)s extensions", count),
        "block-sign-in": ngettext("Block sign-in of %(count)s person", "Block sign-in of %(count)s people", count),
        "new-passwords": ngettext("Create %(count)s new password", "Create %(count)s new passwords", count),
        "delete": ngettext("Delete %(count)s extension", "Delete %(count)s extensions", count),
    }
    return words[code] % {"count": localization.count(count)}


# --- what was done ---


def get_action(request: SignedInRequest, key: uuid.UUID) -> BulkAction:
    """To who did it, and to who reaches all."""
    action = BulkAction.objects.select_related("by", "undone_by").filter(pk=key).first()
    if action is None or not (action.by == request.user or request.user.reaches_everybody):
        raise Http404("No such bulk action.")
    return action


@needs(Permission.MANAGE_EXTENSIONS)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    BulkAction.forget_old()
    found = BulkAction.objects.select_related("by")
    if not request.user.reaches_everybody:
        found = found.filter(by=request.user)
    context = {"section": "extension", "found": found[:LISTED], "days": BulkAction.KEPT.days}
    return render(request, "extensions/bulk/list.html", context)


@needs(Permission.MANAGE_EXTENSIONS)
@require_GET
def result(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    action = get_action(request, key)
    BulkAction.forget_old()
    numbers = list(action.items.values_list("number", flat=True)[: SHOWN + 1])
    there = SipExtension.objects.visible_to(request.user).filter(number__in=numbers).select_related("user")
    names = {each.number: each.user.full_name for each in there}
    waiting = Change.objects.waiting().filter(number__in=action.items.values("number"))
    context = {
        "section": "extension",
        "action": action,
        "rows": [{"number": number, "name": names.get(number)} for number in numbers[:SHOWN]],
        "more": max(0, action.count - SHOWN),
        "waiting": waiting.values("number").distinct().count(),
        "may_download": bool(action.sealed_credentials) and action.by == request.user,
        "may_undo": action.undone_at is None and action.count,
        "undo_until": action.at + BulkAction.KEPT,
        "mail_is_set_up": bool(Preferences.current().mail_host),
    }
    return render(request, "extensions/bulk/result.html", context)


class CredentialsFile(HttpResponse):
    """They are forgotten once they have been sent: where the portal ends before that, they can be downloaded again."""

    def __init__(self, action: BulkAction, rows: list[Credential]) -> None:
        self.action = action
        name = f"credentials-{timezone.localdate():%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        text = record.credentials_csv(rows)
        super().__init__(text, content_type="text/csv; charset=utf-8", headers=headers)

    def close(self) -> None:
        BulkAction.objects.filter(pk=self.action.pk).update(sealed_credentials="")
        super().close()


@needs(Permission.MANAGE_EXTENSIONS)
@require_POST
def credentials(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    """A file with them, once, to who did it: of those whom they still manage."""
    action = get_object_or_404(BulkAction, pk=key, by=request.user)
    require_reauthentication(request)
    with transaction.atomic():
        action = BulkAction.objects.select_for_update().get(pk=key)
        rows = action.credentials
        if not rows:
            messages.info(request, _("The credentials were already downloaded, or are older than a day."))
            return redirect(action)
        theirs = set(managed(request).filter(number__in=[row[0] for row in rows]).values_list("number", flat=True))
        rows = [row for row in rows if row[0] in theirs]
        if not rows:
            messages.error(request, _("You cannot manage any of these extensions now."))
            return redirect(action)
        log.record(
            request.user, "bulk.credentials_downloaded", CodedText("extension.many", number=len(rows)), count=len(rows)
        )
    return CredentialsFile(action, rows)


@needs(Permission.MANAGE_EXTENSIONS)
@require_POST
def undo(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    action = get_action(request, key)
    require_reauthentication(request)
    try:
        kept = undo_action(action, request.user)
    except CannotPutBack as error:
        messages.error(request, str(error))
        return redirect(action)
    if kept:
        words = ngettext(
            "Undone, except for %(count)s value that was changed again since.",
            "Undone, except for %(count)s values that were changed again since.",
            kept,
        )
        messages.warning(request, words % {"count": localization.count(kept)})
    else:
        messages.success(request, _("Undone. Apply to send it to the PBX."))
    return redirect(action)
