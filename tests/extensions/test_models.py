"""The number that the Add page offers: the lowest that is free, however the taken ones lie."""

from collections.abc import Collection

import pytest

from accounts.models import User
from core.preferences.models import Preferences
from extensions import models
from extensions.models import SipExtension

FIRST = 1000


def offered() -> str:
    return SipExtension.objects.next_free_number(Preferences.load())


def take(places: Collection[int]) -> None:
    people = User.objects.bulk_create(User(first_name=f"Person {place}") for place in places)
    SipExtension.objects.bulk_create(
        SipExtension(user=person, number=str(FIRST + place), registration_name=f"r{place}", sealed_password="-")
        for person, place in zip(people, places, strict=True)
    )


@pytest.fixture(autouse=True)
def stretches_are_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few hundred numbers are many stretches."""
    monkeypatch.setattr(models, "NARROW", 32)


@pytest.mark.parametrize("taken", [0, 1, 2, 63, 64, 65, 127, 128, 190, 319, 320, 321])
def test_after_a_stretch_without_a_gap(db: None, taken: int) -> None:
    take(range(taken))
    assert offered() == str(FIRST + taken)


@pytest.mark.parametrize("gap", [0, 1, 31, 63, 64, 65, 100, 255, 298])
def test_a_gap_is_found_wherever_it_is(db: None, gap: int) -> None:
    take({*range(300)} - {gap, 299})
    assert offered() == str(FIRST + gap)
