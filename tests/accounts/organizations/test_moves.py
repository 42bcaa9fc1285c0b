"""Fifty people move departments of a tree of a thousand at once: no ring, and none is lost."""

import random
from collections.abc import Iterator, Mapping
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Organization, User
from accounts.organization_tree import LEVELS
from core.audit.models import AuditRecord
from tests.people import make_user

MOVES, DEPARTMENTS, PATIENCE = 50, 1000, 60


class Mover(Thread):
    """One request, at the same moment as all the others."""

    def __init__(self, user: User, start: Barrier, moved: int, parent: int) -> None:
        super().__init__()
        self.client, self.barrier, self.moved, self.parent, self.status = Client(), start, moved, parent, 0
        self.client.force_login(user)

    def run(self) -> None:
        try:
            self.barrier.wait(PATIENCE)
            url = f"/organizations/{self.moved}/move/"
            self.status = self.client.post(url, {"parent": self.parent}).status_code
        finally:
            connection.close()


def grown(chance: random.Random) -> list[Organization]:
    made, levels = [Organization.company()], {Organization.company().pk: 1}
    for n in range(DEPARTMENTS):
        above = chance.choice([each for each in made[-50:] if levels[each.pk] < LEVELS - 8] or made[:1])
        made.append(Organization.objects.create(name=f"Department {n}", parent=above))
        levels[made[-1].pk] = levels[above.pk] + 1
    return made[1:]


def rings(parents: Mapping[int, int | None]) -> Iterator[int]:
    """Departments from which the company is not reached."""
    for pk in parents:
        seen, at = set(), pk
        while (above := parents[at]) is not None and above not in seen:
            seen.add(above)
            at = above
        if above is not None:
            yield pk


def all_at_once(user: User, pairs: list[tuple[int, int]]) -> list[int]:
    start = Barrier(len(pairs))
    movers = [Mover(user, start, *pair) for pair in pairs]
    for each in movers:
        each.start()
    for each in movers:
        each.join(PATIENCE)
    return [each.status for each in movers]


@pytest.mark.django_db(transaction=True)
def test_fifty_moves_at_once_make_no_ring_and_lose_none() -> None:
    chance = random.Random(4)
    there = grown(chance)
    branches = chance.sample([each for each in there if each.parent == Organization.company()] + there[:40], MOVES // 2)
    # each against its opposite: the second of the two must see what the first has done
    pairs = [(one.pk, other.pk) for one, other in zip(branches, [*branches[1:], branches[0]], strict=True)]
    pairs += [(other, one) for one, other in pairs]
    moves = AuditRecord.objects.filter(action="organization.moved")
    statuses = all_at_once(make_user("Ada", role="super_administrator"), pairs)
    assert set(statuses) <= {302, 422}, statuses
    assert statuses.count(422) >= MOVES // 4
    assert moves.count() <= statuses.count(302)
    parents = dict(Organization.objects.values_list("pk", "parent_id"))
    assert list(rings(parents)) == []
    assert len(parents) == DEPARTMENTS + 1
    tree = Organization.tree()
    assert {each.name for each in there} == {each.name for each in tree} - {"Company"}
    assert tree.company.deepest <= LEVELS


@pytest.mark.django_db(transaction=True)
def test_of_two_opposite_moves_one_is_refused() -> None:
    ada = make_user("Ada", role="super_administrator")
    for round_ in range(5):
        one, other = (
            Organization.objects.create(name=f"{name} {round_}", parent=Organization.company()) for name in "AB"
        )
        assert sorted(all_at_once(ada, [(one.pk, other.pk), (other.pk, one.pk)])) == [302, 422]
