"""Templates: named sets of what Add and Bulk Add suggest. Kept by who manages all extensions."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from core.access.decorators import needs
from core.access.permissions import Permission
from core.access.requests import wants_to_find
from core.audit import log
from core.preferences.models import Preferences
from extensions.access import get_managed
from extensions.bulk.add_views import tabs_of
from extensions.bulk.forms import SharedForm, TemplateForm
from extensions.forms import shared_values
from extensions.models import ExtensionTemplate


def refuse_who_reaches_some(request: SignedInRequest) -> None:
    if not request.user.reaches_everybody:
        raise Http404("Templates are of all extensions.")


@needs(Permission.MANAGE_EXTENSIONS)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    refuse_who_reaches_some(request)
    context = {"section": "extension", "templates": ExtensionTemplate.objects.all()}
    return render(request, "extensions/bulk/templates.html", context)


@needs(Permission.MANAGE_EXTENSIONS)
def add(request: SignedInRequest) -> HttpResponse:
    refuse_who_reaches_some(request)
    return form_view(request, None)


@needs(Permission.MANAGE_EXTENSIONS)
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    refuse_who_reaches_some(request)
    return form_view(request, get_object_or_404(ExtensionTemplate, pk=pk))


@needs(Permission.MANAGE_EXTENSIONS)
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    refuse_who_reaches_some(request)
    template = get_object_or_404(ExtensionTemplate, pk=pk)
    if request.method != "POST":
        return render(request, "extensions/bulk/template_delete.html", {"section": "extension", "template": template})
    with log.together():
        template.delete()
        log.record(request.user, "template.deleted", template.name)
    messages.success(request, _("Template %(name)s deleted.") % {"name": template.name})
    return redirect("extensions:templates")


def form_view(request: SignedInRequest, template: ExtensionTemplate | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    before = (template.name, template.values) if template else None
    initial = template.values if template else None
    if template is None and (number := request.GET.get("copy")):
        initial = shared_values(get_managed(request, number))
    shared = SharedForm(data, by=request.user, preferences=Preferences.current(), initial=initial)
    form = TemplateForm(data, instance=template)
    if wants_to_find(request):
        shared.ask_again()
    elif all([form.is_valid(), shared.is_valid()]):
        form.instance.values = {**form.instance.values, **shared.shared_values}
        with log.together():
            saved = form.save()
            if before is None:
                log.record(request.user, "template.added", saved.name)
            elif before != (saved.name, saved.values):
                log.record(request.user, "template.changed", saved.name)
        messages.success(request, _("Template %(name)s saved. Choose it in Add or Bulk Add.") % {"name": saved.name})
        return redirect("extensions:templates")
    errors = [*_name_errors(form), *shared.error_list()] if data is not None and not wants_to_find(request) else []
    context = {
        "section": "extension",
        "template": template,
        "template_form": form,
        "form": shared,
        "errors": errors,
        "tabs": tabs_of(errors),
        "organizations_on": "organizations" in shared.person.fields,
    }
    return render(request, "extensions/bulk/template_form.html", context, status=422 if errors else 200)


def _name_errors(form: TemplateForm) -> list[dict[str, str]]:
    label = str(form.fields["name"].plain_label)  # type: ignore[attr-defined]
    return [
        {"id": form["name"].id_for_label, "tab": "", "label": label, "message": str(message)}
        for message in form.errors.get("name", [])
    ]
