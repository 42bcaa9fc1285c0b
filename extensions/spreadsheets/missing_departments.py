"""Departments that a spreadsheet names and the portal lacks: which they are, and their making."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import Organization, User
from accounts.organization_tree import SEPARATOR, Department, Tree
from accounts.organizations.forms import AddForm
from core.access.permissions import Permission
from core.preferences.models import Preferences
from extensions.spreadsheets.columns import Departments
from extensions.spreadsheets.table import Table

TARGET = "organizations"
Path = tuple[str, ...]  # from below the company down


def may_add(user: User) -> bool:
    managed = Preferences.current().organization_management
    return managed and user.can(Permission.MANAGE_ORGANIZATIONS) and user.reaches_everybody


def of(table: Table, targets: Sequence[str]) -> list[Path]:
    """Each once, those that others lie in first."""
    if TARGET not in targets:
        return []
    column = list(targets).index(TARGET)
    wrong = {row[column] for row, found in zip(table.rows, table.found, strict=True) if TARGET in found.errors}
    departments = Departments(Organization.tree())
    missing = {path for cell in wrong for path in departments.missing(cell)}
    return sorted(missing, key=lambda path: (len(path), [name.casefold() for name in path]))


def words(path: Path) -> str:
    return SEPARATOR.join(path)


def add(paths: Sequence[Path], by: User) -> tuple[int, dict[str, str]]:
    """How many were made; and in words what kept others from it: path -> why."""
    made, refused = 0, {}
    with Organization.locked_tree():
        for path in paths:
            tree = Organization.tree()
            if (parent := _at(tree, path[:-1])) is None:
                continue  # which was refused
            form = AddForm({"name": path[-1], "parent": str(parent.pk)}, tree=tree, by=by)
            if form.is_valid():
                form.save()
                made += 1
            else:
                refused[words(path)] = " ".join(str(message) for found in form.errors.values() for message in found)
    return made, refused


def _at(tree: Tree, path: Path) -> Department | None:
    found: Department | None = tree.company
    for name in path:
        below = found.below if found else []
        found = next((each for each in below if each.name.casefold() == name.casefold()), None)
    return found
