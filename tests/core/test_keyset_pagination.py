"""By id and by place; pages by key are walked in the list's own tests."""

import pytest

from accounts.models import User
from core.keyset_pagination import by_id, by_place, newest_first
from tests.people import make_user

IDS = [1, 2, 5, 8, 9]


def find(inside: tuple[int, int], size: int, *, oldest_first: bool = False) -> list[int]:
    return sorted((each for each in IDS if inside[0] <= each <= inside[1]), reverse=not oldest_first)[:size]


@pytest.mark.parametrize(
    ("asked", "rows", "newer", "older"),
    [
        ({}, [9, 8], "", "8"),
        ({"before": 8}, [5, 2], "5", "2"),
        ({"before": 2}, [1], "1", ""),
        ({"before": 1}, [], "", ""),
        ({"before": 100}, [9, 8], "", "8"),
        ({"after": 5}, [9, 8], "", "8"),
        ({"after": 2}, [8, 5], "8", "5"),
        ({"after": 9}, [], "", ""),
        ({"oldest": True}, [2, 1], "2", ""),
    ],
)
def test_by_id(asked: dict[str, int], rows: list[int], newer: str, older: str) -> None:
    page = by_id(find, **{"before": None, "after": None, "oldest": False, **asked}, size=2)  # type: ignore[arg-type]
    assert (page.rows, page.previous, page.next) == (rows, newer, older)


@pytest.mark.parametrize(
    ("first", "rows", "previous", "following", "last"),
    [(1, "ab", "", "3", 2), (2, "bc", "1", "4", 3), (3, "cd", "1", "5", 4), (5, "e", "3", "", 5)],
)
def test_by_place(first: int, rows: str, previous: str, following: str, last: int) -> None:
    page = by_place("abcde", first, total=5, size=2)
    assert ("".join(page.rows), page.previous, page.next, page.last) == (rows, previous, following, last)
    assert not page.is_all


def test_by_place_under_names() -> None:
    page = by_place("abcde", 3, total=5, size=2, name=lambda place: "abcde"[place - 1])
    assert (page.previous, page.next) == ("a", "e")
    whole = by_place("ab", 1, total=2, size=2)
    assert (whole.previous, whole.next, whole.is_all) == ("", "", True)
    nothing = by_place("", 1, total=0, size=2)
    assert (nothing.rows, nothing.previous, nothing.next, nothing.is_all) == ([], "", "", True)


def test_the_newest_first(db: None) -> None:
    people = [make_user(first_name="Vic", email=f"vic{n}@example.com") for n in range(5)]
    keys = [each.pk for each in reversed(people)]
    seen: list[int] = []
    page = newest_first(User.objects.all(), before=None, size=2)
    while page.next:
        seen += [each.pk for each in page.rows]
        assert page.next == str(page.rows[-1].pk)
        page = newest_first(User.objects.all(), before=int(page.next), size=2)
    assert [*seen, *(each.pk for each in page.rows)] == keys
    assert newest_first(User.objects.all(), before=keys[-1], size=2).rows == []
    assert newest_first(User.objects.all(), before=None, size=5).next == ""
