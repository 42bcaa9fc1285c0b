"""The script of the tree of departments, key by key and row by row."""

import pytest
from playwright.sync_api import Page, Request, expect

from accounts.models import Organization
from tests.trees import department, fill

# Of each row over which another is held: whether it could be dropped, and which row shows it.
DRAG = """(dragged) => {
    const rowOf = (id) => document.getElementById(id).closest("li");
    const send = (row, kind) => {
        const event = new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: new DataTransfer()});
        row.dispatchEvent(event);
        return event.defaultPrevented;
    };
    const refused = send(rowOf(dragged), "dragstart");
    const marked = document.querySelectorAll(".is-dragged").length;
    const taken = [...document.querySelectorAll("[data-tree] > li")].map((row) => {
        const takes = send(row, "dragover");
        return [row.querySelector("a").id, takes, row.querySelector("a").classList.contains("is-target"),
            document.querySelectorAll(".is-target").length];
    });
    const outside = send(document.querySelector("h1"), "dragover");
    const left = document.querySelectorAll(".is-target").length;
    send(rowOf(dragged), "dragend");
    const after = document.querySelectorAll(".is-target, .is-dragged").length;
    return {refused, marked, taken, outside, left, after};
}"""


@pytest.fixture
def ids(live_server: object) -> dict[str, str]:
    """The ids of the rows, by their names, in the order of the tree."""
    company = Organization.company()
    asia = department("Asia")
    japan = department("Japan", asia)
    osaka = department("Osaka", japan)
    sales = department("Sales")
    return {each.name: f"d{each.pk}" for each in (company, asia, japan, osaka, sales)}


def focus(page: Page, row: str) -> None:
    page.locator(f"#{row}").focus()


def is_open(page: Page, row: str) -> str | None:
    return page.locator(f"#{row}").get_attribute("aria-expanded")


def shown(page: Page, ids: dict[str, str]) -> list[str]:
    return [name for name, row in ids.items() if page.locator(f"#{row}").is_visible()]


def test_each_row_says_how_deep_it_lies_and_one_of_them_is_reached_by_tab(adas: Page, ids: dict[str, str]) -> None:
    adas.goto("/organizations/")
    told = """(all) => all.map((each) => [each, each.closest("li")]).map(([each, row]) => [
        each.id, each.getAttribute("role"), each.ariaLevel, each.ariaExpanded, each.tabIndex,
        row.getAttribute("role"), row.ariaLevel, row.querySelectorAll(".fold").length])"""
    found = adas.locator("[data-tree] > li a").evaluate_all(told)
    assert found == [
        [ids["Company"], "treeitem", "1", "true", 0, "none", None, 1],
        [ids["Asia"], "treeitem", "2", "true", -1, "none", None, 1],
        [ids["Japan"], "treeitem", "3", "true", -1, "none", None, 1],
        [ids["Osaka"], "treeitem", "4", None, -1, "none", None, 0],
        [ids["Sales"], "treeitem", "2", None, -1, "none", None, 0],
    ]
    expect(adas.locator("[data-tree] .fold[aria-hidden=true] svg.icon").first).to_be_visible()


def test_a_branch_that_was_folded_stays_so_when_what_it_lies_in_is_folded(adas: Page, ids: dict[str, str]) -> None:
    adas.goto("/organizations/")
    fold = {name: adas.locator(f"li:has(> #{row}) > .fold") for name, row in ids.items()}
    fold["Japan"].click()
    assert shown(adas, ids) == ["Company", "Asia", "Japan", "Sales"]
    focus(adas, ids["Asia"])
    adas.keyboard.press("ArrowDown")
    expect(adas.locator(f"#{ids['Japan']}")).to_be_focused()
    fold["Asia"].click()
    assert shown(adas, ids) == ["Company", "Asia", "Sales"]
    expect(adas.locator(f"#{ids['Asia']}")).to_be_focused()  # what the keys would reach cannot be seen any more
    assert [is_open(adas, ids[name]) for name in ("Company", "Asia", "Japan")] == ["true", "false", "false"]
    adas.keyboard.press("ArrowRight")
    assert shown(adas, ids) == ["Company", "Asia", "Japan", "Sales"]
    expect(adas.locator(f"#{ids['Asia']}")).to_be_focused()
    expect(adas.locator("[role=treeitem][tabindex='0']")).to_have_count(1)


PRESSED = """([key, held]) => {
    const event = new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true, ...held});
    let heard = 0;
    const hear = () => { heard += 1; };
    document.body.addEventListener("keydown", hear);
    window.addEventListener("keydown", hear);
    document.activeElement.dispatchEvent(event);
    window.removeEventListener("keydown", hear);
    document.body.removeEventListener("keydown", hear);
    return [document.activeElement.id, event.defaultPrevented, heard];
}"""


def test_keys_that_lead_nowhere_are_left_to_the_browser(adas: Page, ids: dict[str, str]) -> None:
    department("Shift work")
    adas.goto("/organizations/")
    japan, osaka = ids["Japan"], ids["Osaka"]
    for key, held, to in (
        ("ArrowDown", {}, osaka),
        ("ArrowDown", {"ctrlKey": True}, japan),
        ("ArrowDown", {"metaKey": True}, japan),
        ("ArrowDown", {"altKey": True}, japan),
        ("a", {"ctrlKey": True}, japan),
        ("Shift", {}, japan),  # a department begins with it
        ("Tab", {}, japan),
        ("x", {}, japan),
        ("j", {}, japan),  # itself, the only one
        ("A", {}, ids["Asia"]),
        ("s", {}, ids["Sales"]),
    ):
        focus(adas, japan)
        at, taken, heard = adas.evaluate(PRESSED, [key, held])
        assert at == to, key
        moved = not held and key not in ("Shift", "Tab", "x")
        assert (taken, heard) == ((True, 1) if moved else (False, 2)), key
    focus(adas, ids["Sales"])
    for name in ("Shift work", "Sales", "Shift work"):
        adas.keyboard.press("s")
        expect(adas.locator(f"#d{Organization.objects.get(name=name).pk}")).to_be_focused()
    adas.locator("#find-department").focus()
    assert adas.evaluate(PRESSED, ["ArrowDown", {}]) == ["find-department", False, 2]


def test_a_row_is_held_over_those_alone_that_can_take_it(adas: Page, ids: dict[str, str]) -> None:
    adas.goto("/organizations/")
    takers = {
        "Asia": {"Sales"},
        "Japan": {"Company", "Sales"},
        "Osaka": {"Company", "Asia", "Sales"},
        "Sales": {"Asia", "Japan", "Osaka"},
    }
    for dragged, takes in takers.items():
        found = adas.evaluate(DRAG, ids[dragged])
        assert (found["refused"], found["marked"]) == (False, 1), dragged
        assert found["taken"] == [[row, name in takes, name in takes, int(name in takes)] for name, row in ids.items()]
        assert (found["outside"], found["left"], found["after"]) == (False, 0, 0)
    found = adas.evaluate(DRAG, ids["Company"])
    assert (found["refused"], found["marked"]) == (True, 0)
    assert not any(takes for _, takes, *_ in found["taken"])


def test_what_was_dropped_nowhere_moves_nothing(adas: Page, ids: dict[str, str]) -> None:
    posts: list[Request] = []
    adas.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    adas.goto("/organizations/")
    adas.locator(f"#{ids['Japan']}").drag_to(adas.locator(f"#{ids['Asia']}"))
    adas.locator(f"#{ids['Japan']}").drag_to(adas.get_by_role("heading", level=1))
    adas.goto("/organizations/")
    assert posts == []


def test_the_address_is_that_of_what_is_found(adas: Page, ids: dict[str, str]) -> None:
    adas.goto(f"/organizations/#{ids['Japan']}")
    expect(adas.locator(f"#{ids['Japan']}")).to_be_focused()
    find = adas.locator("#find-department")
    find.fill("os ")
    expect(adas.locator("[data-tree] > li")).to_have_count(4)
    expect(adas).to_have_url("/organizations/?q=os")
    expect(find).to_be_focused()
    find.fill("")
    expect(adas.locator("[data-tree] > li")).to_have_count(5)
    expect(adas).to_have_url("/organizations/")
    expect(adas.locator("[data-tree]")).to_have_attribute("role", "tree")
    expect(adas.locator("[data-tree] .fold")).to_have_count(3)


def test_of_a_large_tree_what_is_found_is_unfolded(adas: Page, ids: dict[str, str]) -> None:
    fill(101, Organization.objects.get(name="Osaka"))
    adas.goto("/organizations/")
    assert shown(adas, ids) == ["Company", "Asia", "Sales"]
    assert [is_open(adas, ids[name]) for name in ("Company", "Asia", "Japan", "Osaka")] == [
        "true", "false", "false", "false",
    ]  # fmt: skip
    adas.goto("/organizations/?q=department")
    assert shown(adas, ids) == ["Company", "Asia", "Japan", "Osaka"]
