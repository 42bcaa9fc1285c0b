"""The lock at each page: what one may not see does not exist, what one may see but not do is refused."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from core.access.permissions import VIEW_OF, Permission
from core.access.person import Person

View = Callable[..., HttpResponseBase]


def require(user: Person, permission: Permission) -> None:
    """Raises Http404 where the user may not even see the module, and else PermissionDenied."""
    if user.can(permission):
        return
    view = VIEW_OF.get(permission, permission)
    if not user.can(view):
        raise Http404("There is no such page.")
    raise PermissionDenied(permission)


def require_one_of(user: Person, *permissions: Permission) -> None:
    """Raises Http404 where the user may not even see one of the modules, and else PermissionDenied."""
    if any(map(user.can, permissions)):
        return
    if not any(user.can(VIEW_OF.get(each, each)) for each in permissions):
        raise Http404("There is no such page.")
    raise PermissionDenied(*permissions)


def needs(*permissions: Permission) -> Callable[[View], View]:
    """Put it outermost: before the method is looked at, or anything else of the request."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            for permission in permissions:
                require(request.user, permission)  # type: ignore[arg-type]  # LoginRequiredMiddleware stands before
            return view(request, *args, **kwargs)

        return guarded

    return guard


def needs_one_of(*permissions: Permission) -> Callable[[View], View]:
    """As needs(), where each of them is enough."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            require_one_of(request.user, *permissions)  # type: ignore[arg-type]  # LoginRequiredMiddleware stands before
            return view(request, *args, **kwargs)

        return guarded

    return guard
