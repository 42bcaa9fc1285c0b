"""From where a request comes, and which methods are answered."""

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """Behind a proxy, what it says of its own client: the last of the list, as all before comes from that one."""
    said = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        said = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or said
    try:
        return str(ip_address(said))
    except ValueError:
        return UNKNOWN


METHODS = ["GET", "HEAD", "POST"]


class NoOtherMethods:
    """No page knows another one, and a view that does not ask which it is would take it for a GET."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)
