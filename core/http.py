"""From where a request comes, which are answered, and what is said of keeping the answer."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import get_template
from django.utils.http import url_has_allowed_host_and_scheme

from core.proxies import Address, are, client, read

UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    return str(_client(request) or UNKNOWN)


def own_address(request: HttpRequest) -> Address | None:
    """The client's, or None where others may have the same: it cannot be read, or is that of a proxy that says none."""
    address = _client(request)
    return None if are(settings.BEHIND_PROXY, address) else address


def page_before(request: HttpRequest, otherwise: str) -> str:
    """Return the path of ours that a form says it came from, in `next`; `otherwise` where it says none."""
    page = request.POST.get("next", "")
    return page if page.startswith("/") and url_has_allowed_host_and_scheme(page, None) else otherwise


def _client(request: HttpRequest) -> Address | None:
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    chain = forwarded.split(",") if forwarded else []
    return client([*chain, request.META.get("REMOTE_ADDR", "")], settings.BEHIND_PROXY)


class ForwardedHeaders:
    """Takes what a proxy says of its client out of the requests of all others.

    Our own server in front comes by a Unix socket, which has no address: the client's takes its place.
    """

    NAMES = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.FRONT == "caddy" and not request.META.get("REMOTE_ADDR"):
            request.META["REMOTE_ADDR"] = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        elif not are(settings.BEHIND_PROXY, read(request.META.get("REMOTE_ADDR", ""))):
            for name in self.NAMES:
                request.META.pop(name, None)
        return self.get_response(request)


METHODS = ["GET", "HEAD", "POST"]
LARGEST_HELD, PART = 21_000_000, 1 << 16  # bytes
LARGEST_BODY = 20_000_000  # bytes: a photograph, so that its own field says that it is too large


class NoOtherMethods:
    """No page knows another one, and a view that does not ask which it is would take it for a GET."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)


class Request(WSGIRequest):
    """Its type is what a stranger wrote. What is none is in no encoding: otherwise no middleware would ever see it."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except ValueError:
            self.content_type, self.content_params = "", {"charset": UNKNOWN}


class Handler(WSGIHandler):
    request_class = Request


class Utf8Only:
    """Forms are in no other encoding, which might not even be there, or be none of text."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (request.content_params or {}).get("charset", "utf-8").lower() != "utf-8":
            raise BadRequest("Not in UTF-8.")
        return self.get_response(request)


class NoLargeBodies:
    """By what the head says, before any of it is read.

    Only what the server in front holds whole is read, and forgotten: as long as it still sends, it may miss the answer,
    and say that the portal is away.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            if length.isdecimal() and int(length) <= LARGEST_HELD:
                with suppress(OSError):
                    while request.read(PART):
                        pass
            return HttpResponse(get_template("413.html").render(), status=413)
        return self.get_response(request)


class NoStore:
    """No browser or proxy keeps a page, but for what says itself how long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
