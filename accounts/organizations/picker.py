"""Departments to choose from: all where they are few; of many the chosen ones, and those that a search finds."""

from collections.abc import Collection, Iterable
from typing import Any

from django.utils.translation import gettext as _

from accounts.organization_tree import SEPARATOR, Department, Tree
from core import folding, localization

FEW = 50
FOUND = 20


class Picker:
    """`finding` is what was typed into its search. Only names that are `offered` are told, or searched in."""

    def __init__(self, offered: Collection[Department], chosen: Iterable[Any], finding: str = "") -> None:
        self.offered, self.finding = offered, finding.replace("\0", "").strip()[:100]
        ticked = {str(each) for each in chosen}
        self.chosen = [each for each in offered if str(each.pk) in ticked]
        self.searches = len(offered) > FEW
        self._found = self._matching(set(offered)) if self.searches and folding.words(self.finding) else []

    def _matching(self, offered: set[Department]) -> list[Department]:
        """Those first whose name begins with what was typed."""
        words = folding.words(self.finding)
        found = [each for each in self.offered if each not in self.chosen and each.is_meant_by(words, offered)]
        return sorted(found, key=lambda each: not each.folded_name.startswith(words[0]))

    def options(self) -> list[dict[str, Any]]:
        if not self.searches:
            return [
                {"department": each, "chosen": each in self.chosen, "depth": each.level - 1} for each in self.offered
            ]
        offered = set(self.offered)
        return [
            {
                "department": each,
                "chosen": each in self.chosen,
                "place": SEPARATOR.join(above.name for above in each.ancestors[1:] if above in offered),
            }
            for each in (*self.chosen, *self._found[:FOUND])
        ]

    def words(self) -> str:
        """What came of the search."""
        if not self.searches or not self.finding:
            return ""
        if len(self._found) > FOUND:
            return _("Showing %(shown)s of %(count)s matches. Type more of the name.") % {
                "count": localization.count(len(self._found)),
                "shown": FOUND,
            }
        return "" if self._found else _("No other departments match.")


def within(tree: Tree, pks: frozenset[int] | None) -> list[Department]:
    """Of the tree those; None: all."""
    return [each for each in tree if pks is None or each.pk in pks]
