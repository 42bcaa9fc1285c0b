"""The lock at each page: what one may not see does not exist, what one may see but not do is refused."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.freshness import require_fresh
from accounts.models import User
from accounts.permissions import VIEW_OF, Permission

View = Callable[..., HttpResponseBase]


def require(user: User, permission: Permission) -> None:
    """Raises Http404 where the user may not even see the module, and else PermissionDenied."""
    if user.can(permission):
        return
    view = VIEW_OF.get(permission, permission)
    if not user.can(view):
        raise Http404("There is no such page.")
    raise PermissionDenied(permission)


def needs(*permissions: Permission) -> Callable[[View], View]:
    """Put it outermost: before the method is looked at, or anything else of the request."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            assert isinstance(request.user, User)  # noqa: S101 (LoginRequiredMiddleware stands before)
            for permission in permissions:
                require(request.user, permission)
            return view(request, *args, **kwargs)

        return guarded

    return guard


def fresh(view: View) -> View:
    """The person proves again that it is them where that was longer ago than settings say. Put it beneath `needs`.

    Where the view itself finds out whether one may at all, it calls require_fresh after that. A page that answers a
    deed has the address of the proof: its forms name their action.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_fresh(request)
        return view(request, *args, **kwargs)

    return guarded
