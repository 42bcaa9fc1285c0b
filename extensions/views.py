from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from accounts.models import NoSuperAdministrator
from accounts.profile.models import Avatar
from accounts.requests import SignedInRequest
from accounts.second_factor.factors import Factors
from accounts.sessions.reauthentication import require_fresh
from core import encryption
from core.access.decorators import needs
from core.access.permissions import Permission
from core.access.requests import wants_to_find
from core.audit import log
from core.preferences.models import Preferences
from extensions import changes, hand_over, pbx, phone_guides, review, troubles, welcome
from extensions.applying import apply_numbers, finish, look_first
from extensions.departments import asked_for, search_in
from extensions.forms import Conflict, DeleteForm, ExtensionForm, set_enabled
from extensions.history import history_of
from extensions.listing import PAGE_SIZE, SORTS, Row, link, rows_of, sort_links, sorted_page
from extensions.lookup import get_extension, get_managed, managed_numbers, may_manage, may_use, visible
from extensions.models import SipExtension
from extensions.validators import Strength

REMOVED = _("The phone was removed. It registers again by itself unless its password is changed or it is switched off.")


@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    if request.user.sees_extensions:
        return redirect("extensions:list")
    own = SipExtension.objects.filter(user=request.user).first()
    return redirect(own) if own else render(request, "extensions/none.html", {"section": "own"})


@needs(Permission.VIEW_EXTENSIONS)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    q = " ".join(request.GET.get("q", "").replace("\0", "").split())[:100]
    sort = request.GET.get("sort", "")
    sort = sort if sort.removeprefix("-") in SORTS else "number"
    asked = asked_for(request)
    found = search_in(visible(request), asked, q)
    kept = {"q": q, **(asked.parameters if asked else {})}
    shown = sorted_page(found.rows, sort, request.GET.get("page", ""))
    return render(
        request,
        "extensions/list.html",
        {
            "section": "extension",
            "extensions": rows_of(shown.rows),
            "managed": managed_numbers(request, shown.rows),
            "total": found.total,
            "more_than_total": found.more,
            "q": q,
            "asked": asked,
            "sort": sort,
            "sort_links": sort_links(kept, sort),
            "clear_url": link({**kept, "q": ""}),
            "previous_url": link({**kept, "sort": sort, "page": shown.previous}) if shown.previous else "",
            "next_url": link({**kept, "sort": sort, "page": shown.next}) if shown.next else "",
        },
    )


@require_GET
@never_cache
def statuses(request: SignedInRequest) -> HttpResponse:
    """The status cells of the numbers asked for, swapped into the list or page that shows them."""
    numbers = [number for number in request.GET.getlist("n")[:PAGE_SIZE] if number.isascii() and number.isdigit()]
    found = list(visible(request).filter(number__in=numbers))
    rows = rows_of(found)
    more = with_phones(request, found[0], rows[0]) if len(found) == 1 and "detail" in request.GET else {}
    return render(request, "extensions/_statuses.html", {"extensions": rows, **more})


def with_phones(request: SignedInRequest, extension: SipExtension, row: Row) -> dict[str, Any]:
    """What only the extension's own page says and asks for again: its phones, and the welcome mail."""
    manages = may_manage(request, extension)
    try:
        found = troubles.of(extension, row.phones or (), may_manage=manages)
    except pbx.PbxError:
        found = []
    return {
        "may_remove": may_use(request, extension),
        "troubles": found,
        "may_forget": manages,
        "welcome": welcome.shown(extension, request.user) if manages else None,
    }


@require_POST
def forget_attempts(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    try:
        pbx.get().forget_attempts(troubles.accounts(extension))
        log.record(request.user, "extension.attempts_forgotten", number)
    except pbx.PbxError as error:
        messages.error(request, str(error))
    return redirect(extension)


@require_POST
def remove_phone(request: SignedInRequest, number: str) -> HttpResponse:
    """One registration; the phone may register again if it knows the password."""
    extension = get_extension(request, number)
    if not may_use(request, extension):
        raise PermissionDenied
    try:
        removed = pbx.get().remove_phone(number, request.POST.get("phone", ""))
    except pbx.PbxError as error:
        log.record(request.user, "extension.phone_removed", number, result=log.Result.FAILED, words=error)
        messages.error(request, _("The phone was not removed. %(why)s") % {"why": error})
        return redirect(extension)
    if removed:
        log.record(request.user, "extension.phone_removed", number, phone=request.POST["phone"])
    messages.success(request, REMOVED if removed else _("That phone is not registered any more."))
    return redirect(extension)


@require_GET
@never_cache
def pbx_state(request: SignedInRequest) -> HttpResponse:
    return render(request, "_pbx.html")


def form_page(request: SignedInRequest, form: ExtensionForm, extension: SipExtension | None) -> HttpResponse:
    return render(
        request,
        "extensions/form.html",
        {
            "section": "extension",
            "form": form,
            "errors": form.error_list(),
            "extension": extension,
            "title": _("Edit extension %(number)s") % {"number": extension.number} if extension else _("Add extension"),
            "organizations_on": "organizations" in form.person.fields,
            "cancel_url": extension.get_absolute_url() if extension else reverse("extensions:list"),
        },
        status=422 if form.data is not None and not wants_to_find(request) else 200,
    )


def show_once(request: SignedInRequest, extension: SipExtension, password: str) -> None:
    """Hands a new user password to the next page, sealed: sessions are stored."""
    if password and extension.user.email:
        request.session["user_password"] = [extension.number, encryption.seal("shown once", extension.pk, password)]


def save(request: SignedInRequest, form: ExtensionForm) -> SipExtension | None:
    """None: the form says why not. Raises Conflict."""
    if not form.is_valid():
        return None
    if form.person.is_sensitive:
        require_fresh(request)
    return form.try_save()


@needs(Permission.MANAGE_EXTENSIONS)
@sensitive_post_parameters("password", "registration_password")
@never_cache
def add(request: SignedInRequest) -> HttpResponse:
    if not request.user.adds_extensions:
        raise PermissionDenied
    form = ExtensionForm(
        request.POST if request.method == "POST" else None, by=request.user, preferences=Preferences.current()
    )
    if wants_to_find(request):
        form.ask_again()
        return form_page(request, form, None)
    extension = save(request, form)
    if extension is None:
        return form_page(request, form, None)
    show_once(request, extension, form.person.cleaned_data["password"])
    saved = _("%(extension)s saved.")
    if form.sends_welcome:
        saved = _("%(extension)s saved. The welcome mail goes to %(address)s.")
    return finish(request, extension, saved % {"extension": extension, "address": extension.user.email})


@sensitive_post_parameters("password", "registration_password")
@never_cache
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
    show_once(request, saved, form.person.cleaned_data["password"])
    return finish(request, saved, _("%(extension)s saved.") % {"extension": saved})


def conflict(request: SignedInRequest, form: ExtensionForm, number: str) -> HttpResponse:
    """Both versions, field by field; nothing of either is lost."""
    theirs = get_managed(request, number)
    saved, yours = changes.values(theirs), form.typed_values()
    rows = [
        {
            "label": changes.label(name),
            "saved": changes.value_shown(name, saved[name]),
            "yours": changes.value_shown(name, value),
            "differs": saved[name] != value,
        }
        for name, value in yours.items()
        if name not in changes.SECRET
    ]
    rows += [
        {"label": changes.label(name), "saved": _("kept"), "yours": _("changed"), "differs": True}
        for name in changes.SECRET
        if form.data.get(name)
    ]
    deeds = (log.last(f"extension.{deed}", number) for deed in ("changed", "left", "came_back"))
    last = max(filter(None, deeds), key=lambda record: record.pk, default=None)
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


def phone_settings(request: SignedInRequest, extension: SipExtension) -> dict[str, Any]:
    """What a person types into the phone."""
    preferences = Preferences.current()
    host, port = pbx.get().address()
    if host in ("", "0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        host = urlsplit(f"//{request.get_host()}").hostname or ""
    return {
        "server": preferences.sip_host or host,
        "port": preferences.sip_port or port,
        "transport": _("UDP or TCP"),
        "user_name": extension.number,
        "authentication_name": extension.registration_name,
    }


def guide_of(request: SignedInRequest, extension: SipExtension) -> dict[str, Any]:
    """In the words of the kind of phone that was chosen, and what one may do about its password."""
    guide = phone_guides.find(request.GET.get("phone", ""))
    values = {**phone_settings(request, extension), "name": extension.user.full_name}
    uses = may_use(request, extension)
    allowed = "registration_password" in Preferences.current().self_service or may_manage(request, extension)
    return {
        "phone": values,
        "guides": phone_guides.GUIDES,
        "guide": guide,
        "guide_lines": phone_guides.lines(guide, values) if guide else [],
        "can_use": uses,
        "may_renew": uses and allowed and extension.left_on is None,
        "picture": Avatar.objects.filter(user=extension.user).values_list("version", flat=True).first(),
    }


def taken(request: SignedInRequest, key: str, number: str) -> list[Any]:
    """What an earlier request left in the session for the page of this number, once."""
    left = request.session.pop(key, None)
    return left[1:] if left and left[0] == number else []


def colleague_of(request: SignedInRequest, extension: SipExtension) -> Row | None:
    """Whose phones ring for the number, where one may see who that is."""
    if extension.handed_to is None:
        return None
    return next(iter(rows_of(list(visible(request).filter(pk=extension.handed_to.pk)))), None)


def detail_page(request: SignedInRequest, extension: SipExtension, **more: Any) -> HttpResponse:
    colleague = colleague_of(request, extension)
    try:
        when_called = pbx.get().when_called(extension.number, {colleague.number: colleague.name} if colleague else {})
    except pbx.PbxError as error:
        when_called = [str(error)]
    row = rows_of([extension])[0]
    return render(
        request,
        "extensions/detail.html",
        {
            "section": "extension" if request.user.sees_extensions else "own",
            "extension": row,
            "can_edit": may_manage(request, extension),
            **with_phones(request, extension, row),
            **guide_of(request, extension),
            "when_called": when_called,
            "second_factor": Factors.of(extension.user).words if may_manage(request, extension) else "",
            "colleague": colleague,
            "rings_for": hand_over.seen(extension, request.user),
            **history_of(request, extension),
            **more,
        },
    )


@require_GET
@never_cache
def detail(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_extension(request, number)
    sealed = taken(request, "user_password", number)
    applied = taken(request, "applied", number)
    return detail_page(
        request,
        extension,
        applied={"live": applied[0], "words": applied[1]} if applied else None,
        user_password=encryption.unseal("shown once", extension.pk, sealed[0]) if sealed else "",
    )


@never_cache
def delete(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    form = DeleteForm(extension, request.user)
    refusal = form.refusal()
    if request.method != "POST" or refusal:
        context = {
            "section": "extension",
            "extension": rows_of([extension])[0],
            "goes": form.goes(),
            "refusal": refusal,
            "cancel_url": extension.get_absolute_url(),
        }
        return render(
            request, "extensions/confirm_delete.html", context, status=409 if request.method == "POST" else 200
        )
    try:
        lost = form.delete()
    except NoSuperAdministrator:
        return redirect("extensions:delete", number)
    if request.POST.get("then") != "apply":
        messages.success(request, _("%(extension)s deleted. Apply to take it off the PBX.") % {"extension": extension})
        return redirect("extensions:list")
    if review.waits_for_others(request.user, number):
        return look_first(request, number, _("%(extension)s deleted.") % {"extension": extension})
    numbers = [number, *hand_over.without_others(lost, request.user)]
    return apply_numbers(
        request, numbers, _("%(extension)s deleted.") % {"extension": extension}, reverse("extensions:list")
    )


@require_POST
def toggle(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_managed(request, number)
    enabled = request.POST.get("enabled") == "yes"
    if not enabled and extension.user == request.user:
        messages.error(request, _("This is your own extension: somebody else must disable it."))
        return redirect(extension)
    if enabled and extension.left_on:
        messages.error(
            request, _("%(name)s has left. Let them come back, or delete the extension.") % {"name": extension.user}
        )
        return redirect(extension)
    if enabled != extension.enabled:
        set_enabled(extension, request.user, enabled)
    words = _("%(extension)s enabled.") if enabled else _("%(extension)s disabled.")
    done = words % {"extension": extension}
    if review.waits_for_others(request.user, number):
        return look_first(request, number, done)
    return apply_numbers(request, [number], done, extension.get_absolute_url())


@never_cache
def reveal(request: SignedInRequest, number: str) -> HttpResponse:
    extension = get_extension(request, number)
    if request.method != "POST":
        return redirect(extension)
    if not may_use(request, extension):
        raise PermissionDenied
    require_fresh(request)
    log.record(request.user, "extension.password_revealed", number)
    password = extension.registration_password
    if request.htmx:
        return render(request, "extensions/_password.html", {"password": password, "revealed_at": timezone.now()})
    return detail_page(request, extension, password=password)


@needs(Permission.MANAGE_EXTENSIONS)
@sensitive_post_parameters("registration_password")
@require_POST
@never_cache
def strength(request: SignedInRequest) -> HttpResponse:
    known = [request.POST.get(name, "") for name in ("number", "registration_name", "first_name", "last_name", "email")]
    password = request.POST.get("registration_password", "")
    return render(request, "extensions/_strength.html", {"strength": Strength(password, known) if password else None})
