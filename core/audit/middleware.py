"""Around each request: from where it comes, and that a refusal leaves a trace."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from core.access.permissions import MODULES, Permission
from core.audit import context, log
from core.http import client_address

MODULE_OF = {each: module.code for module in MODULES for each in (module.view, module.manage) if each}


class OperationLogMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with context.override_origin(client_address(request)):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        if not isinstance(error, PermissionDenied) or not request.user.is_authenticated:
            return
        number = str(request.resolver_match.kwargs.get("number", "")) if request.resolver_match else ""
        wanted = error.args[0] if error.args else None
        by_number = "extension" if number else ""
        log.record(
            request.user,
            "page.refused",
            f"{request.method} {request.path}",
            number=number,
            module=MODULE_OF[wanted] if isinstance(wanted, Permission) else by_number,
            result=log.Result.REFUSED,
        )
