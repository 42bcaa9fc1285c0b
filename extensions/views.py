from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from core.access.decorators import needs
from core.access.permissions import Permission
from core.access.requests import wants_to_find
from core.audit import log
from core.http import page_before
from core.localization import sortable
from core.preferences.models import Preferences
from core.validators import digits
from extensions import actions, handover
from extensions.access import ask_again_about, get_managed, without_extension
from extensions.changes import record as changes
from extensions.fields import SECRET, Tab, label, value_shown
from extensions.forms import Conflict, ExtensionForm, PersonNotFree, shared_values
from extensions.listing.rows import rows_of
from extensions.models import ExtensionTemplate, SipExtension
from extensions.review import review
from extensions.review.views import apply_numbers, finish, look_first
from extensions.validators import Strength

MOST_TO_CHOOSE = 200


@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    """Who manages anything sees whether all is well, others their own number."""
    if request.user.role and request.user.role.manages_anything:
        return redirect("dashboard")
    if request.user.sees_extensions:
        return redirect("extensions:list")
    own = SipExtension.objects.filter(user=request.user).first()
    return redirect(own) if own else render(request, "extensions/none.html", {"section": "own"})


def form_page(request: SignedInRequest, form: ExtensionForm, extension: SipExtension | None) -> HttpResponse:
    errors = form.error_list()
    found_on = Counter(error["tab"] for error in errors)
    return render(
        request,
        "extensions/form.html",
        {
            "section": "extension",
            "form": form,
            "errors": errors,
            "tabs": [{"name": tab.value, "title": tab.title, "errors": found_on[tab.value]} for tab in Tab],
            "extension": extension,
            "title": _("Edit extension %(number)s, %(name)s") % {"number": extension.number, "name": extension.user}
            if extension
            else _("Add extension"),
            "chooses": extension is None and "choose" in request.GET,
            "people": people_to_choose(request) if extension is None and "choose" in request.GET else [],
            "organizations_on": "organizations" in form.person.fields,
            "templates": ExtensionTemplate.objects.all() if extension is None else [],
            "template": template_chosen(request),
            "copied": request.GET.get("copy", "") if extension is None else "",
            "cancel_url": extension.get_absolute_url() if extension else reverse("extensions:list"),
        },
        status=422 if form.data is not None and not wants_to_find(request) else 200,
    )


def people_to_choose(request: SignedInRequest) -> list[User]:
    """Those without an extension, by name. Only where somebody asks: to find them, everybody is looked at."""
    return sorted(without_extension(request.user)[:MOST_TO_CHOOSE], key=lambda user: sortable(user.full_name))


def show_once(request: SignedInRequest, extension: SipExtension, password: str, pin: str) -> None:
    """Hands a new user password, and a new PIN, to the next page. Sessions are stored sealed."""
    if password and extension.user.email:
        request.session["user_password"] = [extension.number, password]
    if pin and extension.voicemail:
        request.session["voicemail_pin"] = [extension.number, pin]


def save(request: SignedInRequest, form: ExtensionForm) -> SipExtension | None:
    """None: the form says why not. Raises Conflict."""
    if not form.is_valid():
        return None
    if form.person.is_sensitive or form.sets_secret:
        require_reauthentication(request)
    return form.try_save()


@needs(Permission.MANAGE_EXTENSIONS)
@sensitive_post_parameters("password", "registration_password", "voicemail_pin")
def add(request: SignedInRequest) -> HttpResponse:
    if not request.user.adds_extensions:
        raise PermissionDenied
    chosen = None
    if person := request.GET.get("person"):
        chosen = without_extension(request.user).filter(pk=digits(person) or 0).first()
        if chosen is None:
            return not_free(request)
    if number := added_before(request):
        messages.info(request, _("This form was already saved as extension %(number)s.") % {"number": number})
        return redirect("extensions:detail", number)
    form = ExtensionForm(
        request.POST if request.method == "POST" else None,
        by=request.user,
        preferences=Preferences.current(),
        chosen=chosen,
        initial=suggested(request),
    )
    if wants_to_find(request):
        form.ask_again()
        return form_page(request, form, None)
    try:
        extension = save(request, form)
    except PersonNotFree:
        return not_free(request)
    if extension is None:
        return form_page(request, form, None)
    request.session["added"] = [*request.session.get("added", []), [token_of(request), extension.number]][-20:]
    show_once(request, extension, form.person.cleaned_data["password"], form.sip.new_pin)
    saved = _("%(extension)s saved.")
    if form.sends_welcome:
        saved = _("%(extension)s saved. The welcome e-mail will be sent to %(address)s.")
    return finish(request, extension, saved % {"extension": extension, "address": extension.user.email})


def suggested(request: SignedInRequest) -> dict[str, Any] | None:
    """What the address says that the new extension has in common with another, or with those of a template."""
    if number := request.GET.get("copy"):
        return shared_values(get_managed(request, number))
    template = template_chosen(request)
    return template.values if template else None


def template_chosen(request: SignedInRequest) -> ExtensionTemplate | None:
    return ExtensionTemplate.objects.filter(pk=digits(request.GET.get("template", "")) or 0).first()


def token_of(request: SignedInRequest) -> str:
    return request.POST.get("form_token", "")[:64]


def added_before(request: SignedInRequest) -> str:
    """The number that this form was saved as, where only the answer was lost; "" for a form not saved yet."""
    token = token_of(request)
    numbers = [number for known, number in request.session.get("added", []) if token and known == token]
    return numbers[-1] if numbers and SipExtension.objects.filter(number=numbers[-1]).exists() else ""


def not_free(request: SignedInRequest) -> HttpResponse:
    messages.error(request, _("This person has an extension now, or is not in your scope. Choose another person."))
    return redirect("extensions:add")


@sensitive_post_parameters("password", "registration_password", "voicemail_pin")
def edit(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    data = request.POST if request.method == "POST" else None
    form = ExtensionForm(data, by=request.user, preferences=Preferences.current(), extension=extension)
    if wants_to_find(request):
        form.ask_again()
        return form_page(request, form, extension)
    try:
        saved = save(request, form)
    except Conflict:
        return conflict(request, form, number)
    if saved is None:
        return form_page(request, form, extension)
    show_once(request, saved, form.person.cleaned_data["password"], form.sip.new_pin)
    return finish(request, saved, _("%(extension)s saved.") % {"extension": saved})


def conflict(request: SignedInRequest, form: ExtensionForm, number: str) -> HttpResponse:
    """Both versions, field by field; nothing of either is lost."""
    theirs = get_managed(request, number)
    saved, yours = changes.values(theirs), form.typed_values()
    rows = [
        {
            "label": label(name),
            "saved": value_shown(name, saved[name]),
            "yours": value_shown(name, value),
            "differs": saved[name] != value,
        }
        for name, value in yours.items()
        if name not in SECRET
    ]
    rows += [
        {"label": label(name), "saved": _("unchanged"), "yours": _("changed"), "differs": True}
        for name in SECRET
        if form.data.get(name)
    ]
    records = (log.last(f"extension.{action}", number) for action in ("changed", "left", "came_back"))
    last = max(filter(None, records), key=lambda record: record.pk, default=None)
    again = QueryDict(mutable=True)
    again.update(request.POST)
    again["version"] = str(theirs.version)
    hidden = [
        {"name": name, "value": value}
        for name, held in again.lists()
        if name not in ("csrfmiddlewaretoken", "then")
        for value in held
    ]
    context = {
        "section": "extension",
        "extension": rows_of([theirs])[0],
        "theirs": last,
        "rows": rows,
        "hidden_fields": hidden,
    }
    return render(request, "extensions/conflict.html", context, status=409)


def delete(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    refusal = actions.refusal("delete", extension, request.user)
    if request.method != "POST" or refusal:
        context = {
            "section": "extension",
            "extension": rows_of([extension])[0],
            "goes": actions.lost_by_deleting(extension, request.user),
            "refusal": refusal,
            "version": extension.version,
            "used_by": [each for users in actions.USERS for each in users(request.user, extension)],
            "cancel_url": extension.get_absolute_url(),
        }
        return render(
            request, "extensions/confirm_delete.html", context, status=409 if request.method == "POST" else 200
        )
    ask_again_about(request, extension.user.role)
    try:
        lost = actions.delete(number, request.user, digits(request.POST.get("version", "")))
    except actions.UnseenError:
        messages.info(request, _("Nothing was deleted because someone else saved a change. Look at it again."))
        return redirect("extensions:delete", number)
    except actions.ActionRefusedError:
        return redirect("extensions:delete", number)
    if request.POST.get("then") != "apply":
        messages.success(
            request, _("%(extension)s deleted. Apply to remove it from the PBX.") % {"extension": extension}
        )
        return redirect("extensions:list")
    if review.waits_for_others(request.user, number):
        return look_first(request, number, _("%(extension)s deleted.") % {"extension": extension})
    numbers = [number, *handover.without_others(lost, request.user)]
    return apply_numbers(
        request, numbers, _("%(extension)s deleted.") % {"extension": extension}, reverse("extensions:list")
    )


@require_POST
def toggle(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    enabled = request.POST.get("enabled") == "yes"
    back = page_before(request, extension.get_absolute_url())
    if not enabled and (why := actions.refusal("disable", extension, request.user)):
        messages.error(request, why)
        return redirect(back)
    try:
        (actions.enable if enabled else actions.disable)(number, request.user)
    except actions.ActionRefusedError as error:
        messages.error(request, str(error))
        return redirect(back)
    words = _("%(extension)s enabled.") if enabled else _("%(extension)s disabled.")
    done = words % {"extension": extension}
    if review.waits_for_others(request.user, number):
        return look_first(request, number, done)
    return apply_numbers(request, [number], done, back)


@needs(Permission.MANAGE_EXTENSIONS)
@sensitive_post_parameters("registration_password")
@require_POST
def strength(request: SignedInRequest) -> HttpResponse:
    known = [request.POST.get(name, "") for name in ("number", "registration_name", "first_name", "last_name", "email")]
    password = request.POST.get("registration_password", "")
    return render(request, "extensions/_strength.html", {"strength": Strength(password, known) if password else None})
