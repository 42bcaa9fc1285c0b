"""The departments as a tree in memory: to read a thousand rows is cheaper than to let a database walk them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from core.folding import fold
from core.folding import words as folded_words

SEPARATOR = " / "
LEVELS = 20  # the company is the first
MOST = 1_000  # departments, the company not counted


@dataclass(eq=False)
class Department:
    pk: int
    name: str
    above: Department | None = None
    level: int = 1
    below: list[Department] = field(default_factory=list)

    def __str__(self) -> str:
        return self.name

    @cached_property
    def folded_name(self) -> str:
        return fold(self.name)

    @property
    def ancestors(self) -> list[Department]:
        """From the company down to the one that this lies in."""
        return [*self.above.ancestors, self.above] if self.above else []

    @property
    def place(self) -> str:
        return SEPARATOR.join(each.name for each in self.ancestors)

    @property
    def path(self) -> str:
        return SEPARATOR.join(each.name for each in (*self.ancestors, self))

    def with_all_below(self) -> Iterator[Department]:
        """Each before those that lie in it."""
        yield self
        for each in self.below:
            yield from each.with_all_below()

    @property
    def deepest(self) -> int:
        return max(each.level for each in self.with_all_below())

    def is_meant_by(self, words: Collection[str], among: Collection[Department]) -> bool:
        """Of folded words: whether its path, told of those `among`, has each, and its own name one."""
        if not any(word in self.folded_name for word in words):
            return False
        path = " ".join([*(each.folded_name for each in self.ancestors if each in among), self.folded_name])
        return all(word in path for word in words)

    def has_below(self, name: str, *, besides: Department | None = None) -> bool:
        """Whether a department in it has that name, in capitals or not."""
        return any(each.name.casefold() == name.casefold() for each in self.below if each is not besides)


class Tree:
    """Of rows (primary key, that of the parent, name)."""

    def __init__(self, rows: Iterable[tuple[int, int | None, str]]) -> None:
        inside: dict[int | None, list[tuple[int, str]]] = {}
        for pk, parent, name in rows:
            inside.setdefault(parent, []).append((pk, name))
        self.company = Department(*inside[None][0])
        self.departments = {each.pk: each for each in self._grown(self.company, inside)}

    def _grown(self, department: Department, inside: dict[int | None, list[tuple[int, str]]]) -> Iterator[Department]:
        yield department
        for pk, name in sorted(inside.get(department.pk, ()), key=lambda each: each[1].casefold()):
            each = Department(pk, name, department, department.level + 1)
            department.below.append(each)
            yield from self._grown(each, inside)

    def __iter__(self) -> Iterator[Department]:
        """Each before those that lie in it, and of one name after the other."""
        return iter(self.departments.values())

    def __len__(self) -> int:
        """Of departments: the company is none."""
        return len(self.departments) - 1

    @property
    def is_full(self) -> bool:
        return len(self) >= MOST

    def get(self, pk: int) -> Department | None:
        return self.departments.get(pk)

    def with_all_below(self, pks: Iterable[int]) -> set[int]:
        """Primary keys: those, and of all that lies in them."""
        there = (self.departments[pk] for pk in pks if pk in self.departments)
        return {each.pk for department in there for each in department.with_all_below()}

    def containing(self, words: str) -> list[Department]:
        wanted = folded_words(words)
        every = set(self)
        return [each for each in self if wanted and each.is_meant_by(wanted, every)]
