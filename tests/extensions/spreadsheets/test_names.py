"""What a cell names: departments, also those that are missing, and roles."""

import pytest
from django.test import Client

from accounts.models import Organization, Role, User
from accounts.organization_tree import LEVELS
from core.audit.models import AuditRecord
from extensions.models import SipExtension
from extensions.spreadsheets.columns import Departments, path_of
from tests.extensions.spreadsheets.files import as_csv, at_once, begin, errors, given, page, upload
from tests.people import make_user
from tests.trees import department


def departments() -> list[str]:
    return [each.path for each in Organization.tree()]


def test_departments_that_are_missing_are_added_from_the_preview(signed_in: Client) -> None:
    department("Sales")
    cells = [
        "Company/Sales/North",
        "Sales / North/Oslo & Support",
        r"R\&D\/Lab",
        "Sales",
        f"{'n' * 64}/Oslo",
        "/Nowhere",
    ]
    rows = [{"Extension Number": str(1001 + n), "First Name": "A", "Departments": cell} for n, cell in enumerate(cells)]
    made = given(upload(signed_in, as_csv(rows)))
    assert made.wrong == 5
    text = page(signed_in, made)
    assert "Add 6 missing departments" in text
    for path in ("Sales / North", "Sales / North / Oslo", "Support", "R&amp;D/Lab"):
        assert f"<bdi>{path}</bdi>" in text
    with at_once():
        answer = signed_in.post(f"/extensions/import/{made.pk}/departments/", follow=True)
    assert departments() == [
        "Company", "Company / R&D/Lab", "Company / Sales", "Company / Sales / North", "Company / Sales / North / Oslo",
        "Company / Support",
    ]  # fmt: skip
    assert "4 departments added." in answer.content.decode()
    assert "was not added: " in answer.content.decode()
    assert AuditRecord.objects.filter(action="organization.added").count() == 4
    made.refresh_from_db()
    assert made.wrong == 2
    signed_in.post(f"/extensions/import/{made.pk}/correct/", {"then": "leave_out_wrong"})
    begin(signed_in, made)
    user = SipExtension.objects.get(number="1002").user
    assert sorted(each.name for each in user.organizations.all()) == ["Oslo", "Support"]


def test_a_name_that_several_departments_have_is_not_missing(signed_in: Client) -> None:
    for above in ("North", "South"):
        Organization.objects.create(name="Sales", parent=department(above))
    row = {"Extension Number": "1001", "First Name": "A", "Departments": "Sales"}
    made = given(upload(signed_in, as_csv([row])))
    assert made.wrong == 1
    assert "missing department" not in page(signed_in, made)


def test_who_may_not_add_departments_is_not_offered_it(client: Client, ada: User) -> None:
    role = Role.objects.create(name="Desk", granted=["extension.manage"])
    client.force_login(make_user("Lena", custom=role))
    row = {"Extension Number": "1001", "First Name": "A", "Departments": "Nowhere"}
    made = given(upload(client, as_csv([row])))
    assert made.wrong == 1
    assert "missing department" not in page(client, made)
    assert client.post(f"/extensions/import/{made.pk}/departments/").status_code == 403
    assert departments() == ["Company"]


def cell_of(client: Client, head: str, cell: str) -> SipExtension:
    """The extension that a row with that cell makes."""
    row = {"Extension Number": "1001", "First Name": "A", head: cell}
    made = given(upload(client, as_csv([row])))
    assert made.wrong == 0, errors(client, made)
    begin(client, made)
    return SipExtension.objects.get(number="1001")


@pytest.mark.parametrize("name", ["Straße", "Strasse", "End\\", r"a\/b & c"])
def test_a_department_is_the_one_of_exactly_that_path(signed_in: Client, name: str) -> None:
    for each in {"Straße", "Strasse", "Zeta", name}:
        department(each)
    cell = " & ".join(path_of(each) for each in Organization.tree() if each.name in (name, "Zeta"))
    found = cell_of(signed_in, "Departments", cell).user.organizations.all()
    assert sorted(each.name for each in found) == sorted([name, "Zeta"])


def test_a_name_alone_is_that_of_the_one_that_is_written_so(signed_in: Client) -> None:
    east, west = department("East"), department("West")
    named = {name: department(name, above).pk for name, above in (("Sales", east), ("SALES", west), ("lab", west))}
    departments = Departments(Organization.tree())
    assert departments.find("Sales") == [named["Sales"]]
    assert departments.find("SALES") == [named["SALES"]]
    assert departments.find("sales") is None
    assert departments.find("lab") == departments.find("LAB") == [named["lab"]]
    assert departments.find("Sales&SALES&lab") == [*named.values()]


def test_what_a_cell_means_and_what_of_it_is_missing(db: None) -> None:
    sales = department("Sales")
    north = department("North", sales)
    lab = department(r"R&D/Lab")
    several = [department("Office", above).pk for above in (sales, lab)]
    company = Organization.company()
    departments = Departments(Organization.tree())
    assert departments.example == "Company/" + path_of(next(iter(Organization.tree().company.below))).split("/", 1)[1]
    for cell, found, missing in (
        ("", [], []),
        (" & /", [], []),
        ("company", [company.pk], []),
        ("Company/Sales", [sales.pk], []),
        ("SALES/north", [north.pk], []),
        ("company / sales / North & Sales", [north.pk, sales.pk], []),
        ("NORTH", [north.pk], []),
        (r"R\&D\/Lab", [lab.pk], []),
        (r"R\&D\/Lab/Office", [several[1]], []),
        ("office", None, []),
        ("Nowhere", None, [("Nowhere",)]),
        ("Sales & Company/Nowhere/Deep", None, [("Nowhere",), ("Nowhere", "Deep")]),
        ("Sales/Deep", None, [("Sales", "Deep")]),
        ("Sales//Deep", None, []),
    ):
        assert (departments.find(cell), departments.missing(cell)) == (found, missing), cell


@pytest.mark.parametrize("levels", [LEVELS - 1, LEVELS])
def test_a_path_that_is_too_deep_cannot_be_added(db: None, levels: int) -> None:
    path = [f"d{level}" for level in range(levels)]
    found = Departments(Organization.tree()).missing("/".join(path))
    assert found == ([tuple(path[:length]) for length in range(1, LEVELS)] if levels < LEVELS else [])


def test_a_department_that_is_named_twice_in_a_cell_is_one(signed_in: Client) -> None:
    department("Sales")
    assert cell_of(signed_in, "Departments", "Sales&Company/Sales&sales").user.organizations.count() == 1


def test_roles_that_fold_alike_are_told_apart_by_their_exact_names(signed_in: Client) -> None:
    for name in ("Level 11", "Level 1-1"):
        Role.objects.create(name=name, granted=["extension.view"])
    role = cell_of(signed_in, "User Role", "Level 1-1").user.role
    assert role
    assert role.name == "Level 1-1"
    made = given(upload(signed_in, as_csv([{"Extension Number": "1002", "First Name": "A", "User Role": "level 1 1"}])))
    assert made.wrong == 1
