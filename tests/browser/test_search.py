"""The search of the header by keys: what is found is walked in a ring, and goes when one leaves it."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.keys import press_key
from tests.people import make_extension


@pytest.fixture
def zoras(adas: Page) -> Page:
    """With two of them found, on a page that has no more fields."""
    make_extension("1000", first_name="Zora", last_name="Stone")
    make_extension("1001", first_name="Zora", last_name="Stein")
    adas.goto("/roles/")
    adas.locator("[data-search]").press_sequentially("zora")
    expect(adas.locator("#found a")).to_have_count(2)
    return adas


def test_the_keys_go_round_in_a_ring(zoras: Page) -> None:
    search, found = zoras.locator("[data-search]"), zoras.locator("#found a")
    for key, there in (
        ("ArrowDown", found.nth(0)),
        ("ArrowDown", found.nth(1)),
        ("ArrowDown", search),
        ("ArrowUp", found.nth(1)),
        ("ArrowUp", found.nth(0)),
        ("ArrowUp", search),
    ):
        assert press_key(zoras, key)
        expect(there).to_be_focused()
    assert not press_key(zoras, "ArrowRight")
    assert not press_key(zoras, "z")
    expect(search).to_be_focused()


def test_escape_closes_it_once(zoras: Page) -> None:
    search, found = zoras.locator("[data-search]"), zoras.locator("#found")
    press_key(zoras, "ArrowDown")
    assert press_key(zoras, "Escape")
    expect(search).to_be_focused()
    expect(found).to_be_hidden()
    assert not press_key(zoras, "Escape")  # the browser empties the field
    assert not press_key(zoras, "ArrowDown")  # nothing is shown that could be walked
    expect(search).to_be_focused()


def test_it_is_shown_as_long_as_one_is_in_it(zoras: Page) -> None:
    search, found = zoras.locator("[data-search]"), zoras.locator("#found")
    press_key(zoras, "ArrowDown")
    expect(found).to_be_visible()
    zoras.locator(".person-menu summary").focus()
    expect(found).to_be_hidden()
    search.focus()
    expect(found).to_be_visible()
    box = found.locator("a").first.bounding_box()
    assert box
    zoras.mouse.move(box["x"] + 5, box["y"] + 5)
    zoras.mouse.down()
    expect(search).to_be_focused()  # the click is not done
    expect(found).to_be_visible()
    zoras.mouse.up()
    expect(zoras).to_have_url(re.compile("/extensions/100[01]/"))


def test_an_empty_field_shows_nothing(zoras: Page) -> None:
    def hold(route: Route) -> None:
        held.append(route)

    held: list[Route] = []
    search, found = zoras.locator("[data-search]"), zoras.locator("#found")
    zoras.route("**/search/**", hold)
    search.fill("   ")
    expect(found).to_be_hidden()  # at once, whatever is asked
    zoras.locator(".person-menu summary").focus()
    search.focus()
    expect(found).to_be_hidden()


def test_what_comes_late_is_not_shown_to_who_has_gone_on(adas: Page) -> None:
    make_extension("1000", first_name="Zora", last_name="Stone")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    adas.goto("/roles/")
    adas.route("**/search/**", hold)
    with adas.expect_request("**/search/**"):
        adas.locator("[data-search]").press_sequentially("zora")
    adas.locator(".person-menu summary").focus()
    with adas.expect_response("**/search/**"):
        for each in held:
            each.continue_()
    expect(adas.locator("#found a")).to_have_count(1)
    expect(adas.locator("#found")).to_be_hidden()
    adas.locator("[data-search]").focus()
    expect(adas.locator("#found")).to_be_visible()
