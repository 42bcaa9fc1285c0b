from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from core.access.person import Person


class SignedInRequest(HttpRequest):
    user: Person  # type: ignore[assignment]
    htmx: HtmxDetails


def wants_to_find(request: HttpRequest) -> bool:
    """Without scripts, the search inside of a form is a button of it."""
    return request.method == "POST" and request.POST.get("then") == "find"
