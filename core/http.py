"""From where a request comes, and which methods are answered."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from core.proxies import Address, are, client, read

UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    return str(_client(request) or UNKNOWN)


def own_address(request: HttpRequest) -> Address | None:
    """The client's, or None where others may have the same: it cannot be read, or is that of a proxy that says none."""
    address = _client(request)
    return None if are(settings.BEHIND_PROXY, address) else address


def _client(request: HttpRequest) -> Address | None:
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    chain = forwarded.split(",") if forwarded else []
    return client([*chain, request.META.get("REMOTE_ADDR", "")], settings.BEHIND_PROXY)


class ForwardedHeaders:
    """Takes what a proxy says of its client out of the requests of all others."""

    NAMES = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not are(settings.BEHIND_PROXY, read(request.META.get("REMOTE_ADDR", ""))):
            for name in self.NAMES:
                request.META.pop(name, None)
        return self.get_response(request)


METHODS = ["GET", "HEAD", "POST"]


class NoOtherMethods:
    """No page knows another one, and a view that does not ask which it is would take it for a GET."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)
