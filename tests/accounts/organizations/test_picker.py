"""The tree of departments, and which of them a page offers to choose from. All in memory."""

from typing import Any

import pytest

from accounts.organization_tree import LEVELS, MOST, Tree
from accounts.organizations.picker import FEW, FOUND, Picker, within


def grown(*rows: tuple[int, int | None, str]) -> Tree:
    return Tree([(1, None, "Acme"), *rows])


def many(count: int) -> Tree:
    """As many rooms in a house of the company; the first has a name that nothing else has."""
    rooms = [(100 + n, 2, f"Room {n:02}") for n in range(count)]
    return grown((2, 1, "House"), (3, 1, "Broom cupboard"), *rooms)


def names(found: list[dict[str, Any]]) -> list[str]:
    return [str(each["department"]) for each in found]


OFFICE = grown((5, 1, "sales"), (6, 1, "Café"), (7, 5, "Berlin"), (8, 7, "Team Ärger"), (9, 5, "abroad"))


def test_each_department_stands_before_those_in_it_and_by_name() -> None:
    assert [str(each) for each in OFFICE] == ["Acme", "Café", "sales", "abroad", "Berlin", "Team Ärger"]
    assert len(OFFICE) == 5
    team = OFFICE.get(8)
    assert team
    assert (team.level, team.place, team.path) == (4, "Acme / sales / Berlin", "Acme / sales / Berlin / Team Ärger")
    assert (OFFICE.company.deepest, team.deepest) == (4, 4)
    assert OFFICE.get(999) is None
    assert OFFICE.with_all_below([7, 999]) == {7, 8}
    assert not OFFICE.is_full


def test_a_tree_is_full_at_its_limit() -> None:
    one_less = [(n, 1, str(n)) for n in range(2, MOST + 1)]
    assert not grown(*one_less).is_full
    assert grown(*one_less, (MOST + 1, 1, "last")).is_full
    assert OFFICE.company.deepest < LEVELS


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("cafe", ["Café"]),
        ("SALES", ["sales"]),
        ("sales berlin", ["Berlin"]),
        ("berlin arger", ["Team Ärger"]),
        ("acme", ["Acme"]),
        ("cafe berlin", []),
        ("", []),
    ],
)
def test_a_department_is_meant_by_its_own_name_with_those_it_lies_in(typed: str, found: list[str]) -> None:
    assert [str(each) for each in OFFICE.containing(typed)] == found


def test_a_name_is_taken_in_capitals_or_not() -> None:
    sales = OFFICE.get(5)
    assert sales
    berlin, abroad = OFFICE.get(7), OFFICE.get(9)
    assert sales.has_below("BERLIN")
    assert sales.has_below("BERLIN", besides=abroad)
    assert not sales.has_below("BERLIN", besides=berlin)
    assert not sales.has_below("Café")


def test_of_few_all_are_offered_and_nothing_is_searched() -> None:
    picker = Picker(list(OFFICE), ["7", 9], finding="cafe")
    assert not picker.searches
    assert [(str(each["department"]), each["chosen"], each["depth"]) for each in picker.options()] == [
        ("Acme", False, 0), ("Café", False, 1), ("sales", False, 1), ("abroad", True, 2), ("Berlin", True, 2),
        ("Team Ärger", False, 3),
    ]  # fmt: skip
    assert picker.words() == ""
    assert not Picker(list(many(FEW - 3)), []).searches
    assert Picker(list(many(FEW - 2)), []).searches


def test_of_many_the_chosen_ones_are_offered_and_what_a_search_finds() -> None:
    tree = many(60)
    picker = Picker(list(tree), [103], finding=" room 0\0")
    assert picker.finding == "room 0"
    found = picker.options()
    assert names(found) == ["Room 03", "Room 00", "Room 01", "Room 02", *(f"Room 0{n}" for n in range(4, 10)),
                            *(f"Room {n}0" for n in range(1, 6))]  # fmt: skip
    assert [each["chosen"] for each in found] == [True] + [False] * 14
    assert {each["place"] for each in found} == {"House"}
    assert picker.words() == ""
    assert names(Picker(list(tree), [103]).options()) == ["Room 03"]
    assert Picker(list(tree), [103]).words() == ""
    assert Picker(list(tree), [], finding="cellar").words() == "No other departments match."


def test_those_come_first_whose_name_begins_so_and_of_too_many_some_are_shown() -> None:
    picker = Picker(list(many(60)), [], finding="room")
    assert names(picker.options()) == [f"Room {n:02}" for n in range(FOUND)]
    assert picker.words() == f"Showing {FOUND} of 61 matches. Type more of the name."
    exactly = Picker([each for each in many(60) if each.pk < 100 + FOUND], [], finding="room")
    assert exactly.words() == ""


def test_what_one_does_not_reach_is_neither_told_nor_searched_in() -> None:
    tree = many(60)
    reached = within(tree, frozenset(range(100, 160)))
    assert len(reached) == 60
    assert [str(each) for each in within(tree, None)] == [str(each) for each in tree]
    assert Picker(reached, [], finding="house").options() == []
    only = Picker(reached, [], finding="house room")
    assert only.options() == []
    assert {each["place"] for each in Picker(reached, [], finding="room").options()} == {""}
