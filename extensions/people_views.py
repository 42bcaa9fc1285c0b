"""Extension > People without an extension: who they are, edited, given a number, and removed."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.people.forms import PersonForm
from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from core import folding
from core.access.decorators import needs
from core.access.permissions import Permission
from core.access.requests import wants_to_find
from core.forms.layout import ask_again
from core.keyset_pagination import by_place
from core.localization import sortable
from core.preferences.models import Preferences
from core.validators import digits
from extensions import people
from extensions.access import ask_again_about, without_extension
from extensions.actions import ActionRefusedError, last_super_administrator
from extensions.changes.record import Values, values_of_person
from extensions.fields import SECRET, label, value_shown
from extensions.listing.filters import typed

PAGE_SIZE = 50


@dataclass(frozen=True)
class EditForm:
    """As the page of an extension has it: the person alone."""

    person: PersonForm


@gzip_page
@needs(Permission.MANAGE_EXTENSIONS)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    text = typed(request.GET.get("name", ""))
    words = folding.words(text)
    everybody = without_extension(request.user).select_related("role")
    found = [each for each in everybody if is_meant(each, words)]
    found.sort(key=lambda user: (sortable(user.full_name), user.pk))
    first = max(1, min(digits(request.GET.get("from", "")) or 1, len(found)))
    context = {
        "section": "extension",
        "page": by_place(found, first, total=len(found), size=PAGE_SIZE),
        "sought": text,
    }
    return render(request, "extensions/people/list.html", context)


def is_meant(user: User, words: list[str]) -> bool:
    text = folding.fold(f"{user.full_name} {user.email or ''}")
    return all(word in text for word in words)


def get_person(request: SignedInRequest, pk: int) -> User:
    if not request.user.adds_extensions:
        raise PermissionDenied
    found = without_extension(request.user).select_related("role").filter(pk=pk).first()
    if found is None:
        raise Http404("No such person.")
    return found


@needs(Permission.MANAGE_EXTENSIONS)
@sensitive_post_parameters("password")
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    person = get_person(request, pk)
    data = request.POST if request.method == "POST" else None
    seen = data.get("seen", "") if data is not None else people.digest(person)
    form = PersonForm(data, by=request.user, preferences=Preferences.current(), instance=person)
    if wants_to_find(request):
        ask_again(form)
    elif data is not None and form.is_valid():
        if form.is_sensitive:
            require_reauthentication(request)
        try:
            changed = people.change(person, form, request.user, request.POST.get("seen", ""))
        except people.PersonGone:
            return gone(request)
        except people.PersonChanged as error:
            say_what_differs(form, error.saved)
            seen = people.digest(get_person(request, pk))
        except ActionRefusedError as error:
            form.add_error(None, str(error))
        except IntegrityError:  # somebody else has just been given this e-mail address
            form = PersonForm(
                data, by=request.user, preferences=Preferences.current(), instance=get_person(request, pk)
            )
            form.is_valid()
        else:
            words = _("%(name)s saved.") if changed else _("Nothing was changed.")
            messages.success(request, words % {"name": get_person(request, pk).full_name})
            return redirect("extensions:people")
    context = {
        "section": "extension",
        "person": get_person(request, pk),
        "seen": seen,
        "form": EditForm(form),
        "errors": errors_of(form) if data is not None and not wants_to_find(request) else [],
        "organizations_on": "organizations" in form.fields,
    }
    return render(request, "extensions/people/edit.html", context, status=422 if context["errors"] else 200)


def say_what_differs(form: PersonForm, saved: Values) -> None:
    """At each field that would undo what somebody else has saved. Saved again, it does."""
    words = _("Someone else changed this person while this page was open. Check the fields below, then save again.")
    form.add_error(None, words)
    typed = values_of_person(form.instance)
    if "organizations" in form.fields:
        typed["organizations"] = ", ".join(sorted(map(str, form.cleaned_data["organizations"])))
    for name in [name for name in typed if name in form.fields and name not in SECRET]:
        if typed[name] != saved[name]:
            form.add_error(name, _("Now saved: %(value)s") % {"value": value_shown(name, saved[name]) or _("empty")})


def errors_of(form: PersonForm) -> list[dict[str, str]]:
    """Each with the id of its field; "" where it is about all of them."""
    return [
        {
            "id": form[name].id_for_label or form[name].auto_id if name in form.fields else "",
            "label": label(name) if name in form.fields else "",
            "message": str(message),
        }
        for name, found in form.errors.items()
        for message in found
    ]


def gone(request: SignedInRequest) -> HttpResponse:
    messages.error(request, _("This person has an extension now, or was removed."))
    return redirect("extensions:people")


@needs(Permission.MANAGE_EXTENSIONS)
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    person = get_person(request, pk)
    refusal = refusal_of(person, request.user)
    if request.method == "POST" and not refusal:
        ask_again_about(request, person.role)
        try:
            people.remove(person, request.user)
        except people.PersonGone:
            return gone(request)
        except ActionRefusedError as error:
            refusal = str(error)
        else:
            messages.success(request, _("%(name)s was removed.") % {"name": person.full_name})
            return redirect("extensions:people")
    context = {"section": "extension", "person": person, "refusal": refusal}
    status = 409 if request.method == "POST" else 200
    return render(request, "extensions/people/remove.html", context, status=status)


def refusal_of(person: User, by: User) -> str:
    if person == by:
        return _("This is you. Another administrator must remove you.")
    return last_super_administrator(person) if person.is_last_super_administrator() else ""
