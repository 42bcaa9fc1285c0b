from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from extensions.access import visible
from extensions.detail.page import with_phones
from extensions.listing.columns import PAGE_SIZES
from extensions.listing.rows import rows_of
from extensions.validators import is_extension_number


@gzip_page
@require_GET
def statuses(request: SignedInRequest) -> HttpResponse:
    """The status cells of the numbers asked for, swapped into the list or page that shows them."""
    numbers = [number for number in request.GET.getlist("n")[: PAGE_SIZES[-1]] if is_extension_number(number)]
    found = list(visible(request).filter(number__in=numbers))
    rows = rows_of(found)
    more = with_phones(request, found[0], rows[0]) if len(found) == 1 and "detail" in request.GET else {}
    return render(request, "extensions/_statuses.html", {"extensions": rows, **more})


@require_GET
def pbx_state(request: SignedInRequest) -> HttpResponse:
    return render(request, "frame/_pbx.html")
