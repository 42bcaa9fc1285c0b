from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET

from accounts.models import Organization, Role, User
from accounts.organizations.views import choices_of, while_managed
from accounts.requests import SignedInRequest
from accounts.roles.forms import DeleteRoleForm, RoleForm
from accounts.sessions.reauthentication import reauthentication_required, require_reauthentication
from core.access.decorators import needs
from core.access.permissions import MODULES, Permission, in_words
from core.access.requests import wants_to_find
from core.forms.layout import ask_again
from core.preferences.models import Preferences

PEOPLE_ON_A_PAGE = 50


@dataclass(frozen=True)
class Row:
    """A role as the pages show it."""

    role: Role
    may: str
    reach: str
    can_change: bool
    people: int = 0


def row_of(role: Role, by: User, people: int = 0) -> Row:
    return Row(role, in_words(role.permissions), reach_of(role), can_change(by, role), people)


def reach_of(role: Role) -> str:
    """In words; empty where the role is about no extension."""
    if not role.reaches_extensions:
        return ""
    if role.reaches_everybody:
        return str(role.get_reach_display())
    if not Preferences.current().organization_management:
        return _("No one while Organization Management is off")
    names = ", ".join(sorted(each.name for each in role.organizations.all()))
    if not names:
        return _("No one: no department is selected")
    return _("%(names)s, including sub-departments") % {"names": names} if role.below else names


def can_change(by: User, role: Role) -> bool:
    return by.can(Permission.MANAGE_ROLES) and not role.is_default and by.reaches_up_to(role)


def get_changeable(request: SignedInRequest, pk: int) -> Role:
    role = get_object_or_404(Role, pk=pk)
    if not can_change(request.user, role):
        raise PermissionDenied
    return role


@gzip_page
@needs(Permission.VIEW_ROLES)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    roles = Role.objects.annotate(people=Count("users")).order_by("position", "name").prefetch_related("organizations")
    context = {"section": "role", "rows": [row_of(role, request.user, role.people) for role in roles]}
    return render(request, "accounts/roles/list.html", context)


@needs(Permission.VIEW_ROLES)
@require_GET
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    role = get_object_or_404(Role, pk=pk)
    holders = role.users.order_by("pk")
    people = Paginator(holders.select_related("sip_extension"), PEOPLE_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "section": "role",
        "row": row_of(role, request.user, people.paginator.count),
        "levels": [(module, module.level(role.permissions)) for module in MODULES],
        "people": people,
    }
    return render(request, "accounts/roles/detail.html", context)


def form_page(request: SignedInRequest, form: RoleForm, *, like: Role | None = None) -> HttpResponse:
    role = form.instance if form.instance.pk else None
    context = {
        "section": "role",
        "form": form,
        "role": role and Role.objects.get(pk=role.pk),
        "like": like,
        "title": _("Copy %(role)s") % {"role": like} if like else _("Edit role") if role else _("Add role"),
        "action": reverse("roles:edit", args=[role.pk]) if role else reverse("roles:add"),
        "cancel_url": reverse("roles:detail", args=[role.pk]) if role else reverse("roles:list"),
    }
    bad = form.is_bound and not wants_to_find(request)
    return render(request, "accounts/roles/form.html", context, status=422 if bad else 200)


def save(request: SignedInRequest, form: RoleForm) -> HttpResponse:
    if wants_to_find(request):
        ask_again(form)
        return form_page(request, form)
    role = form.try_save() if form.is_valid() else None
    if role is None:
        return form_page(request, form)
    messages.success(request, _("Role %(role)s saved. It takes effect immediately.") % {"role": role})
    return redirect("roles:detail", role.pk)


@needs(Permission.MANAGE_ROLES)
@reauthentication_required
def add(request: SignedInRequest) -> HttpResponse:
    return save(request, RoleForm(request.POST if request.method == "POST" else None, by=request.user))


@needs(Permission.MANAGE_ROLES)
@require_GET
def copy(request: SignedInRequest, pk: int) -> HttpResponse:
    """The form of a new role, filled in from this one as far as who copies may give it."""
    like = get_object_or_404(Role, pk=pk)
    require_reauthentication(request)
    return form_page(request, RoleForm(by=request.user, like=like), like=like)


@needs(Permission.MANAGE_ROLES)
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    role = get_changeable(request, pk)
    require_reauthentication(request)
    return save(request, RoleForm(request.POST if request.method == "POST" else None, by=request.user, instance=role))


@needs(Permission.MANAGE_ROLES)
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    role = get_changeable(request, pk)
    require_reauthentication(request)
    form = DeleteRoleForm(role, request.user)
    refusal = form.refusal()
    if request.method == "POST" and not refusal and form.delete():
        messages.success(request, _("Role %(role)s deleted.") % {"role": role})
        return redirect("roles:list")
    context = {"section": "role", "row": row_of(role, request.user), "refusal": refusal or form.refusal()}
    return render(
        request, "accounts/roles/confirm_delete.html", context, status=409 if request.method == "POST" else 200
    )


@while_managed
@needs(Permission.MANAGE_ROLES)
@require_GET
def choices(request: SignedInRequest) -> HttpResponse:
    """Departments that a search in the form finds."""
    return choices_of(request, list(Organization.tree()), "organizations", "checkbox")
