"""Who may do what: the one table. A role is looked up here and nowhere else."""

from enum import StrEnum


class Permission(StrEnum):
    VIEW_EXTENSIONS = "extension.view"
    MANAGE_EXTENSIONS = "extension.manage"
    MANAGE_ROLES = "role.manage"
    MANAGE_PREFERENCES = "preferences.manage"


EVERYTHING = frozenset(Permission)

# key of a default role -> what it may do, after the P-Series' own seven roles
DEFAULT_ROLES: dict[str, frozenset[Permission]] = {
    "super_administrator": EVERYTHING,
    "administrator": EVERYTHING - {Permission.MANAGE_ROLES},
    "supervisor": frozenset(),
    "operator": frozenset(),
    "employee": frozenset(),
    "human_resource": frozenset({Permission.VIEW_EXTENSIONS, Permission.MANAGE_EXTENSIONS}),
    "accounting": frozenset(),
}
