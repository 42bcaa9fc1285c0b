"""Maintenance > Mail."""

from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from core.access.decorators import needs
from core.access.permissions import Permission
from core.access.requests import SignedInRequest
from core.audit import log
from core.keyset_pagination import Page, newest_first
from core.mail import outbox
from core.mail.labels import STATES, Line
from core.mail.models import Email
from core.preferences.models import Preferences
from core.validators import digits, tidy

PAGE_SIZE = 50
State = Email.State


class MailFilter(forms.Form):
    person = forms.CharField(label=gettext_lazy("Person"), max_length=100, required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("State"), choices=[("", gettext_lazy("All")), *STATES.items()], required=False
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["person"].widget.attrs |= {"autocomplete": "off", "class": "form-control"}
        self.fields["state"].widget.attrs |= {"class": "form-select"}
        self.fields["state"].error_messages["invalid_choice"] = gettext_lazy("Choose a state from the list.")

    def asked(self) -> dict[str, str]:
        return {name: text for name in self.fields if (text := str(self.data.get(name, "")).strip())}

    def chips(self) -> list[dict[str, str]]:
        """Each filter with its value, and the address without it."""
        asked = self.asked()
        return [
            {
                "label": str(self.fields[name].label),
                "value": str(STATES.get(text, text)),
                "url": "?" + urlencode({other: each for other, each in asked.items() if other != name}),
            }
            for name, text in asked.items()
        ]

    def found(self) -> Any:
        emails = Email.objects.all()
        if state := self.cleaned_data["state"]:
            emails = emails.filter(state=state)
        for word in tidy(self.cleaned_data["person"]).split():
            emails = emails.filter(reduce(or_, map(_containing, {word, word.lower(), word.title()})))
        return emails


def _containing(word: str) -> Q:
    """SQLite knows small letters and capitals of ASCII alone."""
    names = Q(user__first_name__icontains=word) | Q(user__last_name__icontains=word)
    return Q(to__icontains=word) | names


@needs(Permission.VIEW_MAIL)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """The newest first, and each page begins where another ended."""
    form = MailFilter(request.GET)
    valid = form.is_valid()
    before = digits(request.GET.get("before", "")) or None
    page: Page[Email] = Page([])
    if valid:
        page = newest_first(form.found().select_related("user", "by"), before=before, size=PAGE_SIZE)
    asked = form.asked()
    context = {
        "section": "mail",
        "form": form,
        "errors": [
            {"id": form[name].id_for_label, "label": form[name].label, "message": str(error)}
            for name, errors in form.errors.items()
            for error in errors
        ],
        "lines": [Line(each) for each in page.rows],
        "chips": form.chips(),
        "sends_email": bool(Preferences.current().mail_host),
        "asked": urlencode(asked),
        "newest": "?" + urlencode(asked) if before else "",
        "older": "?" + urlencode({**asked, "before": page.next}) if page.next else "",
    }
    return render(request, "core/mail/list.html", context, status=200 if valid else 422)


def back(request: SignedInRequest) -> HttpResponse:
    asked = MailFilter(request.GET).asked()
    return redirect(reverse("mail:list") + ("?" + urlencode(asked) if asked else ""))


@needs(Permission.MANAGE_MAIL)
@require_POST
def send_again(request: SignedInRequest, pk: int) -> HttpResponse:
    email = get_object_or_404(Email, pk=pk)
    if email.state not in (State.REFUSED, State.UNCERTAIN):
        messages.info(request, _("That e-mail does not need to be sent again."))
        return back(request)
    with transaction.atomic():
        Email.objects.filter(pk=email.pk, settled_at=None).update(settled_at=timezone.now())
        outbox.send_again(email)
        log.record(request.user, "mail.sent_again", email.to, kind=email.kind)
    messages.success(request, _("The e-mail to %(to)s will be sent again.") % {"to": email.to})
    return back(request)


@needs(Permission.MANAGE_MAIL)
@require_POST
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Of a waiting one: it is not sent. Of an uncertain one: it was looked after, and is no news any more."""
    email = get_object_or_404(Email, pk=pk)
    here = Email.objects.filter(pk=email.pk)
    with transaction.atomic():
        now = timezone.now()
        discarded = {"state": State.VOID, "answer_code": "discarded", "answer": "", "settled_at": now}
        if here.filter(state=State.WAITING).update(**discarded):
            log.record(request.user, "mail.discarded", email.to, kind=email.kind)
            messages.success(request, _("The e-mail to %(to)s will not be sent.") % {"to": email.to})
        elif here.filter(state=State.UNCERTAIN, settled_at=None).update(settled_at=now):
            log.record(request.user, "mail.looked_after", email.to, kind=email.kind)
            messages.success(request, _("The e-mail to %(to)s has been dismissed.") % {"to": email.to})
        else:
            messages.info(request, _("That e-mail is no longer waiting."))
    return back(request)
