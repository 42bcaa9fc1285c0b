"""How many people each department has. One who is in several is counted once in whatever holds them all."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count

from accounts.models import User
from accounts.tree import Department, Tree

Memberships = User.organizations.through

# Of people in several departments: which two, how often; of those in more than two, all their departments.
PAIRS = """
    SELECT one, another, COUNT(*) FROM (
        SELECT MIN(organization_id) AS one, MAX(organization_id) AS another
        FROM accounts_user_organizations GROUP BY user_id HAVING COUNT(*) = 2
    ) AS pair GROUP BY one, another
"""
IN_MORE = """
    SELECT user_id, organization_id FROM accounts_user_organizations
    WHERE user_id IN (SELECT user_id FROM accounts_user_organizations GROUP BY user_id HAVING COUNT(*) > 2)
"""


@dataclass
class Members:
    own: int = 0
    in_all: int = 0

    def words(self, of: Department) -> tuple[str, str]:
        own = "1 member" if self.own == 1 else f"{self.own:,} members"
        return own, f"{self.in_all:,} in all" if of.below else ""


def count(tree: Tree) -> dict[int, Members]:
    """By primary key."""
    found = {each.pk: Members() for each in tree}
    own = Memberships.objects.order_by().values_list("organization").annotate(people=Count("pk"))
    for pk, people in own:
        found[pk].own = people
    for each in reversed(list(tree)):
        members = found[each.pk]
        members.in_all += members.own
        if each.above:
            found[each.above.pk].in_all += members.in_all
    for pks, people in _in_several():
        for each, times in _shared(tree, pks):
            found[each.pk].in_all -= people * (times - 1)
    return found


def _in_several() -> Iterable[tuple[list[int], int]]:
    """Which departments the same people are in, and how many people."""
    with connection.cursor() as cursor:
        cursor.execute(PAIRS)
        yield from (([one, another], people) for one, another, people in cursor.fetchall())
        cursor.execute(IN_MORE)
        more: dict[int, list[int]] = {}
        for user, pk in cursor.fetchall():
            more.setdefault(user, []).append(pk)
        yield from ((pks, 1) for pks in more.values())


def _shared(tree: Tree, pks: list[int]) -> Iterable[tuple[Department, int]]:
    """The departments that hold more than one of these, and how many."""
    times: dict[Department, int] = {}
    for pk in pks:
        if own := tree.get(pk):
            for each in (*own.ancestors, own):
                times[each] = times.get(each, 0) + 1
    return [(each, many) for each, many in times.items() if many > 1]
