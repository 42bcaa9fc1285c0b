from typing import Any

from django.http import HttpRequest

from accounts.models import Organization
from accounts.views import THEMES
from extensions import pbx
from extensions.models import Change, SipExtension
from extensions.review import waits_for_others


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame around every page shows."""
    chosen = request.COOKIES.get("theme")
    shown: dict[str, Any] = {"theme": chosen if chosen in THEMES else "auto"}
    user = getattr(request, "user", None)
    shown["company"] = Organization.company().name
    if user is None or not user.is_authenticated:
        return shown
    own = SipExtension.objects.filter(user=user).values_list("number", flat=True).first()
    waiting = Change.objects.waiting().values("number").distinct().count() if user.manages_extensions else 0
    shown["only_mine_wait"] = bool(waiting) and not waits_for_others(user)
    return {**shown, "pbx": pbx.get().state(), "waiting": waiting, "own_number": own or ""}
