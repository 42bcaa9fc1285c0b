from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Organization, Role
from accounts.organization_tree import Department
from accounts.requests import SignedInRequest
from core.access.decorators import needs
from core.access.permissions import Permission
from core.http import page_before
from core.preferences.models import Preferences
from core.validators import digits
from extensions.access import managed, managed_numbers, visible
from extensions.listing import columns
from extensions.listing.filters import NO_ROLE, Filters, asked_for
from extensions.listing.menus import put_menus
from extensions.listing.registrations import Registration
from extensions.listing.rows import heads, link, order, page_of, rows_of
from extensions.listing.search import Found

MOST_DEPARTMENTS = 50  # to choose from; of more the page of departments leads here


@gzip_page
@needs(Permission.VIEW_EXTENSIONS)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    filters = asked_for(request.user, request.GET)
    layout = columns.layout_of(request.user, with_organizations=Preferences.current().organization_management)
    by = order(request.GET.get("sort", ""))
    whole = visible(request)
    found = filters.found_in(whole)
    shown = page_of(found, whole, by, filters, request.GET, layout.page_size)
    rows_managed = managed_numbers(request, shown.rows)
    rows = rows_of(shown.rows)
    put_menus(rows, rows_managed, request.user)
    return render(
        request,
        "extensions/listing/list.html",
        {
            "section": "extension",
            "extensions": rows,
            "managed": rows_managed,
            "trouble": found.trouble,
            "total": found.total,
            "more_than_total": found.more,
            "q": filters.text,
            "filters": filters,
            "choices": choices(request, filters),
            "layout": layout,
            "heads": heads(layout, by, filters.parameters),
            "shows": layout.shows,
            "all_columns": [(each, layout.shows[each.name]) for each in columns.COLUMNS if not each.is_always],
            "page_sizes": columns.PAGE_SIZES,
            "sort": by.name,
            "clear_url": link({**filters.parameters, "q": "", "sort": by.name}),
            "everybody_url": link({"all": "yes", "filter": filters.query}),
            "chosen_all": all_that_match(request, filters, found) if rows_managed and shown.is_part_of(found) else None,
            "shown": shown,
            "poll_query": urlencode(
                {"n": [each.number for each in shown.rows], **({"seen": "yes"} if layout.shows["last_seen"] else {})},
                doseq=True,
            ),
        },
    )


def all_that_match(request: SignedInRequest, filters: Filters, visible: Found) -> dict[str, object]:
    """How many of them the person may manage, which may be fewer than are seen."""
    found = visible if request.user.is_super_administrator else filters.found_in(managed(request))
    return {"total": found.total, "more": found.more, "filter": filters.query}


def choices(request: SignedInRequest, filters: Filters) -> list[tuple[str, str, list[tuple[str, str]], str]]:
    """Of each filter with few values: its name and label, its values with theirs, and which is chosen."""
    kept = filters.parameters
    yes_no = {"enabled": (_("Enabled"), _("Disabled")), "voicemail": (_("On"), _("Off"))}
    roles = [(NO_ROLE, _("None")), *((str(role.pk), str(role)) for role in Role.objects.all())]
    every = [
        ("registration", _("Phones"), [(each.value, str(each.label)) for each in Registration]),
        ("role", _("Role"), roles),
        ("enabled", _("Extension"), list(zip(("yes", "no"), yes_no["enabled"], strict=True))),
        ("voicemail", _("Voicemail"), list(zip(("yes", "no"), yes_no["voicemail"], strict=True))),
    ]
    if departments := departments_to_choose(request):
        every.insert(0, ("organization", _("Department"), [(str(each.pk), each.path) for each in departments]))
    return [(name, label, values, kept.get(name, "")) for name, label, values in every]


def departments_to_choose(request: SignedInRequest) -> list[Department]:
    if not Preferences.current().organization_management:
        return []
    user = request.user
    if Organization.objects.count() > MOST_DEPARTMENTS:
        return []
    return [each for each in Organization.tree() if user.reaches_everybody or each.pk in user.reached_organizations]


@needs(Permission.VIEW_EXTENSIONS)
@require_POST
def layout(request: SignedInRequest) -> HttpResponse:
    """The columns and the length of a page, kept for the person."""
    columns.keep(request.user, request.POST.getlist("column"), digits(request.POST.get("page_size", "")) or 0)
    return redirect(page_before(request, reverse("extensions:list")))
