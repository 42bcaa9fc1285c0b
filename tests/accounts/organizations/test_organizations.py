"""Extension and Trunk > Organization: what can be done to the tree, what is refused, and who may."""

import random
from urllib.parse import quote

import pytest
from django.test import Client

from accounts.models import Organization, Role, User
from accounts.organization_tree import LEVELS, MOST
from accounts.organizations.member_counts import count
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from extensions.models import Change
from tests.pages import html_of
from tests.people import make_extension, make_user
from tests.trees import department, fill, shape


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def post(client: Client, what: str, **typed: object) -> dict[str, str]:
    """The errors of the form, {} where there was none."""
    answer = client.post(f"/organizations/{what}/", {name: str(value) for name, value in typed.items()})
    if answer.status_code == 302:
        return {}
    assert answer.status_code == 422
    return {name: " ".join(words) for name, words in answer.context["form"].errors.items()}


def last_audit() -> tuple[str, str, dict[str, object]]:
    record = AuditRecord.objects.latest("pk")
    return record.action, record.on, record.detail


# --- each deed ---


def test_a_department_is_added_where_it_was_said(signed_in: Client) -> None:
    sales = department("Sales")
    assert signed_in.get(f"/organizations/add/?parent={sales.pk}").context["form"]["parent"].value() == sales.pk
    assert post(signed_in, "add", name="  Sales Europe ", parent=sales.pk) == {}
    assert shape() == {"Company": {"Sales": {"Sales Europe": {}}}}
    assert last_audit() == (
        "organization.added",
        "Sales Europe",
        {"fields": {"department": ["", "Sales Europe"], "parent": ["", "Company / Sales"]}},
    )


def test_the_parent_of_a_new_one_is_the_company_unless_another_is_named(signed_in: Client) -> None:
    for query in ("", "?parent=", "?parent=999", "?parent=x", "?parent=" + "9" * 30):
        form = signed_in.get(f"/organizations/add/{query}").context["form"]
        assert form["parent"].value() == Organization.company().pk


def test_add_another_keeps_the_parent(signed_in: Client) -> None:
    sales = department("Sales")
    answer = signed_in.post("/organizations/add/", {"name": "Europe", "parent": sales.pk, "then": "another"})
    assert answer["Location"] == f"/organizations/add/?parent={sales.pk}"


def test_a_department_is_renamed(signed_in: Client) -> None:
    sales = department("Sales")
    assert post(signed_in, f"{sales.pk}/rename", name="sales and marketing") == {}
    assert shape() == {"Company": {"sales and marketing": {}}}
    assert last_audit()[0] == "organization.renamed"
    assert last_audit()[2] == {"fields": {"department": ["Sales", "sales and marketing"]}}
    assert post(signed_in, f"{sales.pk}/rename", name="Sales and Marketing") == {}


def test_a_department_is_moved_with_all_below(signed_in: Client) -> None:
    sales, office = department("Sales"), department("Office")
    department("Europe", sales)
    assert post(signed_in, f"{sales.pk}/move", parent=office.pk) == {}
    assert shape() == {"Company": {"Office": {"Sales": {"Europe": {}}}}}
    assert last_audit() == (
        "organization.moved",
        "Sales",
        {"fields": {"parent": ["Company", "Company / Office"]}},
    )


def test_what_changes_nothing_is_no_deed(signed_in: Client) -> None:
    sales = department("Sales")
    records = AuditRecord.objects.count()
    assert post(signed_in, f"{sales.pk}/rename", name="Sales") == {}
    assert post(signed_in, f"{sales.pk}/move", parent=Organization.company().pk) == {}
    assert AuditRecord.objects.count() == records


def test_who_was_in_a_deleted_department_and_what_was_below_move_up(signed_in: Client, vic: User, ada: User) -> None:
    office, sales = department("Office"), department("Sales")
    sales.parent = office
    sales.save()
    department("Asia", department("Europe", sales))
    both, alone = vic, ada
    both.organizations.set([sales, office])
    alone.organizations.set([sales])
    page = signed_in.get(f"/organizations/{sales.pk}/delete/").content.decode()
    assert "2 people move to <bdi>Office</bdi>" in page
    assert "1 sub-department moves to <bdi>Office</bdi>, with the 1 below it" in page
    assert signed_in.post(f"/organizations/{sales.pk}/delete/").status_code == 302
    assert shape() == {"Company": {"Office": {"Europe": {"Asia": {}}}}}
    assert [list(user.organizations.all()) for user in (both, alone)] == [[office], [office]]
    action, on, detail = last_audit()
    assert (action, on) == ("organization.deleted", "Sales")
    assert (detail["people"], detail["departments"], detail["roles"]) == (2, 1, [])
    assert detail["fields"] == {"department": ["Sales", ""], "parent": ["Company / Office", ""]}


def test_the_pbx_hears_nothing_of_it(signed_in: Client) -> None:
    extension = make_extension("1000")
    sales, office = department("Sales"), department("Office")
    extension.user.organizations.set([sales])
    waiting = Change.objects.count()
    post(signed_in, f"{sales.pk}/rename", name="Trade")
    post(signed_in, f"{sales.pk}/move", parent=office.pk)
    signed_in.post(f"/organizations/{sales.pk}/delete/")
    assert Change.objects.count() == waiting
    assert list(extension.user.organizations.all()) == [office]


# --- what is refused ---


def test_a_name_is_needed_once_on_one_line(signed_in: Client) -> None:
    company = Organization.company().pk
    sales = department("Sales")
    department("Office")
    for name, words in (
        ("", "Enter the Department Name."),
        ("x" * 64, "at most 63"),
        ("a\u202eb", "one line"),
        ("SALES", "Company already has a department named SALES"),
    ):
        assert words in post(signed_in, "add", name=name, parent=company)["name"]
    assert "already has a department named office" in post(signed_in, f"{sales.pk}/rename", name="office")["name"]
    assert "Enter the Department Name." in post(signed_in, f"{sales.pk}/rename", name=" ")["name"]
    assert shape() == {"Company": {"Sales": {}, "Office": {}}}


def test_the_same_name_elsewhere_is_fine_until_they_would_meet(signed_in: Client) -> None:
    sales, office = department("Sales"), department("Office")
    europe = department("Europe", sales)
    assert post(signed_in, "add", name="Europe", parent=office.pk) == {}
    assert "Rename one of them first" in post(signed_in, f"{europe.pk}/move", parent=office.pk)["parent"]
    assert post(signed_in, "add", name="Europe", parent=Organization.company().pk) == {}
    answer = signed_in.post(f"/organizations/{sales.pk}/delete/")
    assert answer.status_code == 409
    assert "Company and Sales both have a department named Europe." in answer.content.decode()
    assert shape() == {"Company": {"Sales": {"Europe": {}}, "Office": {"Europe": {}}, "Europe": {}}}


def test_a_department_that_goes_may_leave_its_own_name_behind(signed_in: Client) -> None:
    sales = department("Sales")
    department("Sales", sales)
    assert signed_in.post(f"/organizations/{sales.pk}/delete/").status_code == 302
    assert shape() == {"Company": {"Sales": {}}}


def test_nothing_lies_in_itself(signed_in: Client) -> None:
    sales = department("Sales")
    europe = department("Europe", sales)
    for parent in (sales, europe):
        assert "cannot be moved into itself" in post(signed_in, f"{sales.pk}/move", parent=parent.pk)["parent"]
    offered = signed_in.get(f"/organizations/{sales.pk}/move/").context["picker"].offered
    assert [each.name for each in offered] == ["Company"]


def test_a_parent_that_is_gone_is_told(signed_in: Client) -> None:
    sales = department("Sales")
    for parent in ("999", "x", "-1", "१", "9" * 40):
        assert "That department no longer exists" in post(signed_in, "add", name="New", parent=parent)["parent"]
        assert "That department no longer exists" in post(signed_in, f"{sales.pk}/move", parent=parent)["parent"]
    assert "Choose a parent department" in post(signed_in, "add", name="New", parent="")["parent"]


def test_there_are_twenty_levels(signed_in: Client) -> None:
    deepest = Organization.company()
    for level in range(2, LEVELS + 1):
        deepest = department(f"Level {level}", deepest)
    above = Organization.objects.get(children=deepest)
    high = department("High")
    department("Low", high)
    assert "level 20, the deepest" in post(signed_in, "add", name="New", parent=deepest.pk)["parent"]
    assert "there would be more than" in post(signed_in, f"{high.pk}/move", parent=above.pk)["parent"]
    assert post(signed_in, f"{high.pk}/move", parent=above.parent_id) == {}
    assert max(each.level for each in Organization.tree()) == LEVELS


def test_there_are_a_thousand_departments(signed_in: Client) -> None:
    fill(MOST - 1)
    company = Organization.company().pk
    assert post(signed_in, "add", name="The thousandth", parent=company) == {}
    assert "You have 1,000 departments, the maximum" in post(signed_in, "add", name="More", parent=company)["__all__"]
    assert len(Organization.tree()) == MOST


def test_the_company_itself_stays(signed_in: Client) -> None:
    company = Organization.company()
    for what in ("rename", "move", "delete"):
        assert signed_in.get(f"/organizations/{company.pk}/{what}/").status_code == 404
        assert signed_in.post(f"/organizations/{company.pk}/{what}/", {"name": "X"}).status_code == 404
    assert Organization.company() == company


def test_what_is_gone_is_not_found(signed_in: Client) -> None:
    for what in ("", "rename/", "move/", "delete/"):
        assert signed_in.get(f"/organizations/999/{what}").status_code == 404
        assert signed_in.get(f"/organizations/{'9' * 30}/{what}").status_code == 404


# --- the pages ---


@pytest.mark.parametrize("typed", ["L'ETAGE", "l`e\u0301tage", "münchen l’e", "MUNCHEN etage", "(l'étage)"])
def test_departments_are_found_however_they_are_typed(signed_in: Client, typed: str) -> None:
    department("L’Étage", department("München"))
    assert names(signed_in, f"?q={quote(typed)}") == ["Company", "München", "L’Étage"]
    fill(60)
    assert 'hx-get="/organizations/parents/"' in signed_in.get("/organizations/add/").content.decode()
    answer = signed_in.get(f"/organizations/parents/?find={quote(typed)}")
    assert "L’Étage" in answer.content.decode()


def names(client: Client, query: str = "") -> list[str]:
    return [row[4] for row in client.get(f"/organizations/{query}").context["rows"]]


def test_the_tree_is_in_order_and_found_with_what_it_lies_in(signed_in: Client) -> None:
    sales = department("Sales")
    department("asia", sales)
    department("Europe", sales)
    department("Office")
    assert names(signed_in) == ["Company", "Office", "Sales", "asia", "Europe"]
    assert names(signed_in, "?q=ASIA") == ["Company", "Sales", "asia"]
    assert names(signed_in, "?q=sales+eur") == ["Company", "Sales", "Europe"]
    assert names(signed_in, "?q=nothing") == []
    assert names(signed_in, "?q=%00") == names(signed_in)


def test_a_name_is_text(signed_in: Client) -> None:
    bad = department("<script>alert(1)</script>")
    for path in ("", f"{bad.pk}/", "add/", f"{bad.pk}/rename/", f"{bad.pk}/move/", f"{bad.pk}/delete/"):
        answer = signed_in.get(f"/organizations/{path}")
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content


def test_members_are_counted_once(ada: User) -> None:
    sales = department("Sales")
    europe, asia = department("Europe", sales), department("Asia", sales)
    company = Organization.company()
    ada.organizations.set([europe, asia])
    make_user("Bea").organizations.set([europe, asia, sales])
    make_user("Cem").organizations.set([company, europe])
    make_user("Dan").organizations.set([asia])
    make_user("Eli").organizations.set([])
    counted = count(Organization.tree())
    assert {each.name: (counted[each.pk].own, counted[each.pk].in_all) for each in (company, sales, europe, asia)} == {
        "Company": (1, 4),
        "Sales": (1, 4),
        "Europe": (3, 3),
        "Asia": (3, 3),
    }


def test_as_many_are_counted_as_there_are_however_many_departments_people_are_in(db: None) -> None:
    draw = random.Random(7)
    fill(40)
    for place in range(40):
        department(f"Inner {place}", draw.choice(Organization.objects.all()))
    every = list(Organization.objects.all())
    people = [make_user(f"Person{n}") for n in range(60)]
    for each in people:
        each.organizations.set(draw.sample(every, draw.choice([0, 1, 1, 2, 2, 3, 5])))
    tree = Organization.tree()
    for pk, counted in count(tree).items():
        inside = [each.pk for each in tree.departments[pk].with_all_below()]
        assert counted.own == User.objects.filter(organizations=pk).count()
        assert counted.in_all == User.objects.filter(organizations__in=inside).distinct().count()


def test_without_scripts_a_search_in_the_form_is_a_button(signed_in: Client) -> None:
    fill(60)
    wanted = Organization.objects.get(name="Department 57")
    typed = {"name": "New", "parent": Organization.company().pk, "find": "department 57", "then": "find"}
    answer = signed_in.post("/organizations/add/", typed)
    assert answer.status_code == 200
    options = [(each["department"].name, each["chosen"]) for each in answer.context["picker"].options()]
    assert options == [("Company", True), ("Department 57", False)]
    assert answer.context["form"]["name"].value() == "New"
    assert not Organization.objects.filter(name="New").exists()
    answer = signed_in.post(f"/organizations/{wanted.pk}/move/", {"find": "department 5", "then": "find"})
    found = [each["department"].name for each in answer.context["picker"].options()]
    assert "Department 57" not in found
    assert "Department 56" in found


def test_the_search_of_parents_leaves_out_what_would_make_a_ring(signed_in: Client) -> None:
    fill(60)
    top = Organization.objects.get(name="Department 0")
    inner = department("Department inner", top)
    answer = signed_in.get(
        f"/organizations/parents/?find=department&moving={top.pk}&parent={Organization.company().pk}"
    )
    assert inner.name not in answer.content.decode()
    assert "Showing 20 of 59 matches" in answer.content.decode()
    answer = signed_in.get("/organizations/parents/?find=inner")
    assert inner.name in answer.content.decode()
    assert signed_in.get("/organizations/parents/?moving=999").status_code == 404


@pytest.mark.parametrize("path", ["", "1/", "choices/", "parents/"])
def test_what_only_shows_takes_no_post(signed_in: Client, path: str) -> None:
    assert signed_in.post(f"/organizations/{path}").status_code == 405


# --- who may ---

READS = ["", "{}/"]
DEEDS = ["add/", "{}/rename/", "{}/move/", "{}/delete/", "parents/"]


@pytest.mark.parametrize(
    ("granted", "reads", "deeds"),
    [
        ([], 404, 404),
        ([Permission.VIEW_ORGANIZATIONS], 200, 403),
        ([Permission.MANAGE_ORGANIZATIONS], 200, 200),
        ([Permission.MANAGE_EXTENSIONS], 404, 404),
    ],
)
def test_who_may_see_and_who_may_change(
    client: Client, vic: User, granted: list[Permission], reads: int, deeds: int
) -> None:
    sales = department("Sales")
    vic.role = Role.objects.create(name="Custom", granted=granted)
    vic.save()
    client.force_login(vic)
    for paths, status in ((READS, reads), (DEEDS, deeds)):
        for path in paths:
            assert client.get(f"/organizations/{path.format(sales.pk)}").status_code == status, path
    if deeds != 200:
        for path in DEEDS:
            assert client.post(f"/organizations/{path.format(sales.pk)}", {"name": "X"}).status_code in (deeds, 405)
        assert shape() == {"Company": {"Sales": {}}}
    menu = client.get("/organizations/" if reads == 200 else "/", follow=True).content.decode()
    assert ('href="/organizations/"' in menu) == (reads == 200)
    assert ('href="/organizations/add/"' in menu) == (deeds == 200)


def test_a_role_by_organization_never_manages_the_tree(client: Client, vic: User) -> None:
    sales = department("Sales")
    vic.role = Role.objects.create(
        name="Custom", granted=[Permission.MANAGE_ORGANIZATIONS], reach=Role.Reach.ORGANIZATIONS
    )
    vic.role.organizations.add(sales)
    vic.save()
    client.force_login(vic)
    for path in (*READS, *DEEDS):
        assert client.get(f"/organizations/{path.format(sales.pk)}").status_code == 404


def test_deleting_what_a_role_reaches_says_so_and_reaches_nobody(signed_in: Client, vic: User) -> None:
    sales, office = department("Sales"), department("Office")
    roles = [
        Role.objects.create(name=name, granted=[Permission.VIEW_EXTENSIONS], reach=Role.Reach.ORGANIZATIONS)
        for name in ("Sales only", "Sales and Office")
    ]
    roles[0].organizations.set([sales])
    roles[1].organizations.set([sales, office])
    extension = make_extension("1000")
    extension.user.organizations.set([sales])
    vic.role = roles[0]
    vic.save()
    page = " ".join(signed_in.get(f"/organizations/{sales.pk}/delete/").content.decode().split())
    assert "<bdi>Sales only</bdi> loses access to it. <strong>Its scope is then empty</strong>" in page
    assert "<bdi>Sales and Office</bdi> loses access to it. </li>" in page
    department("Europe", sales)
    page = " ".join(signed_in.get(f"/organizations/{sales.pk}/delete/").content.decode().split())
    assert "<bdi>Sales and Office</bdi> loses access to it and everything below it. </li>" in page
    signed_in.post(f"/organizations/{sales.pk}/delete/")
    assert last_audit()[2]["roles"] == ["Sales and Office", "Sales only"]
    assert [list(role.organizations.all()) for role in roles] == [[], [office]]
    his = Client()
    his.force_login(vic)
    assert his.get("/extensions/1000/").status_code == 404


# --- off, and on again ---


def test_off_it_is_gone_and_on_it_is_as_it_was(signed_in: Client) -> None:
    sales = department("Sales")
    extension = make_extension("1000")
    extension.user.organizations.set([sales])
    before = shape()
    Preferences.objects.update(organization_management=False)
    for path in (*READS, *DEEDS, "choices/"):
        assert signed_in.get(f"/organizations/{path.format(sales.pk)}").status_code == 404
        assert signed_in.post(f"/organizations/{path.format(sales.pk)}", {"name": "X"}).status_code == 404
    for path in ("/extensions/", "/extensions/1000/", "/extensions/1000/edit/", "/extensions/add/", "/preferences/"):
        page = html_of(signed_in, path)
        assert "Sales" not in page
        assert "/organizations/" not in page
        assert (">Organization" in page.replace("Organization Management", "")) is False
    assert shape() == before
    Preferences.objects.update(organization_management=True)
    assert list(extension.user.organizations.all()) == [sales]
    for path in ("/extensions/", "/extensions/1000/", "/extensions/1000/edit/", "/organizations/"):
        assert "Sales" in html_of(signed_in, path), path
