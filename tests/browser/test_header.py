"""The header where it is narrow: two rows, whatever is unapplied."""

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import Organization
from tests.people import make_extension

# Items on one row overlap from top to bottom; those of the next row begin below all of them.
ROWS = """(header) => {
    let rows = 0, end = -Infinity;
    const all = [...header.querySelectorAll("button, input, a, .waiting-words")];
    const shown = all.filter((each) => each.checkVisibility());
    for (const box of shown.map((each) => each.getBoundingClientRect()).sort((a, b) => a.top - b.top)) {
      if (box.top >= end) { rows += 1; end = box.bottom; }
      end = Math.max(end, box.bottom);
    }
    return rows;
}"""


@pytest.mark.parametrize("path", ["/extensions/", "/review/"])
def test_a_narrow_header_has_two_rows(adas: Page, path: str) -> None:
    Organization.objects.update(name="Analytical Engines of Greater Manchester and Liverpool")
    for number in ("1000", "1001", "1002"):
        make_extension(number, first_name="Wolfeschlegelsteinhausenbergerdorff")
    adas.set_viewport_size({"width": 390, "height": 844})
    adas.goto(path)
    expect(adas.locator("#pbx")).to_contain_text("3 unapplied")
    assert adas.locator(".topbar").evaluate(ROWS) == 2


def test_the_search_finds_while_one_types_and_is_used_by_keys(adas: Page) -> None:
    make_extension("1000", first_name="Zora", last_name="Stone")
    make_extension("1001", first_name="Zora", last_name="Stein")
    adas.goto("/roles/")
    adas.keyboard.press("/")
    adas.keyboard.type("zora")
    expect(adas.locator("#found a")).to_have_count(2)
    adas.keyboard.press("ArrowDown")
    adas.keyboard.press("ArrowDown")
    expect(adas.get_by_role("link", name="Zora Stein")).to_be_focused()
    adas.keyboard.press("Escape")
    expect(adas.locator("#found")).to_be_hidden()
    expect(adas.get_by_role("searchbox")).to_be_focused()
    adas.keyboard.type(" ste")
    expect(adas.locator("#found a")).to_have_count(1)
    adas.keyboard.press("ArrowDown")
    adas.keyboard.press("Enter")
    expect(adas).to_have_url("/extensions/1001/")


def test_the_search_leads_to_a_setting(adas: Page) -> None:
    adas.goto("/extensions/")
    adas.get_by_role("searchbox").press_sequentially("stun server")
    adas.get_by_role("link", name="STUN server").click()
    expect(adas).to_have_url("/preferences/network/#id_network_stun")
    adas.get_by_role("searchbox").press_sequentially("x")
    adas.locator(".found").wait_for()
    adas.get_by_role("heading", level=1).click()
    expect(adas.locator("#found")).to_be_hidden()


def test_what_is_typed_before_the_page_is_ready_is_searched(adas: Page) -> None:
    make_extension("1000", first_name="Zora", last_name="Stone")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    adas.route("**/htmx.min*.js", hold)
    adas.goto("/roles/", wait_until="commit")
    adas.get_by_role("searchbox").press_sequentially("zora")
    assert held
    for each in held:
        each.continue_()
    expect(adas.get_by_role("link", name="Zora Stone")).to_be_visible()
