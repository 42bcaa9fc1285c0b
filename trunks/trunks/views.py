"""Extension and Trunk > Trunk."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from core.access.decorators import needs
from core.access.permissions import Permission
from core.forms.layout import ask_again
from extensions.pbx import PbxError
from extensions.review import preferences as preference_changes
from trunks import changes, pbx, record, usage, views
from trunks.models import Trunk
from trunks.pbx import TrunkState, TrunkWord
from trunks.probe import client as probe
from trunks.probe.client import Outcome, Result
from trunks.trunks.forms import TrunkForm, settings_of

# What the page of a trunk shows of it, in its order.
FACTS = (
    "host", "port", "transport", "media_encryption", "keep_alive", "registers", "username", "auth_name",
    "number", "caller_id", "number_format", "codecs", "max_calls", "carries_emergency",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A trunk as the list shows it."""

    trunk: Trunk
    state: TrunkState


@dataclass(frozen=True)
class Test:
    """What came of asking the provider."""

    result: Result

    @property
    def is_good(self) -> bool:
        return self.result.outcome == Outcome.OK

    @property
    def sentence(self) -> str:
        return str(probe.SENTENCES[self.result.outcome])

    @property
    def advice(self) -> str:
        return str(probe.ADVICE.get(self.result.outcome, ""))


def rows(trunks: list[Trunk]) -> list[Row]:
    """With what the PBX knows of them; of one that it does not know yet, that."""
    try:
        known = pbx.get().states()
    except PbxError as error:
        known = {trunk.pk: TrunkState(TrunkWord.UNKNOWN, why=str(error)) for trunk in trunks}
    nothing = {
        True: TrunkState(TrunkWord.UNKNOWN, why=_("The PBX does not have this trunk yet.")),
        False: TrunkState(TrunkWord.OFF),
    }
    return [Row(trunk, known.get(trunk.pk) or nothing[trunk.enabled]) for trunk in trunks]


@gzip_page
@needs(Permission.VIEW_TRUNKS)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    context = {
        "section": "trunk",
        "rows": rows(list(Trunk.objects.all())),
        "line_changes": preference_changes.waiting(request.user, lines=True),
    }
    return render(request, "trunks/trunks/list.html", context)


def detail_page(request: SignedInRequest, trunk: Trunk, test: Test | None = None) -> HttpResponse:
    values, lines = record.values_of(trunk), record.now()
    facts = [(changes.label_of("trunks", name), changes.shown("trunks", name, values[name], lines)) for name in FACTS]
    context = {
        "section": "trunk",
        "row": rows([trunk])[0],
        "facts": [(label, value) for label, value in facts if value],
        "routes": usage.of_trunk(trunk),
        "test": test,
    }
    return render(request, "trunks/trunks/detail.html", context)


@needs(Permission.VIEW_TRUNKS)
@require_GET
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    return detail_page(request, get_object_or_404(Trunk, pk=pk))


@needs(Permission.MANAGE_TRUNKS)
@require_POST
def test(request: SignedInRequest, pk: int) -> HttpResponse:
    """As it is saved, which it may not be on the PBX yet."""
    trunk = get_object_or_404(Trunk, pk=pk)
    return detail_page(request, trunk, Test(probe.probe(settings_of(record.values_of(trunk), trunk.password))))


def form_page(request: SignedInRequest, form: TrunkForm, trunk: Trunk | None, test: Test | None = None) -> HttpResponse:
    context = {
        "section": "trunk",
        "form": form,
        "trunk": trunk and Trunk.objects.filter(pk=trunk.pk).first(),
        "test": test,
        "chosen": form.provider.key if form.provider else "",
        "cancel_url": reverse("trunks:detail", args=[trunk.pk]) if trunk else reverse("trunks:list"),
    }
    status = 200 if not form.is_bound or test else 409 if form.is_conflict else 422
    return render(request, "trunks/trunks/form.html", context, status=status)


def edit_page(request: SignedInRequest, trunk: Trunk | None) -> HttpResponse:
    def make(data: Any) -> TrunkForm:
        if trunk:
            return TrunkForm(data, by=request.user, instance=views.locked(Trunk, trunk.pk))
        return TrunkForm(data, by=request.user, provider=request.POST.get("provider", ""))

    if request.POST.get("then") == "test":
        return tested(request, make(request.POST), trunk)
    others = views.others_wait(request)
    form, saved = views.submit(request, make)
    assert isinstance(form, TrunkForm)  # noqa: S101 (as made)
    if not saved:
        return form_page(request, form, trunk)
    done = _("Trunk %(name)s saved.") % {"name": form.instance}
    return views.finish(request, done, reverse("trunks:detail", args=[form.instance.pk]), others=others)


def tested(request: SignedInRequest, form: TrunkForm, trunk: Trunk | None) -> HttpResponse:
    """What the provider says to what was typed, which is not saved."""
    if not form.can_be_tested():
        return form_page(request, form, trunk)
    test = Test(probe.probe(form.tested()))
    ask_again(form)
    return form_page(request, form, trunk, test)


@needs(Permission.MANAGE_TRUNKS)
@sensitive_post_parameters("password")
def add(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        return edit_page(request, None)
    return form_page(request, TrunkForm(by=request.user, provider=request.GET.get("provider", "")), None)


@needs(Permission.MANAGE_TRUNKS)
@sensitive_post_parameters("password")
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    trunk = get_object_or_404(Trunk, pk=pk)
    if request.method == "POST":
        return edit_page(request, trunk)
    return form_page(request, TrunkForm(by=request.user, instance=trunk), trunk)


@needs(Permission.MANAGE_TRUNKS)
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    trunk = get_object_or_404(Trunk, pk=pk)
    refusal = usage.refusal_of_trunk(trunk)
    if request.method == "POST":
        others = views.others_wait(request)
        with changes.edited(request.user):
            trunk = views.locked(Trunk, pk)
            refusal = usage.refusal_of_trunk(trunk)
            if not refusal:
                trunk.delete()
        if not refusal:
            done = _("Trunk %(name)s deleted.") % {"name": trunk}
            return views.finish(request, done, reverse("trunks:list"), others=others)
    context = {
        "section": "trunk",
        "trunk": trunk,
        "refusal": refusal,
        "used_by": [(route.name, reverse("outbound_routes:edit", args=[route.pk])) for route in usage.of_trunk(trunk)]
        if request.user.can(Permission.VIEW_ROUTES)
        else [],
        "is_last_for_emergencies": usage.is_last_for_emergencies(trunk),
    }
    return render(request, "trunks/trunks/delete.html", context, status=409 if request.method == "POST" else 200)


@needs(Permission.MANAGE_TRUNKS)
@require_POST
def toggle(request: SignedInRequest, pk: int) -> HttpResponse:
    trunk = views.toggle(request, Trunk, pk)
    if not Trunk.objects.for_emergencies().exists():
        messages.warning(request, _("No enabled trunk carries emergency calls."))
    return redirect("trunks:detail", trunk.pk)


@needs(Permission.MANAGE_TRUNKS)
@require_POST
def move(request: SignedInRequest, pk: int) -> HttpResponse:
    views.move(request, Trunk, pk)
    return redirect("trunks:list")
