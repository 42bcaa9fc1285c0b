"""Who may do what: the one table. A role is looked up here and nowhere else."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext, gettext_noop


class Permission(StrEnum):
    VIEW_EXTENSIONS = "extension.view"
    MANAGE_EXTENSIONS = "extension.manage"
    VIEW_ROLES = "role.view"
    MANAGE_ROLES = "role.manage"
    VIEW_ORGANIZATIONS = "organization.view"
    MANAGE_ORGANIZATIONS = "organization.manage"
    VIEW_TRUNKS = "trunk.view"
    MANAGE_TRUNKS = "trunk.manage"
    VIEW_ROUTES = "route.view"
    MANAGE_ROUTES = "route.manage"
    VIEW_PREFERENCES = "preferences.view"
    MANAGE_PREFERENCES = "preferences.manage"
    VIEW_HISTORY = "history.view"
    VIEW_CHECK = "check.view"
    MANAGE_CHECK = "check.manage"
    VIEW_BLOCKED = "blocked.view"
    MANAGE_BLOCKED = "blocked.manage"
    VIEW_MAIL = "mail.view"
    MANAGE_MAIL = "mail.manage"
    VIEW_BACKUP = "backup.view"
    MANAGE_BACKUP = "backup.manage"
    VIEW_EVENTS = "event.view"
    MANAGE_EVENTS = "event.manage"
    VIEW_LOG = "log.view"
    LISTEN_VOICEMAIL = "voicemail.view"  # of others: only where a role says so, and of no default role


@dataclass(frozen=True)
class Module:
    """A page of the menu, and who may see it and change what it shows. Most concern the whole system.

    The operation log knows it by its code; pages translate the name.
    """

    menu: str
    name: str
    view: Permission
    manage: Permission | None = None
    by_organization: bool = False

    @property
    def code(self) -> str:
        return self.view.partition(".")[0]

    def level(self, permissions: frozenset[Permission]) -> str:
        """What somebody with these permissions may do here: "Manage", "View" or ""."""
        if self.manage in permissions:
            return "Manage"
        return "View" if self.view in permissions else ""


TRUNK_MENU, SETTINGS_MENU = gettext_noop("Extension and Trunk"), gettext_noop("PBX Settings")
CONTROL_MENU = gettext_noop("Call Control")
MAINTENANCE_MENU = gettext_noop("Maintenance")

MODULES = [
    Module(
        TRUNK_MENU,
        gettext_noop("Extension"),
        Permission.VIEW_EXTENSIONS,
        Permission.MANAGE_EXTENSIONS,
        by_organization=True,
    ),
    Module(TRUNK_MENU, gettext_noop("Others' Voicemail"), Permission.LISTEN_VOICEMAIL, by_organization=True),
    Module(TRUNK_MENU, gettext_noop("Role"), Permission.VIEW_ROLES, Permission.MANAGE_ROLES),
    Module(
        TRUNK_MENU,
        gettext_noop("Organization"),
        Permission.VIEW_ORGANIZATIONS,
        Permission.MANAGE_ORGANIZATIONS,
    ),
    Module(TRUNK_MENU, gettext_noop("Trunk"), Permission.VIEW_TRUNKS, Permission.MANAGE_TRUNKS),
    Module(CONTROL_MENU, gettext_noop("Route"), Permission.VIEW_ROUTES, Permission.MANAGE_ROUTES),
    Module(
        SETTINGS_MENU,
        gettext_noop("Preferences"),
        Permission.VIEW_PREFERENCES,
        Permission.MANAGE_PREFERENCES,
    ),
    Module(MAINTENANCE_MENU, gettext_noop("Apply History"), Permission.VIEW_HISTORY),
    Module(MAINTENANCE_MENU, gettext_noop("Engine Check"), Permission.VIEW_CHECK, Permission.MANAGE_CHECK),
    Module(MAINTENANCE_MENU, gettext_noop("Blocked Addresses"), Permission.VIEW_BLOCKED, Permission.MANAGE_BLOCKED),
    Module(MAINTENANCE_MENU, gettext_noop("Mail"), Permission.VIEW_MAIL, Permission.MANAGE_MAIL),
    Module(MAINTENANCE_MENU, gettext_noop("Backup"), Permission.VIEW_BACKUP, Permission.MANAGE_BACKUP),
    Module(MAINTENANCE_MENU, gettext_noop("Events"), Permission.VIEW_EVENTS, Permission.MANAGE_EVENTS),
    Module(MAINTENANCE_MENU, gettext_noop("Operation Log"), Permission.VIEW_LOG),
]

VIEW_OF = {module.manage: module.view for module in MODULES if module.manage}
BY_ORGANIZATION = frozenset(
    each for module in MODULES if module.by_organization for each in (module.view, module.manage) if each
)
EVERYTHING = frozenset(Permission) - {Permission.LISTEN_VOICEMAIL}
MAINTENANCE = frozenset(
    each for module in MODULES if module.menu == MAINTENANCE_MENU for each in (module.view, module.manage) if each
)

# key of a default role -> what it may do, after the P-Series' own seven roles
DEFAULT_ROLES: dict[str, frozenset[Permission]] = {
    "super_administrator": EVERYTHING,
    "administrator": EVERYTHING - {Permission.VIEW_ROLES, Permission.MANAGE_ROLES},
    "supervisor": frozenset(),
    "operator": MAINTENANCE,
    "employee": frozenset(),
    "human_resource": frozenset({Permission.VIEW_EXTENSIONS, Permission.MANAGE_EXTENSIONS, Permission.VIEW_HISTORY}),
    "accounting": frozenset(),
}


def with_views(granted: frozenset[Permission]) -> frozenset[Permission]:
    """Who manages a thing sees it."""
    return granted | {VIEW_OF[each] for each in granted if each in VIEW_OF}


def in_words(permissions: frozenset[Permission]) -> str:
    """In short; empty where there is nothing."""
    if permissions == EVERYTHING:
        return gettext("Full access")
    levels = {"Manage": gettext("Manage %(modules)s"), "View": gettext("View %(modules)s")}
    named = {level: [gettext(each.name) for each in MODULES if each.level(permissions) == level] for level in levels}
    return "; ".join(levels[level] % {"modules": ", ".join(names)} for level, names in named.items() if names)
