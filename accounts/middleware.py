"""Around each request: from where it comes, and that a refusal leaves a trace."""

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from accounts import audit, origin
from accounts.models import User
from accounts.permissions import MODULES, Permission

UNKNOWN = "unknown"
MODULE_OF = {each: module.name for module in MODULES for each in (module.view, module.manage) if each}


def client_address(request: HttpRequest) -> str:
    """Behind a proxy, what it says of its own client: the last of the list, as all before comes from that one."""
    said = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        said = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or said
    try:
        return str(ip_address(said))
    except ValueError:
        return UNKNOWN


class OperationLogMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with origin.of(client_address(request)):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        if not isinstance(error, PermissionDenied) or not isinstance(request.user, User):
            return
        number = str(request.resolver_match.kwargs.get("number", "")) if request.resolver_match else ""
        wanted = error.args[0] if error.args else None
        by_number = "Extension" if number else ""
        audit.record(
            request.user,
            "page.refused",
            f"{request.method} {request.path}",
            number=number,
            module=MODULE_OF[wanted] if isinstance(wanted, Permission) else by_number,
            result=audit.Result.REFUSED,
        )
