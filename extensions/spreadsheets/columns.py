"""The columns of a spreadsheet of extensions: what each holds, as it is written and as it is read again."""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField

from accounts.models import Organization
from accounts.organization_tree import LEVELS, Department, Tree
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
    return _key(each.name for each in (*department.ancestors, department))


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
    """Finds departments by what a cell says: paths from the company or from below it, or names that only one has.

    Exactly so first; else whatever the capitals, where that means one alone.
    """

    def __init__(self, tree: Tree) -> None:
        self.company = tree.company.name
        self.example = path_of(next(iter(tree.company.below), tree.company))
        self.exact: dict[str, int] = {}
        self.folded: dict[str, set[int]] = {}
        self.named: dict[str, set[int]] = {}
        for each in tree:
            names = [one.name for one in (*each.ancestors, each)]
            for path in (names, names[1:]) if each.level > 2 else (names,):
                self.exact.setdefault(_key(path), each.pk)
                self.folded.setdefault(_key(path).casefold(), set()).add(each.pk)
            self.named.setdefault(each.name, set()).add(each.pk)
            if each.name.casefold() != each.name:
                self.named.setdefault(each.name.casefold(), set()).add(each.pk)

    def missing(self, cell: str) -> list[tuple[str, ...]]:
        """The paths, below the company, of those that are not there, and of what they would lie in."""
        found: list[tuple[str, ...]] = []
        for path in _paths(cell):
            below = path[1:] if path[0].casefold() == self.company.casefold() else path
            is_ambiguous = len(below) == 1 and below[0].casefold() in self.named
            if self._one(path) is None and below and all(below) and len(below) < LEVELS and not is_ambiguous:
                above = (below[:length] for length in range(1, len(below) + 1))
                found += [each for each in above if _key((self.company, *each)).casefold() not in self.folded]
        return found

    def find(self, cell: str) -> list[int] | None:
        """Each once; None where one of them is not there, or is one of several."""
        found = [self._one(path) for path in _paths(cell)]
        return None if None in found else [*dict.fromkeys(each for each in found if each)]

    def _one(self, path: tuple[str, ...]) -> int | None:
        text = _key(path)
        if text in self.exact:
            return self.exact[text]
        meant = self.folded.get(text.casefold(), set())
        if not meant and len(path) == 1:
            meant = self.named.get(path[0], set()) or self.named.get(path[0].casefold(), set())
        return next(iter(meant)) if len(meant) == 1 else None


def _key(names: Iterable[str]) -> str:
    return "/".join(ESCAPED.sub(r"\\\1", name) for name in names)


def _paths(cell: str) -> list[tuple[str, ...]]:
    paths = (tuple(_plain(name.strip()) for name in _split(part, "/")) for part in _split(cell, "&"))
    return [path for path in paths if any(path)]


def _split(text: str, separator: str) -> list[str]:
    """Where the separator stands without a backslash before it that counts."""
    parts = [""]
    for each in re.findall(r"\\.|.", text, re.DOTALL):
        if each == separator:
            parts.append("")
        else:
            parts[-1] += each
    return parts


def _plain(text: str) -> str:
    return re.sub(r"\\([\\/&])", r"\1", text)
