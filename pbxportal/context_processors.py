from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Organization, User
from core.access.permissions import Permission
from core.http import client_address
from core.mail.labels import MailState
from core.preferences.models import Preferences, SystemChange
from core.reach import is_local
from extensions import pbx
from extensions.review import review
from pbxportal.front import status
from pbxportal.theme import THEMES

COUNTED = 1000


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame around every page shows."""
    chosen = request.COOKIES.get("theme")
    shown: dict[str, Any] = {"theme": chosen if chosen in THEMES else "auto"}
    user = getattr(request, "user", None)
    shown["company"] = Organization.company_name()
    shown["in_clear"] = not request.is_secure() and not is_local(client_address(request))
    if user is None or not user.is_authenticated:
        return shown
    found = User.objects.filter(pk=user.pk).values_list("sip_extension__number", "avatar__version").first()
    own, picture = found or ("", "")
    shown |= waiting_for(user) if user.manages_extensions else {"waiting": 0}
    shown["organizations_on"] = SimpleLazyObject(lambda: Preferences.current().organization_management)
    if user.can(Permission.MANAGE_PREFERENCES) and (preferences := SystemChange.objects.waiting().count()):
        shown |= {"waiting": shown["waiting"] + preferences, "only_mine_wait": False}
    if user.can(Permission.VIEW_MAIL) or user.can(Permission.VIEW_PREFERENCES):
        shown["mail"] = MailState.now()
    if user.can(Permission.VIEW_PREFERENCES):
        shown["certificate"] = status.warning(settings.ADDRESS)
    return {**shown, "pbx": pbx.get().state(), "own_number": own or "", "own_picture": picture}


def waiting_for(user: User) -> dict[str, Any]:
    """How many extensions wait, counted to COUNTED: this stands on every page."""
    waiting = review.waiting_changes(user)
    counted = waiting.order_by("number").values("number").distinct()[: COUNTED + 1].count()
    return {
        "waiting": min(counted, COUNTED),
        "more_wait": counted > COUNTED,
        "only_mine_wait": bool(counted) and waiting.only_by(user),
    }
