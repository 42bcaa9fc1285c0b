"""Bulk Add: filled in, looked at, done."""

import uuid
from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from core.access.decorators import needs
from core.access.permissions import Permission
from core.access.requests import wants_to_find
from core.preferences.models import Preferences
from extensions.bulk import adding
from extensions.bulk.forms import BulkAddForm
from extensions.bulk.page import done_before, finish, held, template_of, token_of
from extensions.fields import Tab
from extensions.models import BulkAction, ExtensionTemplate

SHOWN = 10  # of the extensions that will be made, and of the numbers that are passed over


@needs(Permission.MANAGE_EXTENSIONS)
def add(request: SignedInRequest) -> HttpResponse:
    if not request.user.adds_extensions:
        raise PermissionDenied
    if done := done_before(request):
        return added_before(request, done)
    data = request.POST if request.method == "POST" else None
    template = template_of(request)
    form = BulkAddForm(
        data, by=request.user, preferences=Preferences.current(), initial=template.values if template else None
    )
    if wants_to_find(request) or request.POST.get("then") == "change":
        form.ask_again()
        return form_page(request, form, template)
    if not form.is_valid():
        return form_page(request, form, template)
    if request.POST.get("then") not in ("save", "apply"):
        return preview(request, form)
    if request.POST.get("seen") != form.plan.digest:
        if done := done_before(request):  # since it was looked for
            return added_before(request, done)
        messages.info(request, _("Nothing was added because other numbers are free now. Look at them again."))
        return preview(request, form)
    if form.is_sensitive:
        require_reauthentication(request)
    try:
        action = adding.add(form, request.user, token_of(request))
    except IntegrityError:
        if done := done_before(request):
            return added_before(request, done)
        messages.info(request, _("Nothing was added because a number was taken meanwhile. Look at the numbers again."))
        form = BulkAddForm(request.POST, by=request.user, preferences=Preferences.current())
        return preview(request, form) if form.is_valid() else form_page(request, form, template)
    return finish(request, action)


def added_before(request: SignedInRequest, done: BulkAction) -> HttpResponse:
    messages.info(request, _("These extensions were already added."))
    return finish(request, done)


def form_page(request: SignedInRequest, form: BulkAddForm, template: ExtensionTemplate | None) -> HttpResponse:
    errors = form.error_list() if form.data is not None else []
    return render(
        request,
        "extensions/bulk/add.html",
        {
            "section": "extension",
            "form": form,
            "errors": errors,
            "tabs": tabs_of(errors),
            "organizations_on": "organizations" in form.person.fields,
            "template": template,
            "templates": ExtensionTemplate.objects.all(),
            "token": uuid.uuid4() if form.data is None else token_of(request),
        },
        status=422 if errors else 200,
    )


def tabs_of(errors: list[dict[str, str]]) -> list[dict[str, Any]]:
    found_on = Counter(error["tab"] for error in errors)
    return [{"name": tab.value, "title": tab.title, "errors": found_on[tab.value]} for tab in Tab]


def preview(request: SignedInRequest, form: BulkAddForm) -> HttpResponse:
    plan = form.plan
    rows = [
        {"number": each.number, "name": name_of(form, each), "email": form.numbers.email_of(each) or ""}
        for each in plan.planned
    ]
    role = form.person.cleaned_data.get("role")
    context = {
        "section": "extension",
        "rows": rows[:SHOWN],
        "more": rows[SHOWN:][-1:],
        "between": max(0, len(rows) - SHOWN - 1),
        "count": len(rows),
        "not_free": plan.not_free[:SHOWN],
        "not_free_more": max(0, len(plan.not_free) - SHOWN),
        "role": role,
        "organizations": form.person.cleaned_data.get("organizations", ()),
        "voicemail": form.sip.instance.voicemail,
        "passwords": form.gives_passwords,
        "hidden_fields": held(request, seen=plan.digest),
    }
    return render(request, "extensions/bulk/add_preview.html", context)


def name_of(form: BulkAddForm, planned: Any) -> str:
    return Preferences.current().names.of(*form.numbers.names_of(planned))
