"""By id and by place; pages by key are walked in the list's own tests."""

import pytest

from accounts.models import User
from core.keyset_pagination import LAST, Page, by_id, by_place, newest_first, page
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
    found = by_id(find, **{"before": None, "after": None, "oldest": False, **asked}, size=2)  # type: ignore[arg-type]
    assert (found.rows, found.previous, found.next) == (rows, newer, older)


@pytest.mark.parametrize(
    ("first", "rows", "previous", "following", "last"),
    [(1, "ab", "", "3", 2), (2, "bc", "1", "4", 3), (3, "cd", "1", "5", 4), (5, "e", "3", "", 5)],
)
def test_by_place(first: int, rows: str, previous: str, following: str, last: int) -> None:
    found = by_place("abcde", first, total=5, size=2)
    assert ("".join(found.rows), found.previous, found.next, found.last) == (rows, previous, following, last)
    assert not found.is_all


def test_by_place_under_names() -> None:
    found = by_place("abcde", 3, total=5, size=2, name=lambda place: "abcde"[place - 1])
    assert (found.previous, found.next) == ("a", "e")
    whole = by_place("ab", 1, total=2, size=2)
    assert (whole.previous, whole.next, whole.is_all) == ("", "", True)
    nothing = by_place("", 1, total=0, size=2)
    assert (nothing.rows, nothing.previous, nothing.next, nothing.is_all) == ([], "", "", True)


def test_the_newest_first(db: None) -> None:
    people = [make_user(first_name="Vic", email=f"vic{n}@example.com") for n in range(5)]
    keys = [each.pk for each in reversed(people)]
    seen: list[int] = []
    found = newest_first(User.objects.all(), before=None, size=2)
    while found.next:
        seen += [each.pk for each in found.rows]
        assert found.next == str(found.rows[-1].pk)
        found = newest_first(User.objects.all(), before=int(found.next), size=2)
    assert [*seen, *(each.pk for each in found.rows)] == keys
    assert newest_first(User.objects.all(), before=keys[-1], size=2).rows == []
    assert newest_first(User.objects.all(), before=None, size=5).next == ""


# --- by a key ---


@pytest.fixture
def people(db: None) -> dict[int, str]:
    """Five, of whom three have one name: their order is that of their keys."""
    made = [User.objects.create(first_name=name, email=f"{place}@example.com") for place, name in enumerate("babbc")]
    return {each.pk: f"{each.first_name}{place}" for place, each in enumerate(made)}


def walk(people: dict[int, str], cursor: str = "", *, descending: bool = False) -> tuple[str, Page[User]]:
    found = page(User.objects.all(), "first_name", descending=descending, cursor=cursor, size=2)
    return " ".join(people[each.pk] for each in found.rows), found


@pytest.mark.parametrize(("descending", "pages"), [(False, ["a1 b0", "b2 b3", "c4"]), (True, ["c4 b3", "b2 b0", "a1"])])
def test_pages_by_a_key_are_walked_both_ways(people: dict[int, str], *, descending: bool, pages: list[str]) -> None:
    seen, cursor, links = [], "", list[tuple[bool, bool]]()
    for _ in pages:
        shown, found = walk(people, cursor, descending=descending)
        seen.append(shown)
        links.append((bool(found.previous), bool(found.next)))
        cursor = found.next
    assert seen == pages
    assert links == [(False, True), (True, True), (True, False)]
    shown, back = walk(people, found.previous, descending=descending)
    assert (shown, bool(back.previous), bool(back.next)) == (pages[1], True, True)
    shown, first = walk(people, back.previous, descending=descending)
    assert (shown, bool(first.previous), bool(first.next)) == (pages[0], False, True)


def test_the_last_page_is_full_and_leads_back(people: dict[int, str]) -> None:
    shown, last = walk(people, LAST)
    assert (shown, bool(last.previous), bool(last.next)) == ("b3 c4", True, False)
    assert walk(people, last.previous)[0] == "b0 b2"
    assert walk(people, LAST, descending=True)[0] == "b0 a1"


def test_a_cursor_that_is_not_ours_or_of_another_order_leads_to_the_first_page(people: dict[int, str]) -> None:
    _, first = walk(people)
    of_another = page(User.objects.all(), "email", descending=False, cursor="", size=2).next
    for cursor in ("x", of_another, first.next + "x", first.next[1:]):
        shown, found = walk(people, cursor)
        assert (shown, found.previous) == ("a1 b0", ""), cursor
    User.objects.all().delete()
    assert walk(people) == ("", Page([]))


def test_rows_are_read_from_the_whole_and_chosen_from_the_part(people: dict[int, str]) -> None:
    part = User.objects.filter(first_name="b")
    found = page(part, "first_name", descending=False, cursor="", size=2, whole=User.objects.select_related("role"))
    assert [people[each.pk] for each in found.rows] == ["b0", "b2"]
    assert found.next
