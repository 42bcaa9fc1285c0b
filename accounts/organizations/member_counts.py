"""How many people each department has. One who is in several is counted once in whatever holds them all."""

from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext, ngettext

from accounts.models import User
from accounts.organization_tree import Department, Tree
from core import localization

Memberships = User.organizations.through

# In which departments the same people are, and how many people: one row for all that are in the same.
TOGETHER = """
    SELECT pks, COUNT(*) FROM (
        SELECT {joined} AS pks FROM accounts_user_organizations GROUP BY user_id
    ) AS person GROUP BY pks
"""
JOINED = {"sqlite": "GROUP_CONCAT(organization_id)", "postgresql": "STRING_AGG(organization_id::text, ',')"}


@dataclass
class Members:
    own: int = 0
    in_all: int = 0

    def words(self, of: Department) -> tuple[str, str]:
        own = ngettext("%(count)s member", "%(count)s members", self.own) % {"count": localization.count(self.own)}
        return own, gettext("%(count)s total") % {"count": localization.count(self.in_all)} if of.below else ""


def count(tree: Tree) -> dict[int, Members]:
    """By primary key."""
    found = {each.pk: Members() for each in tree}
    around: dict[int, frozenset[int]] = {}
    for each in tree:
        around[each.pk] = (around[each.above.pk] if each.above else frozenset()) | {each.pk}
    for together, people in _together():
        pks = [pk for pk in together if pk in found]  # the tree was read a moment before
        for pk in pks:
            found[pk].own += people
        for pk in frozenset().union(*(around[pk] for pk in pks)):
            found[pk].in_all += people
    return found


def _together() -> list[tuple[list[int], int]]:
    with connection.cursor() as cursor:
        cursor.execute(TOGETHER.format(joined=JOINED[connection.vendor]))
        return [([int(pk) for pk in pks.split(",")], people) for pks, people in cursor.fetchall()]
