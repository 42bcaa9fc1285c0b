from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from asterisk import nodes
from asterisk.live import port_recorder
from asterisk.models import BlockedAddress
from core import disk, localization
from core.access.permissions import MAINTENANCE_MENU, MODULES, Permission
from core.http import client_address
from core.mail.labels import MailState
from core.preferences.models import Preferences, SystemChange
from core.reach import is_local
from core.version import VERSION
from extensions import pbx
from extensions.review import preferences as preference_changes
from extensions.review import review
from pbxportal.front import status
from pbxportal.theme import THEMES
from trunks.models import Trunk

COUNTED = 1000


@dataclass(frozen=True)
class DiskState:
    """For the header: what is full, and what to do."""

    words: str
    why: str

    @classmethod
    def now(cls) -> "DiskState | None":
        space = disk.scarcest()
        if space is None:
            return None
        where = {"directory": space.path}
        if space.is_out:
            free = localization.count(space.free // 1_000_000)
            return cls(
                _("Disk full: %(free)s MB left") % {"free": free},
                _(
                    "Changes may not be saved, and phones may seem to register without being reachable. Free up space"
                    " on the disk that holds %(directory)s."
                )
                % where,
            )
        share = int(100 * space.share)
        return cls(
            _("Disk %(share)s%% full") % {"share": share},
            _("Free up space on the disk that holds %(directory)s, before phones can no longer register.") % where,
        )


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
    if preferences := preferences_waiting_for(user):
        shown |= {"waiting": shown["waiting"] + preferences, "only_mine_wait": False}
    if user.can(Permission.VIEW_TRUNKS):
        shown["no_emergency_trunk"] = SimpleLazyObject(lambda: not Trunk.objects.for_emergencies().exists())
    if user.can(Permission.VIEW_MAIL) or user.can(Permission.VIEW_PREFERENCES):
        shown["mail"] = MailState.now()
    if user.can(Permission.VIEW_PREFERENCES):
        shown["certificate"] = status.warning(settings.ADDRESS)
        shown["out_of_ports"] = port_recorder.ran_out(nodes.from_settings())
    if user.can(Permission.VIEW_BLOCKED):
        shown["newly_blocked"] = BlockedAddress.objects.unseen().count()
    if user.can(Permission.VIEW_CHECK) or user.can(Permission.VIEW_PREFERENCES):
        shown["disk"] = DiskState.now()
    shown["version"] = VERSION
    shown["maintains"] = any(each.menu == MAINTENANCE_MENU and user.can(each.view) for each in MODULES)
    return {**shown, "pbx": pbx.get().state(), "own_number": own or "", "own_picture": picture}


def preferences_waiting_for(user: User) -> int:
    """How many of them, and of what is kept with them, wait for this person to apply them."""
    fields = preference_changes.changed_by(user)
    return SystemChange.objects.waiting().filter(field__in=fields).count() if fields else 0


def waiting_for(user: User) -> dict[str, Any]:
    """How many extensions wait, counted to COUNTED: this stands on every page."""
    waiting = review.waiting_changes(user)
    counted = waiting.order_by("number").values("number").distinct()[: COUNTED + 1].count()
    return {
        "waiting": min(counted, COUNTED),
        "more_wait": counted > COUNTED,
        "only_mine_wait": bool(counted) and waiting.only_by(user),
    }
