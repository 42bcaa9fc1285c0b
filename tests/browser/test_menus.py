"""Menus and details on hover: one is open at a time, and goes by Escape, by a click beside it, or with the focus."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.conftest import SignIn
from tests.browser.keys import press_key
from tests.people import make_extension

ROW_MENU = "tbody tr:nth-child({}) details[data-menu]"
PERSON_MENU = ".person-menu"


@pytest.fixture
def listed(live_server: object, ada: User, sign_in: SignIn) -> Page:
    for number in range(1000, 1015):
        make_extension(str(number), first_name="Grace")
    page = sign_in(ada)
    page.goto("/extensions/")
    return page


def opened(page: Page) -> int:
    return page.locator("details[data-menu][open]").count()


def test_one_menu_is_open_at_a_time(listed: Page) -> None:
    listed.locator(f"{ROW_MENU.format(1)} summary").click()
    expect(listed.locator(f"{ROW_MENU.format(1)} .menu-panel")).to_be_visible()
    listed.locator(f"{PERSON_MENU} summary").focus()  # the focus went elsewhere
    expect(listed.locator("details[data-menu][open]")).to_have_count(0)
    listed.locator(f"{ROW_MENU.format(2)} summary").click()
    listed.evaluate("(menu) => { document.querySelector(menu).open = true; }", PERSON_MENU)
    expect(listed.locator(ROW_MENU.format(2))).not_to_have_attribute("open", "")
    assert opened(listed) == 1
    listed.locator(f"{PERSON_MENU} .menu-panel").click(position={"x": 3, "y": 3})  # inside of it
    assert opened(listed) == 1
    listed.evaluate("document.body.click()")
    assert opened(listed) == 0


def test_escape_closes_a_menu_and_the_focus_goes_back_to_its_button(listed: Page) -> None:
    menu = listed.locator(ROW_MENU.format(1))
    menu.locator("summary").click()
    menu.locator(".menu-panel a, .menu-panel button").first.focus()
    assert opened(listed) == 1
    press_key(listed, "ArrowDown")
    assert opened(listed) == 1
    press_key(listed, "Escape")
    assert opened(listed) == 0
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").press("Enter")
    assert opened(listed) == 1
    listed.evaluate("document.activeElement.blur()")
    press_key(listed, "Escape")
    assert opened(listed) == 0
    expect(menu.locator("summary")).not_to_be_focused()  # the focus was elsewhere, and stays there


def test_a_menu_at_the_lower_end_opens_upwards(listed: Page) -> None:
    listed.set_viewport_size({"width": 1280, "height": 620})
    first, last = (listed.locator(ROW_MENU.format(nth)) for nth in (1, 15))
    first.locator("summary").click()
    expect(first).not_to_have_class("menu opens-up")
    last.locator("summary").scroll_into_view_if_needed()
    last.locator("summary").click()
    expect(last).to_have_class("menu opens-up")
    box = last.locator(".menu-panel").bounding_box()
    assert box
    assert box["y"] + box["height"] <= 620
    for _ in range(2):
        last.locator("summary").click()
    expect(last).to_have_class("menu opens-up")  # again
    last.locator("summary").click()
    listed.set_viewport_size({"width": 1280, "height": 2000})
    last.locator("summary").click()
    expect(last).not_to_have_class("menu opens-up")  # there is room below now
    listed.evaluate("document.body.click()")
    listed.set_viewport_size({"width": 1280, "height": 250})
    listed.evaluate("scrollTo(0, document.body.scrollHeight)")
    last.locator("summary").click()
    expect(last.locator(".menu-panel")).to_be_visible()
    expect(last).not_to_have_class("menu opens-up")  # above there is no room either


def test_what_is_told_on_hover_goes_by_escape_and_comes_again(listed: Page) -> None:
    tip = listed.locator(".topbar .tip").first
    detail = tip.locator(".tip-detail")
    tip.hover()
    expect(detail).to_be_visible()
    listed.keyboard.press("Escape")
    expect(detail).to_be_hidden()
    listed.mouse.move(0, 0)
    tip.hover()
    expect(detail).to_be_visible()
    listed.mouse.move(0, 0)
    expect(detail).to_be_hidden()
    tip.locator(".tip-words").focus()
    expect(detail).to_be_visible()
    listed.keyboard.press("Escape")
    expect(detail).to_be_hidden()
    tip.locator(".tip-words").blur()
    tip.locator(".tip-words").focus()
    expect(detail).to_be_visible()


def test_a_slash_leads_to_the_search_where_nobody_types(listed: Page) -> None:
    search = listed.locator("[data-search]")
    listed.evaluate("document.querySelector('[data-search]').value = 'zora'")
    for held in ({"ctrlKey": True}, {"metaKey": True}, {"altKey": True}):
        assert not press_key(listed, "/", **held)
        expect(search).not_to_be_focused()
    assert not press_key(listed, "x")
    assert press_key(listed, "/")
    expect(search).to_be_focused()
    assert listed.evaluate("getSelection().toString()") == "zora"  # typed over by what comes next
    assert not press_key(listed, "/")
    listed.goto("/preferences/")
    select = listed.locator("main select").first
    select.focus()
    assert not press_key(listed, "/")
    expect(select).to_be_focused()
    listed.goto("/roles/")
    listed.evaluate("document.querySelector('[data-search]').remove()")
    assert not press_key(listed, "/")
