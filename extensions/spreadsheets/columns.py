"""The columns of a spreadsheet of extensions: what each holds, as it is written and as it is read again."""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField

from accounts.models import Organization
from accounts.organization_tree import Department, Tree
from extensions.fields import BY_NAME, FIELDS, Field, Owner
from extensions.models import SipExtension

SECRETS = ("registration_password", "voicemail_pin")
# A user password is kept as a hash, which nobody can type.
NAMES = ["number", *(each.name for each in FIELDS if each.on_form and not each.is_secret and each.name != "number")]
YES, NO = "yes", "no"
ESCAPED = re.compile(r"([\\/&])")


def head(names: Iterable[str]) -> list[str]:
    """In English, whatever the language of the page is: the next portal reads it."""
    return [BY_NAME[name].label for name in names]


def is_switch(name: str) -> bool:
    field = BY_NAME[name]
    return field.owner is Owner.EXTENSION and isinstance(
        SipExtension._meta.get_field(field.attribute),  # noqa: SLF001 (Django's documented API)
        BooleanField,
    )


def lookup(field: Field) -> str:
    """Where a query of extensions finds the column."""
    return f"user__{field.attribute}" if field.owner is Owner.PERSON else field.attribute


def path_of(department: Department) -> str:
    return "/".join(ESCAPED.sub(r"\\\1", each.name) for each in (*department.ancestors, department))


class Writer:
    """Writes cells of the rows that a query has found by `lookups`."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.paths = {each.pk: path_of(each) for each in Organization.tree()}

    @property
    def lookups(self) -> list[str]:
        found = [lookup(BY_NAME[name]) for name in self.names if name not in ("role", "organizations")]
        return ["pk", "user", "user__role__key", "user__role__name", *found]

    def cells(self, row: dict[str, Any], organizations: list[int]) -> list[str]:
        return [self._cell(name, row, organizations) for name in self.names]

    def _cell(self, name: str, row: dict[str, Any], organizations: list[int]) -> str:
        if name == "role":
            return row["user__role__name"] or ""
        if name == "organizations":
            return "&".join(sorted(self.paths[pk] for pk in organizations))
        value = row[lookup(BY_NAME[name])]
        if name in SECRETS:
            return str(getattr(SipExtension(pk=row["pk"], **{BY_NAME[name].attribute: value}), name))
        if isinstance(value, bool):
            return YES if value else NO
        return str(value or "")


class Departments:
    """Finds departments by what a cell says: paths from the company or from below it, or names that only one has."""

    def __init__(self, tree: Tree) -> None:
        self.by_path: dict[str, int] = {}
        self.by_name: dict[str, list[int]] = {}
        for each in tree:
            self.by_path[path_of(each).casefold()] = each.pk
            self.by_name.setdefault(each.name.casefold(), []).append(each.pk)
        for each in tree:
            if each.level > 2:
                self.by_path.setdefault(path_of(each).partition("/")[2].casefold(), each.pk)  # without the company
        self.company = tree.company.name
        self.example = path_of(next(iter(tree.company.below), tree.company))

    def missing(self, cell: str) -> list[tuple[str, ...]]:
        """The paths, below the company, of those that are not there, and of what they would lie in."""
        found = []
        for part in _parts(cell):
            path = tuple(_plain(name) for name in re.split(r"\s*(?<!\\)/\s*", part) if name)
            if path and path[0].casefold() == self.company.casefold():
                path = path[1:]
            if self._one(part) is None and not (len(path) == 1 and path[0].casefold() in self.by_name):
                above = (path[:length] for length in range(1, len(path) + 1))
                found += [each for each in above if self._key((self.company, *each)) not in self.by_path]
        return found

    def find(self, cell: str) -> list[int] | None:
        """None where one of them is not there, or is one of several."""
        found = [self._one(part) for part in _parts(cell)]
        return None if None in found else [each for each in found if each]

    def _one(self, text: str) -> int | None:
        path = re.sub(r"\s*(?<!\\)/\s*", "/", text).casefold()
        if path in self.by_path:
            return self.by_path[path]
        of_the_name = self.by_name.get(_plain(text).casefold(), [])
        return of_the_name[0] if len(of_the_name) == 1 else None

    def _key(self, names: Iterable[str]) -> str:
        return "/".join(ESCAPED.sub(r"\\\1", name) for name in names).casefold()


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<!\\)&", cell) if part.strip()]


def _plain(text: str) -> str:
    return re.sub(r"\\([\\/&])", r"\1", text)
