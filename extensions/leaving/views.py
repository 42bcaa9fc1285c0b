"""Somebody leaves, changes what was said about it, or comes back; and the sign-in alone, ended and allowed."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from accounts.sessions import active as active_sessions
from core.http import page_before
from extensions import actions, handover, pbx
from extensions.access import ask_again_about, get_managed
from extensions.calls.voicemail import messages as voicemail
from extensions.fields import MessagesThen
from extensions.leaving import forms as leaving_forms
from extensions.leaving.forms import LeaveForm, Matches
from extensions.listing.rows import rows_of
from extensions.models import SipExtension
from extensions.review import review
from extensions.review.views import apply_numbers, look_first


def page(request: SignedInRequest, extension: SipExtension, status: int = 200, **more: Any) -> HttpResponse:
    context = {"section": "extension", "extension": rows_of([extension])[0], **more}
    return render(request, "extensions/leaving/leave.html", context, status=status)


def found(matches: Matches) -> dict[str, Any]:
    return {"matches": rows_of(matches.shown), "more": matches.more}


def form_page(request: SignedInRequest, form: LeaveForm, *, checked: bool) -> HttpResponse:
    typed = str(form["colleague"].value() or "")
    errors = [
        {"id": form.ids[name], "label": form.fields[name].label, "message": message}
        for name in form.fields
        for message in form.errors.get(name, ())
        if checked
    ]
    matches = form.matches if form.matches.shown or form.to else form.look_up(typed)
    return page(
        request,
        form.extension,
        422 if errors else 200,
        form=form,
        errors=errors,
        error_of={each["id"]: each["message"] for each in errors},
        typed=typed,
        **found(matches),
    )


def phones_of(number: str) -> str:
    try:
        count = len(pbx.get().lines([number])[number].phones)
    except pbx.PbxError:
        return _("registered phones are disconnected, and none can register")
    if count == 0:
        return _("none registered now, and none can register")
    return _("%(count)s registered now, disconnected immediately, and none can register") % {"count": count}


def summary_page(request: SignedInRequest, form: LeaveForm) -> HttpResponse:
    """All that will be, before it is done."""
    extension = form.extension
    first = extension.left_on is None
    lost = handover.words(extension, request.user) if first else ""
    deleted = voicemail.lost_words(extension) if form.messages_then == MessagesThen.DELETE else ""
    return page(
        request,
        extension,
        summary=True,
        form=form,
        phones=phones_of(extension.number) if first else "",
        sessions=active_sessions.of(extension.user).count() if first else 0,
        to=rows_of([form.to])[0] if form.to else None,
        knows_to=form.to and SipExtension.objects.visible_to(request.user).filter(pk=form.to.pk).exists(),
        until=form.until,
        needed=actions.in_use(extension),
        days=(form.until - localdate()).days if form.until else 0,
        lost=lost,
        has_mailbox=extension.voicemail,
        messages_count=voicemail.count(extension),
        goes=[each for each in actions.lost_by_deleting(extension, request.user) if each not in (lost, deleted)],
    )


def leave(request: SignedInRequest, number: str) -> HttpResponse:
    """The questions; then what will be, to look at; then it is done."""
    extension = get_managed(request, number)
    refusal = actions.refusal("leave", extension, request.user)
    if refusal:
        return page(request, extension, 409 if request.method == "POST" else 200, refusal=refusal)
    step = request.POST.get("then", "check")
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and step == "search":  # also by Enter in any field: it is the first button
        if data.get("colleague", "").strip():
            data["calls"] = leaving_forms.COLLEAGUE
        else:
            step = "check"
    form = LeaveForm(data, extension=extension, by=request.user)
    if request.method != "POST" or step in ("search", "change"):
        return form_page(request, form, checked=False)
    if not form.is_valid():
        return form_page(request, form, checked=True)
    if step != "leave":
        return summary_page(request, form)
    ask_again_about(request, extension.user.role)
    try:
        lost = form.save()
    except actions.ActionRefusedError as error:
        messages.error(request, _("Nothing was changed. %(why)s") % {"why": error})
        return redirect("extensions:leave", number)
    done = _("Saved.")
    if not extension.left_on:
        done = _("%(name)s is offboarded. Phones are disconnected and sign-in is blocked.") % {"name": extension.user}
    return applied(request, extension, done, lost)


def applied(
    request: SignedInRequest, extension: SipExtension, done: str, lost: list[str], back: str = ""
) -> HttpResponse:
    number = extension.number
    if review.waits_for_others(request.user, number):
        return look_first(request, number, done)
    numbers = [number, *handover.without_others(lost, request.user)]
    return apply_numbers(request, numbers, done, back or extension.get_absolute_url())


@require_GET
def colleagues(request: SignedInRequest, number: str) -> HttpResponse:
    """Those whom what is being typed may mean."""
    form = LeaveForm(extension=get_managed(request, number), by=request.user)
    typed = request.GET.get("colleague", "")[:100]
    return render(request, "extensions/leaving/_colleagues.html", {"typed": typed, **found(form.look_up(typed))})


@require_POST
def come_back(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    ask_again_about(request, extension.user.role)
    back = page_before(request, extension.get_absolute_url())
    if not actions.come_back(number, request.user):
        messages.info(request, _("%(name)s is already restored.") % {"name": extension.user})
        return redirect(back)
    done = _("%(name)s is restored. Phones and sign-in work again.") % {"name": extension.user}
    return applied(request, extension, done, [], back)
