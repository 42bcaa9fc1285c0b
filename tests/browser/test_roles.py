"""A role by organization is made and given in the pages, and its holder sees exactly that."""

from playwright.sync_api import Page, expect

from accounts.models import Organization, Role, User
from core.access.permissions import Permission
from tests.browser.conftest import SignIn
from tests.people import make_extension, make_user


def box(page: Page, name: str) -> None:
    page.get_by_role("checkbox", name=name, exact=True).check()


def test_a_role_by_organization_is_made_and_given_and_its_holder_sees_exactly_that(adas: Page, sign_in: SignIn) -> None:
    sales = Organization.objects.create(name="Sales", parent=Organization.company())
    inside = Organization.objects.create(name="Inside Sales", parent=sales)
    eve = make_user("Eve")
    for number, name, organization in (
        ("1000", "Grace", sales), ("1001", "Joan", inside), ("2000", "Zacharias", Organization.company()),
    ):  # fmt: skip
        make_extension(number, first_name=name).user.organizations.add(organization)
    make_extension("3000", user=eve)

    adas.goto("/")
    adas.get_by_role("link", name="Role", exact=True).click()
    adas.get_by_role("link", name="Add", exact=True).click()
    adas.get_by_label("Name").fill("Runs Sales")
    expect(adas.get_by_role("checkbox", name="Sales", exact=True)).to_be_hidden()
    adas.get_by_label("Extensions in selected departments").check()
    box(adas, "Sales")
    box(adas, "Manage Extension")
    expect(adas.get_by_role("checkbox", name="View Extension")).to_be_checked()
    expect(adas.get_by_role("checkbox", name="Manage Role")).to_be_disabled()
    adas.get_by_role("button", name="Save", exact=True).click()
    expect(adas.get_by_role("heading", level=1)).to_have_text("Runs Sales")
    expect(adas.get_by_text("Sales, including sub-departments")).to_be_visible()

    adas.goto("/extensions/3000/edit/")
    adas.get_by_label("User Role").select_option("Runs Sales")
    adas.get_by_role("button", name="Save", exact=True).click()
    expect(adas.get_by_text("Extension 3000 saved.")).to_be_visible()

    eve.refresh_from_db()
    eves = sign_in(eve)
    eves.goto("/extensions/")
    expect(eves.locator("td.cell-number a")).to_have_text(["1000", "1001", "3000"])
    expect(eves.get_by_role("navigation", name="Main").get_by_role("link")).to_have_text(
        ["pbxportal Company", "Dashboard", "Extension"]
    )
    eves.get_by_role("searchbox").fill("Zacharias")
    eves.get_by_role("searchbox").press("Enter")
    expect(eves.get_by_role("heading", name="No results for")).to_be_visible()
    eves.goto("/extensions/1001/")
    expect(eves.get_by_role("link", name="Edit", exact=True)).to_be_visible()
    assert eves.request.get("/extensions/2000/").status == 404
    eves.goto("/extensions/3000/")
    expect(eves.get_by_role("link", name="Edit", exact=True)).to_have_count(0)


def test_boxes_come_back_when_the_reach_does(adas: Page) -> None:
    adas.goto("/roles/add/")
    box(adas, "View Operation Log")
    box(adas, "Manage Preferences")
    adas.get_by_label("Extensions in selected departments").check()
    for name in ("View Operation Log", "Manage Preferences"):
        expect(adas.get_by_role("checkbox", name=name)).not_to_be_checked()
    adas.get_by_label("Name").fill("Keeper")
    adas.get_by_label("All extensions").check()
    adas.get_by_role("button", name="Save", exact=True).click()
    expect(adas.get_by_role("heading", level=1)).to_have_text("Keeper")
    role = Role.objects.get(name="Keeper")
    assert role.permissions == {
        Permission.VIEW_LOG, Permission.VIEW_PREFERENCES, Permission.MANAGE_PREFERENCES,
    }  # fmt: skip


def test_without_scripts_a_role_is_made_and_errors_are_at_their_fields(ada: User, sign_in: SignIn) -> None:
    page = sign_in(ada, java_script_enabled=False)
    page.goto("/roles/add/")
    page.get_by_label("Name").fill("Keeper")
    page.get_by_label("Extensions in selected departments").check()
    box(page, "Manage Preferences")
    box(page, "Company")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Clear Preferences")
    page.get_by_label("All extensions").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keeper")
    assert Role.objects.get(name="Keeper").granted == ["preferences.manage", "preferences.view"]
