"""The tree of departments in the browser: built by mouse, by keyboard alone, without scripts; off, and on again."""

from playwright.sync_api import Page, expect

from accounts.models import Organization, User
from extensions.models import SipExtension
from tests.browser.conftest import SignIn
from tests.browser.test_pages import heading, tab_to
from tests.browser.tour import press
from tests.people import make_extension
from tests.trees import department, fill, shape


def row(page: Page, name: str) -> str:
    return f"#d{Organization.objects.get(name=name).pk}"


def adds_by_mouse(page: Page, name: str, *, below: str) -> None:
    page.locator(row(page, below)).click()
    page.get_by_role("link", name="Add sub-department").click()
    page.get_by_label("Department Name*").fill(name)
    press(page, "Save")
    expect(page.get_by_role("status").filter(has_text=f"{name} added to {below}.")).to_be_visible()


def drags(page: Page, name: str, *, onto: str) -> None:
    page.locator(row(page, name)).drag_to(page.locator(row(page, onto)))
    expect(page.get_by_role("status").filter(has_text=f"{name} moved to {onto}.")).to_be_visible()


def test_a_tree_is_built_by_mouse(adas: Page) -> None:
    adas.goto("/organizations/")
    adas.get_by_role("link", name="Add the first department").click()
    adas.get_by_label("Department Name*").fill("Sales")
    press(adas, "Save and add another")
    heading(adas, "Add department")
    adas.get_by_label("Department Name*").fill("Office")
    press(adas, "Save")
    adds_by_mouse(adas, "Europe", below="Office")
    adds_by_mouse(adas, "Spain", below="Europe")
    drags(adas, "Europe", onto="Sales")
    assert shape() == {"Company": {"Office": {}, "Sales": {"Europe": {"Spain": {}}}}}
    expect(adas.locator(row(adas, "Europe"))).to_have_attribute("aria-level", "3")
    drags(adas, "Spain", onto="Company")
    assert shape() == {"Company": {"Office": {}, "Sales": {"Europe": {}}, "Spain": {}}}
    adas.locator(row(adas, "Office")).click()
    adas.get_by_role("link", name="Delete").click()
    press(adas, "Delete department")
    expect(adas.locator(".departments li")).to_have_count(4)
    assert shape() == {"Company": {"Sales": {"Europe": {}}, "Spain": {}}}


def test_what_would_make_a_ring_cannot_be_dropped(adas: Page) -> None:
    sales = department("Sales")
    department("Europe", sales)
    adas.goto("/organizations/")
    for name, onto in (("Sales", "Europe"), ("Europe", "Sales"), ("Company", "Sales")):
        adas.locator(row(adas, name)).drag_to(adas.locator(row(adas, onto)))
    expect(adas.locator(".is-target, .is-dragged")).to_have_count(0)
    assert shape() == {"Company": {"Sales": {"Europe": {}}}}
    department("Europe")
    adas.reload()
    adas.locator(f"#d{Organization.objects.latest('pk').pk}").drag_to(adas.locator(row(adas, "Sales")))
    expect(adas.get_by_role("alert")).to_contain_text("Sales already has a department named Europe.")


def test_a_tree_is_built_by_keyboard_alone(adas: Page) -> None:
    keyboard = adas.keyboard
    adas.goto("/organizations/")
    tab_to(adas, "main .heading-actions a")
    keyboard.press("Enter")
    heading(adas, "Add department")
    tab_to(adas, "#id_name")
    keyboard.type("Sales")
    keyboard.press("Enter")
    expect(adas.get_by_role("treeitem", name="Sales 0 members")).to_be_focused()
    keyboard.press("Enter")
    heading(adas, "Sales")
    tab_to(adas, "a[href*='parent=']")
    keyboard.press("Enter")
    heading(adas, "Add department")
    tab_to(adas, "#id_name")
    keyboard.type("Europe")
    keyboard.press("Enter")
    expect(adas.get_by_role("treeitem", name="Europe 0 members")).to_be_focused()
    keyboard.press("Space")
    heading(adas, "Europe")
    tab_to(adas, "a[href$='/move/']")
    keyboard.press("Enter")
    heading(adas, "Move Europe")
    tab_to(adas, "input[name=parent]")
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    expect(adas.get_by_role("status").filter(has_text="Europe moved to Company.")).to_be_visible()
    assert shape() == {"Company": {"Europe": {}, "Sales": {}}}
    tab_to(adas, "#find-department")
    tab_to(adas, "[role=treeitem]")
    keyboard.press("End")
    expect(adas.get_by_role("treeitem", name="Sales 0 members")).to_be_focused()
    keyboard.press("Enter")
    heading(adas, "Sales")
    tab_to(adas, "a[href$='/rename/']")
    keyboard.press("Enter")
    heading(adas, "Rename Sales")
    tab_to(adas, "#id_name")
    keyboard.press("Control+A")
    keyboard.type("Trade")
    keyboard.press("Enter")
    expect(adas.get_by_role("treeitem", name="Trade 0 members")).to_be_focused()
    keyboard.press("Enter")
    heading(adas, "Trade")
    tab_to(adas, "a[href$='/delete/']")
    keyboard.press("Enter")
    heading(adas, "Delete Trade")
    tab_to(adas, "main .btn-danger")
    keyboard.press("Enter")
    expect(adas.get_by_role("status").filter(has_text="Trade deleted.")).to_be_visible()
    assert shape() == {"Company": {"Europe": {}}}


def test_arrows_walk_the_tree_and_fold_it(adas: Page) -> None:
    sales = department("Sales")
    department("Europe", sales)
    department("Asia", sales)
    department("Office")
    adas.goto("/organizations/")
    expect(adas.get_by_role("tree", name="Departments").get_by_role("treeitem")).to_have_count(5)
    adas.locator(row(adas, "Company")).focus()
    for key, name in (
        ("ArrowDown", "Office"),
        ("ArrowDown", "Sales"),
        ("ArrowRight", "Asia"),
        ("ArrowDown", "Europe"),
        ("ArrowDown", "Europe"),
        ("ArrowLeft", "Sales"),
        ("ArrowLeft", "Sales"),
        ("ArrowDown", "Sales"),
        ("ArrowUp", "Office"),
        ("s", "Sales"),
        ("Home", "Company"),
        ("End", "Sales"),
    ):
        adas.keyboard.press(key)
        expect(adas.locator(row(adas, name))).to_be_focused()
    expect(adas.locator(row(adas, "Asia"))).to_be_hidden()
    expect(adas.locator(row(adas, "Sales"))).to_have_attribute("aria-expanded", "false")
    adas.locator(f"li:has(> #d{sales.pk}) > .fold").click()
    expect(adas.locator(row(adas, "Asia"))).to_be_visible()
    expect(adas.locator("[role=treeitem][tabindex='0']")).to_have_count(1)


def test_in_a_large_tree_the_department_that_was_just_added_is_unfolded(adas: Page) -> None:
    fill(100)
    team = department("Team", department("Spain", department("Europe")))
    adas.goto("/organizations/")
    expect(adas.locator(row(adas, "Europe"))).to_have_attribute("aria-expanded", "false")
    expect(adas.locator(row(adas, "Team"))).to_be_hidden()
    adas.goto("about:blank")
    adas.goto(f"/organizations/#d{team.pk}")
    expect(adas.locator(row(adas, "Team"))).to_be_focused()
    for name in ("Europe", "Spain"):
        expect(adas.locator(row(adas, name))).to_have_attribute("aria-expanded", "true")


def test_a_search_in_the_tree_shows_where_it_lies(adas: Page) -> None:
    department("Asia", department("Sales"))
    department("Office")
    adas.goto("/organizations/")
    adas.get_by_role("searchbox", name="Search departments").fill("asia")
    expect(adas.get_by_role("treeitem")).to_have_count(3)
    expect(adas.get_by_role("searchbox", name="Search departments")).to_be_focused()
    expect(adas).to_have_url("/organizations/?q=asia")
    adas.get_by_role("link", name="Clear search").click()
    expect(adas.get_by_role("treeitem")).to_have_count(4)


def test_members_are_a_list_of_extensions(adas: Page) -> None:
    sales = department("Sales")
    for number in ("1000", "1001"):
        make_extension(number).user.organizations.set([sales])
    make_extension("1002")
    adas.goto(f"/organizations/{sales.pk}/")
    adas.get_by_role("link", name="Show their extensions").click()
    expect(adas.locator("tbody .cell-number a")).to_have_text(["1000", "1001"])
    adas.get_by_role("link", name="Clear filter").click()
    expect(adas.locator("tbody .cell-number a")).to_have_count(3)


def test_among_many_departments_one_searches_and_what_is_ticked_stays(adas: Page) -> None:
    fill(60)
    sales = department("Sales")
    adas.goto("/extensions/add/")
    adas.locator("#id_first_name").fill("Grace")
    find = adas.get_by_role("searchbox", name="Search departments")
    find.fill("sal")
    adas.get_by_role("checkbox", name="Sales").check()
    find.fill("department 42")
    adas.get_by_role("checkbox", name="Department 42").check()
    find.press("Enter")
    adas.get_by_role("checkbox", name="Company").uncheck()
    find.fill("nothing like it")
    expect(adas.get_by_text("No other departments match.")).to_be_visible()
    press(adas, "Save")
    expect(adas.locator(".panel-wait")).to_be_visible()
    chosen = SipExtension.objects.get().user.organizations.order_by("name")
    assert list(chosen) == [Organization.objects.get(name="Department 42"), sales]


def test_without_scripts_one_adds_moves_finds_and_deletes(sign_in: SignIn, ada: User) -> None:
    fill(60)
    page = sign_in(ada, java_script_enabled=False)
    page.goto("/organizations/add/")
    page.get_by_label("Department Name*").fill("Sales")
    page.get_by_role("searchbox", name="Search departments").fill("department 7")
    press(page, "Find")
    page.get_by_role("radio", name="Department 7").check()
    page.get_by_label("Department Name*").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Sales added to Department 7.")).to_be_visible()
    page.get_by_role("searchbox", name="Search departments").fill("sales")
    press(page, "Search")
    page.locator(row(page, "Sales")).click()
    page.get_by_role("link", name="Move").click()
    page.get_by_role("searchbox", name="Search departments").fill("department 42")
    press(page, "Find")
    page.get_by_role("radio", name="Department 42").check()
    press(page, "Move")
    expect(page.get_by_role("status").filter(has_text="Sales moved to Department 42.")).to_be_visible()
    page.goto(f"/organizations/{Organization.objects.get(name='Department 42').pk}/")
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("main")).to_contain_text("1 sub-department moves to Company")
    press(page, "Delete department")
    assert Organization.objects.get(name="Sales").parent == Organization.company()


def test_it_is_switched_off_and_on(adas: Page) -> None:
    sales = department("Sales")
    make_extension("1000").user.organizations.set([sales])

    def switched(on: bool) -> None:
        adas.goto("/preferences/")
        adas.get_by_label("Organization Management").set_checked(on)
        press(adas, "Save")
        expect(adas.get_by_role("status").filter(has_text="Preferences saved.")).to_be_visible()

    menu = adas.get_by_role("navigation", name="Main").get_by_role("link", name="Organization")
    switched(False)
    expect(menu).to_have_count(0)
    for path in ("/extensions/", "/extensions/1000/", "/extensions/1000/edit/"):
        adas.goto(path)
        expect(adas.get_by_text("Sales", exact=True)).to_have_count(0)
        expect(adas.get_by_text("Department")).to_have_count(0)
    switched(True)
    for path in ("/extensions/", "/extensions/1000/"):
        adas.goto(path)
        expect(adas.get_by_text("Sales", exact=True)).to_have_count(1)
    menu.click()
    expect(adas.locator(row(adas, "Sales"))).to_contain_text("1 member")
