"""The list of extensions, as somebody uses it who looks for one of many."""

import re

from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from extensions.listing import columns
from extensions.models import SipExtension
from tests.browser.conftest import SignIn
from tests.people import make_extension, make_user

NAMES = ["Zoë", "Ada", "Mia"]


def people(count: int) -> None:
    for n in range(count):
        make_extension(str(1000 + n), first_name=NAMES[n % 3], last_name=f"Person{n}")


def rows(page: Page) -> Locator:
    return page.locator("tbody tr")


def first(page: Page, number: str) -> None:
    expect(page.locator("[data-row-link]").first).to_have_text(number)


def test_pages_follow_one_another_and_lead_back(adas: Page) -> None:
    people(60)
    adas.goto("/extensions/")
    expect(rows(adas)).to_have_count(25)
    for number, count in (("1025", 25), ("1050", 10)):
        adas.get_by_role("link", name="Next").click()
        first(adas, number)
        expect(rows(adas)).to_have_count(count)
    expect(adas.get_by_role("link", name="Next")).to_have_count(0)
    for number in ("1025", "1000"):
        adas.get_by_role("link", name="Previous").click()
        first(adas, number)
    expect(adas.get_by_role("link", name="Previous")).to_have_count(0)


def test_a_head_sorts_and_sorts_the_other_way(adas: Page) -> None:
    people(3)
    adas.goto("/extensions/")
    for head, direction, number in (
        ("Name", "ascending", "1001"),
        ("Name", "descending", "1000"),
        ("Number", "ascending", "1000"),
        ("Number", "descending", "1002"),
    ):
        adas.get_by_role("link", name=head, exact=True).click()
        expect(adas.get_by_role("columnheader", name=head, exact=True)).to_have_attribute("aria-sort", direction)
        first(adas, number)


def test_slash_and_enter_search_and_a_chip_clears(adas: Page) -> None:
    people(30)
    adas.goto("/extensions/")
    adas.keyboard.press("/")
    adas.keyboard.type("person17")
    adas.keyboard.press("Enter")
    expect(rows(adas)).to_have_count(1)
    first(adas, "1017")
    expect(adas.locator(".heading-count")).to_have_text("1 found")
    adas.get_by_role("link", name="Clear filter").click()
    expect(rows(adas)).to_have_count(25)


def test_a_search_without_a_match_says_what_was_searched(adas: Page) -> None:
    people(3)
    adas.goto("/extensions/")
    adas.get_by_role("searchbox").fill("nobody <b>here</b>")
    adas.keyboard.press("Enter")
    expect(adas.get_by_role("heading", name="No results for “nobody <b>here</b>”")).to_be_visible()
    adas.get_by_role("link", name="Clear search", exact=True).click()
    expect(rows(adas)).to_have_count(3)


def test_the_whole_row_opens_the_extension(adas: Page) -> None:
    people(2)
    adas.goto("/extensions/")
    adas.get_by_role("heading", level=1).click()  # beside the list, where no row is
    adas.get_by_role("cell", name="Person1", exact=False).first.click(button="right")
    expect(adas).to_have_url(re.compile("/extensions/$"))
    adas.get_by_role("cell", name="Person1", exact=False).first.click()
    expect(adas).to_have_url(re.compile("/extensions/1001/$"))


def test_escape_closes_the_menu_of_a_row_and_gives_the_focus_back(adas: Page) -> None:
    people(2)
    adas.goto("/extensions/")
    summary = adas.locator("summary", has_text="Actions for 1001")
    summary.focus()
    adas.keyboard.press("Enter")
    adas.keyboard.press("Tab")
    expect(adas.get_by_role("link", name="Open")).to_be_focused()
    adas.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(adas.get_by_role("link", name="Open")).to_be_hidden()


def test_a_person_without_a_role_sees_the_own_page_alone(vic: User, sign_in: SignIn) -> None:
    make_extension("1000", user=vic)
    make_extension("1001")
    page = sign_in(vic)
    page.goto("/")
    expect(page).to_have_url(re.compile("/extensions/1000/$"))
    expect(page.get_by_role("navigation", name="Main").get_by_role("link")).to_have_text(
        [re.compile("pbxportal"), re.compile("My extension"), re.compile("My account")]
    )
    for name in ("Edit", "Delete", "Add another"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_have_count(0)
    for path in ("/extensions/1001/", "/extensions/"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_contain_text("does not exist")


def test_human_resources_sees_no_role_to_give(hugo: User, sign_in: SignIn) -> None:
    page = sign_in(hugo)
    page.goto("/extensions/add/")
    expect(page.get_by_label("First Name")).to_be_visible()
    expect(page.get_by_label("User Role")).to_have_count(0)
    expect(page.get_by_role("link", name="Preferences")).to_have_count(0)


def test_the_theme_that_was_chosen_stays(adas: Page) -> None:
    adas.emulate_media(color_scheme="light")
    adas.goto("/extensions/")
    adas.locator(".person-menu summary").click()
    adas.get_by_role("button", name="Dark").click()
    dark = re.compile("dark")
    expect(adas.locator("html")).to_have_attribute("data-bs-theme", dark)
    adas.goto("/preferences/")
    expect(adas.locator("html")).to_have_attribute("data-bs-theme", dark)
    adas.locator(".person-menu summary").click()
    adas.get_by_role("button", name="Auto").click()
    expect(adas.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_the_menu_opens_and_closes_where_the_screen_is_narrow(adas: Page) -> None:
    page = adas
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/extensions/")
    expect(page.get_by_role("link", name="Preferences")).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("link", name="Preferences").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Preferences")
    page.get_by_role("button", name="Menu", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Preferences")).to_be_hidden()


def test_signing_out_ends_it(adas: Page) -> None:
    make_user("Eve")
    adas.goto("/extensions/")
    adas.locator(".person-menu summary").click()
    adas.get_by_role("button", name="Sign out").click()
    expect(adas.get_by_role("heading", level=1)).to_have_text("Sign in")
    adas.goto("/extensions/")
    expect(adas.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_all_that_match_are_chosen_on_every_page(adas: Page) -> None:
    people(60)
    adas.goto("/extensions/?q=zo")
    adas.get_by_role("checkbox", name="Select 1000").check()
    expect(adas.locator(".bulk-count")).to_have_text("Selected: 1")
    adas.get_by_role("checkbox", name="Select 1003").check()
    expect(adas.get_by_role("checkbox", name="that match")).to_have_count(0)  # all are on this page
    adas.goto("/extensions/?voicemail=no&sort=-number")
    adas.get_by_role("checkbox", name="Select 1059").check()
    everybody = adas.get_by_role("checkbox", name="Select all 60 that match")
    everybody.check()
    expect(adas.locator(".bulk-count")).to_have_text("Selected: 60")
    adas.get_by_role("checkbox", name="Select 1058").uncheck()
    expect(everybody).not_to_be_checked()
    expect(adas.locator(".bulk-count")).to_have_text("Selected: 24")
    everybody.check()
    adas.get_by_role("button", name="Send welcome e-mail").click()
    expect(adas.get_by_text("Voicemail: Off")).to_be_visible()
    assert "all=yes" in adas.url


def test_among_more_columns_than_fit_number_and_menu_stay(adas: Page, ada: User) -> None:
    make_extension("1000")
    columns.keep(ada, [each.name for each in columns.COLUMNS], 25)
    adas.set_viewport_size({"width": 1280, "height": 800})
    adas.goto("/extensions/")
    table = adas.locator(".surface-table")
    assert table.evaluate("(box) => [box.scrollWidth > box.clientWidth, box.scrollHeight > box.clientHeight]") == [
        True, False,
    ]  # fmt: skip
    table.evaluate("(box) => { box.scrollLeft = 250; }")
    expect(adas.locator("td.cell-name")).not_to_be_in_viewport(ratio=1)
    for kind in ("number", "menu"):
        for cell in ("th", "td"):
            expect(adas.locator(f"{cell}.cell-{kind}")).to_be_in_viewport(ratio=1)
    adas.locator("td.cell-menu summary").click()
    expect(adas.get_by_role("link", name="Edit")).to_be_in_viewport()


def test_a_filter_is_chosen_above_the_list_and_columns_are_remembered(adas: Page) -> None:
    people(30)
    SipExtension.objects.filter(number="1007").update(enabled=False)
    adas.goto("/extensions/?sort=-number")
    adas.locator("summary", has_text="Filter").click()
    adas.get_by_label("Extension", exact=True).select_option("Disabled")
    adas.get_by_role("button", name="Show", exact=True).click()
    expect(rows(adas)).to_have_count(1)
    first(adas, "1007")
    expect(adas.locator(".chip")).to_contain_text("Extension: Disabled")
    expect(adas).to_have_url("/extensions/?sort=-number&enabled=no")
    adas.locator("summary", has_text="Columns").click()
    adas.get_by_label("Last seen").check()
    adas.get_by_label("Email", exact=True).uncheck()
    adas.get_by_role("button", name="Save").click()
    expect(adas.get_by_role("columnheader", name="Last seen")).to_be_visible()
    expect(adas.get_by_role("columnheader", name="Email")).to_have_count(0)
    first(adas, "1007")
