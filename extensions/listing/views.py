from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from core.access.decorators import needs
from core.access.permissions import Permission
from extensions.access import managed_numbers, visible
from extensions.listing.filters import asked_for, search_in
from extensions.listing.rows import SORTS, link, rows_of, sort_links, sorted_page


@gzip_page
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
        "extensions/listing/list.html",
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
            "everybody_url": link({"everybody": "yes", **kept}),
            "previous_url": link({**kept, "sort": sort, "page": shown.previous}) if shown.previous else "",
            "next_url": link({**kept, "sort": sort, "page": shown.next}) if shown.next else "",
        },
    )
