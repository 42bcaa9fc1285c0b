"""How many people each department has. One who is in several is counted once in whatever holds them all."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from django.db import connection
from django.utils.translation import gettext, ngettext

from accounts.models import User
from accounts.organization_tree import Department, Tree
from core import localization

Memberships = User.organizations.through

OWN = "SELECT organization_id, COUNT(*) FROM accounts_user_organizations GROUP BY organization_id"
MEMBERS = "SELECT COUNT(*) FROM (SELECT DISTINCT user_id FROM accounts_user_organizations) AS person"
# Of people in several departments: the first and the last of these, how many they are, and how many such people.
SEVERAL = """
    SELECT least, most, many, COUNT(*) FROM (
        SELECT MIN(organization_id) AS least, MAX(organization_id) AS most, COUNT(*) AS many
        FROM accounts_user_organizations WHERE user_id IN (
            SELECT user_id FROM accounts_user_organizations GROUP BY user_id HAVING COUNT(*) > 1
        ) GROUP BY user_id
    ) AS person GROUP BY least, most, many
"""
# All the departments of people in more than two.
MORE = """
    SELECT user_id, organization_id FROM accounts_user_organizations WHERE user_id IN (
        SELECT user_id FROM accounts_user_organizations GROUP BY user_id HAVING COUNT(*) > 2
    ) ORDER BY user_id
"""


@dataclass
class Members:
    own: int = 0
    in_all: int = 0

    def words(self, of: Department) -> tuple[str, str]:
        own = ngettext("%(count)s member", "%(count)s members", self.own) % {"count": localization.count(self.own)}
        return own, gettext("%(count)s total") % {"count": localization.count(self.in_all)} if of.below else ""


def count(tree: Tree) -> dict[int, Members]:
    """By primary key."""
    own = {row[0]: row[1] for row in _rows(OWN)}
    found = {each.pk: Members(own.get(each.pk, 0), own.get(each.pk, 0)) for each in tree}
    for each in reversed(list(tree)):  # what lies in others before those
        if each.above:
            found[each.above.pk].in_all += found[each.pk].in_all
    if sum(own.values()) > _rows(MEMBERS)[0][0]:
        for pks, people in _in_several():
            _count_once(tree, pks, people, found)
    return found


def _count_once(tree: Tree, pks: Collection[int], people: int, found: dict[int, Members]) -> None:
    """The people, counted for each of these departments, in whatever holds several of them."""
    times = Counter(above for pk in pks for above in _around(tree, pk))  # the tree was read a moment before
    for pk, many in times.items():
        found[pk].in_all -= (many - 1) * people


def _around(tree: Tree, pk: int) -> Iterator[int]:
    department = tree.get(pk)
    while department:
        yield department.pk
        department = department.above


def _in_several() -> Iterator[tuple[Collection[int], int]]:
    """In which departments the same people are, and how many people."""
    are_more = False
    for least, most, many, people in _rows(SEVERAL):
        if many == 2:
            yield (least, most), people
        are_more = are_more or many > 2
    if are_more:
        for _, memberships in groupby(_rows(MORE), key=itemgetter(0)):
            yield [pk for _, pk in memberships], 1


def _rows(sql: str) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
