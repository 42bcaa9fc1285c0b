"""Extension and Trunk > Organization: the tree of departments, and what can be done to it."""

from collections.abc import Collection
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET

from accounts.models import Organization
from accounts.organization_tree import Department, Tree
from accounts.organizations import member_counts
from accounts.organizations.forms import AddForm, DeleteForm, MoveForm, RenameForm
from accounts.organizations.member_counts import Members
from accounts.organizations.picker import Picker, within
from accounts.requests import SignedInRequest
from core.access.decorators import View, needs
from core.access.permissions import Permission
from core.access.requests import wants_to_find
from core.preferences.models import Preferences
from core.validators import digits


def while_managed(view: View) -> View:
    """Gone, for everybody, while Organization Management is off."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not Preferences.current().organization_management:
            raise Http404("Organization Management is off.")
        return view(request, *args, **kwargs)

    return guarded


def get_department(tree: Tree, pk: int) -> Department:
    found = tree.get(pk)
    if found is None:
        raise Http404("No such department.")
    return found


def get_movable(tree: Tree, pk: int) -> Department:
    """All but the company: its name is a preference, and it lies in nothing."""
    found = get_department(tree, pk)
    if found is tree.company:
        raise Http404("The company stays where it is.")
    return found


def page(request: SignedInRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(
        request, f"accounts/organizations/{template}.html", {"section": "organization", **context}, status=status
    )


def in_tree(pk: int) -> HttpResponse:
    return redirect(f"{reverse('organizations:list')}#d{pk}")


def tree_row(department: Department, its: Members, said: dict[tuple[int, ...], tuple[str, ...]]) -> tuple[str, ...]:
    """What a thousand rows have in common is made once, and kept in `said`: how deep they are, and their counts."""
    key = its.own, its.in_all, department.level, bool(department.below)
    if key not in said:
        level = format_html('data-level="{0}" aria-level="{0}"', department.level)
        said[key] = level, *map(escape, its.words(department))
    return format_html('id="d{0}" href="{0}/"', department.pk), *said[key]


@gzip_page
@while_managed
@needs(Permission.VIEW_ORGANIZATIONS)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    tree = Organization.tree()
    q = " ".join(request.GET.get("q", "").replace("\0", "").split())[:100]
    found = {each.pk for each in tree.containing(q)}
    kept = {above.pk for pk in found for above in tree.departments[pk].ancestors}
    members = member_counts.count(tree)
    said: dict[tuple[int, ...], tuple[str, ...]] = {}
    shown = [each for each in tree if not q or each.pk in found or each.pk in kept]
    rows = [(*tree_row(each, members[each.pk], said), each.name, each.pk in found) for each in shown]
    return page(request, "tree", rows=rows, count=len(tree), sought=q)


@while_managed
@needs(Permission.VIEW_ORGANIZATIONS)
@require_GET
def detail(request: SignedInRequest, department: int) -> HttpResponse:
    tree = Organization.tree()
    shown = get_department(tree, department)
    members = member_counts.count(tree)
    return page(
        request,
        "detail",
        department=shown,
        is_company=shown is tree.company,
        members=members[shown.pk],
        below=[(each, members[each.pk]) for each in shown.below],
    )


def form_page(request: SignedInRequest, template: str, form: Any, **context: Any) -> HttpResponse:
    """The form of a template; 422 where it has been refused."""
    return page(request, template, form=form, status=422 if form.is_bound else 200, **context)


def parents_url(moving: int | None = None) -> str:
    url = reverse("organizations:parents")
    return f"{url}?{urlencode({'moving': moving})}" if moving else url


def parent_picker(form: AddForm | MoveForm, finding: str = "") -> Picker:
    return Picker(form.offered(), [form["parent"].value()], finding or form.data.get("find", ""))


@while_managed
@needs(Permission.MANAGE_ORGANIZATIONS)
def add(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST" and not wants_to_find(request):
        with Organization.locked_tree() as tree:
            form = AddForm(request.POST, tree=tree, by=request.user)
            made = form.save() if form.is_valid() else None
        if made is None:
            return form_page(request, "add", form, picker=parent_picker(form), search_url=parents_url())
        parent = form.cleaned_data["parent"]
        messages.success(request, _("%(name)s added to %(parent)s.") % {"name": made, "parent": parent})
        if request.POST.get("then") == "another":
            return redirect(f"{reverse('organizations:add')}?{urlencode({'parent': parent.pk})}")
        return in_tree(made.pk)
    typed = request.POST if request.method == "POST" else request.GET
    form = AddForm(tree=Organization.tree(), by=request.user, parent=digits(typed.get("parent", "")))
    form.initial["name"] = typed.get("name", "")
    picker = parent_picker(form, typed.get("find", ""))
    return form_page(request, "add", form, picker=picker, search_url=parents_url())


@while_managed
@needs(Permission.MANAGE_ORGANIZATIONS)
def rename(request: SignedInRequest, department: int) -> HttpResponse:
    if request.method != "POST":
        shown = get_movable(Organization.tree(), department)
        return form_page(request, "rename", RenameForm(department=shown, by=request.user), department=shown)
    with Organization.locked_tree() as tree:
        shown = get_movable(tree, department)
        form = RenameForm(request.POST, department=shown, by=request.user)
        if form.is_valid():
            form.save()
    if form.errors:
        return form_page(request, "rename", form, department=shown)
    messages.success(
        request, _("%(before)s renamed to %(name)s.") % {"before": shown, "name": form.cleaned_data["name"]}
    )
    return in_tree(department)


def move_page(request: SignedInRequest, form: MoveForm, picker: Picker) -> HttpResponse:
    url = parents_url(form.department.pk)
    return form_page(request, "move", form, department=form.department, picker=picker, search_url=url)


@while_managed
@needs(Permission.MANAGE_ORGANIZATIONS)
def move(request: SignedInRequest, department: int) -> HttpResponse:
    if request.method != "POST" or wants_to_find(request):
        tree = Organization.tree()
        shown = get_movable(tree, department)
        form = MoveForm(tree=tree, department=shown, by=request.user)
        if chosen := digits(request.POST.get("parent", "")):
            form.initial["parent"] = chosen
        picker = parent_picker(form, request.POST.get("find", ""))
        return move_page(request, form, picker)
    with Organization.locked_tree() as tree:
        shown = get_movable(tree, department)
        form = MoveForm(request.POST, tree=tree, department=shown, by=request.user)
        if form.is_valid():
            form.save()
    if form.errors:
        return move_page(request, form, parent_picker(form))
    messages.success(
        request, _("%(name)s moved to %(parent)s.") % {"name": shown, "parent": form.cleaned_data["parent"]}
    )
    return in_tree(department)


@while_managed
@needs(Permission.MANAGE_ORGANIZATIONS)
def delete(request: SignedInRequest, department: int) -> HttpResponse:
    if request.method != "POST":
        form = DeleteForm(get_movable(Organization.tree(), department), request.user)
        return page(request, "delete", form=form, department=form.department)
    with Organization.locked_tree() as tree:
        form = DeleteForm(get_movable(tree, department), request.user)
        refused = bool(form.refusal())
        if not refused:
            form.delete()
    if refused:
        return page(request, "delete", form=form, department=form.department, status=409)
    messages.success(
        request,
        _("%(name)s deleted. Its people and sub-departments moved to %(parent)s.")
        % {"name": form.department, "parent": form.parent},
    )
    return in_tree(form.parent.pk)


# --- the search of a form that chooses departments ---


def choices_of(request: SignedInRequest, offered: Collection[Department], name: str, kind: str) -> HttpResponse:
    picker = Picker(offered, request.GET.getlist(name), request.GET.get("find", ""))
    return page(request, "_choices", picker=picker, name=name, kind=kind)


@while_managed
@needs(Permission.MANAGE_EXTENSIONS)
@require_GET
def choices(request: SignedInRequest) -> HttpResponse:
    """For a person's departments: those that the signed-in one reaches."""
    user = request.user
    offered = within(Organization.tree(), None if user.reaches_everybody else user.reached_organizations)
    return choices_of(request, offered, "organizations", "checkbox")


@while_managed
@needs(Permission.MANAGE_ORGANIZATIONS)
@require_GET
def parents(request: SignedInRequest) -> HttpResponse:
    """For a department that is added, or is moved: those that it may be in."""
    tree, moving = Organization.tree(), request.GET.get("moving", "")
    if moving:
        department = get_movable(tree, digits(moving) or 0)
        form: AddForm | MoveForm = MoveForm(tree=tree, department=department, by=request.user)
    else:
        form = AddForm(tree=tree, by=request.user)
    return choices_of(request, form.offered(), "parent", "radio")
