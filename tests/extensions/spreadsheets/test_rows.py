"""What a cell becomes, and what of a row is refused, by the rules of the form."""

from collections.abc import Mapping
from typing import Any

import pytest

from accounts.models import Organization, Role, User
from core.preferences.models import Preferences
from extensions.models import SipExtension
from extensions.spreadsheets.formats import BY_CODE
from extensions.spreadsheets.rows import Checked, Checker, Kind, Mode, Roles
from tests.people import make_extension, make_user
from tests.trees import department

PASSWORD = "t7Rw9KqX2mZv5LpB8nYc"
ROW = {"number": "1001", "first_name": "Grace"}


def check(by: User, *rows: Mapping[str, str], mode: Mode = Mode.BOTH, code: str = "ours") -> list[Checked]:
    targets = dict.fromkeys(target for row in rows for target in row)
    return [*Checker(by, Preferences.load(), mode, targets, BY_CODE[code]).check(rows)]


def of_row(by: User, code: str = "ours", **cells: str) -> Checked:
    (checked,) = check(by, {**ROW, **cells}, code=code)
    return checked


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        *(("voicemail", cell, True) for cell in ("yes", "Y", "TRUE", "1", "on", "enabled", "default", " yes ", "42")),
        *(("voicemail", cell, False) for cell in ("no", "N", "false", "0", "off", "Disabled", "novm", "none")),
        ("voicemail_asks_pin", "no", False),
        ("outbound_number", "Company <+49 30 1234567>", "+49301234567"),
        ("outbound_number", "+49 30 1234567", "+49301234567"),
        ("outbound_number", "Anonymous", ""),
        ("outbound_number", "<none>", ""),
        ("max_phones", "2", 2),
        ("transport", "TLS", "tls"),
        ("voicemail_email", "note", "note"),
        ("caller_id", "", "1001"),
        ("caller_id", " 77 ", "77"),
        ("location", " Attic ", "Attic"),
        ("registration_name", "grace-1", "grace-1"),
    ],
)
def test_a_cell_becomes_the_value_of_its_field(ada: User, name: str, cell: str, value: Any) -> None:
    checked = of_row(ada, **{name: cell})
    assert (checked.kind, checked.errors) == (Kind.NEW, {})
    assert getattr(checked.sip.instance, name) == value


@pytest.mark.parametrize(
    ("name", "cell", "words"),
    [
        ("voicemail", "7", "Enter yes or no."),
        ("voicemail_asks_pin", "12", "Enter yes or no."),
        ("role", "Wizard", "There is no role “Wizard”."),
        ("max_phones", "4", "Choose 1, 2 or 3"),
        ("number", "", "Enter the Extension Number."),
        ("password", "Kettle1001Harbour", "Choose a password without “1001”."),
    ],
)
def test_a_cell_that_means_nothing_is_refused(ada: User, name: str, cell: str, words: str) -> None:
    checked = of_row(ada, **{name: cell})
    assert (checked.kind, [*checked.errors]) == (Kind.WRONG, [name])
    assert checked.errors[name].startswith(words)
    assert (checked.meant, checked.unique, checked.number) == ([], {}, "")


@pytest.mark.parametrize(
    ("code", "cell", "phones"), [("freepbx", "12", 3), ("freepbx", "2", 2), ("freepbx", "9" * 12, 3), ("other", "3", 3)]
)
def test_another_system_may_have_more_phones_than_there_can_be(ada: User, code: str, cell: str, phones: int) -> None:
    checked = of_row(ada, code, max_phones=cell)
    assert (checked.errors, checked.sip.instance.max_phones) == ({}, phones)


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        ("Grace", "Grace", ""),
        ("Grace Hopper", "Grace", "Hopper"),
        ("Grace Brewster Hopper ", "Grace Brewster", "Hopper"),
    ],
)
def test_a_whole_name_is_parted_before_its_last_word(ada: User, cell: str, first: str, last: str) -> None:
    (checked,) = check(ada, {"number": "1001", "full_name": cell})
    assert checked.errors == {}
    assert (checked.person.instance.first_name, checked.person.instance.last_name) == (first, last)


def test_errors_of_a_name_stand_at_the_column_that_there_is(ada: User) -> None:
    (whole,) = check(ada, {"number": "1001", "full_name": ""})
    assert whole.errors == {"full_name": "Enter a first name or a last name."}
    (none,) = check(ada, {"number": "1001"})
    assert none.errors == {"first_name": "Enter a first name or a last name."}


def test_what_is_wrong_with_a_whole_name_stands_where_it_was_typed(ada: User) -> None:
    (wrong,) = check(ada, {"number": "1001", "full_name": "Gr\u202eace Hopper"})
    assert [*wrong.errors] == ["full_name"]
    (none,) = check(ada, {"number": "1001", "full_name": ""})
    assert none.errors == {"full_name": "Enter a first name or a last name."}
    (right,) = check(ada, {"number": "1001", "full_name": "Grace Hopper"})
    assert (right.errors, right.person.instance.full_name) == ({}, "Grace Hopper")


def test_nobody_gives_more_by_a_file_than_by_the_form(db: None) -> None:
    desk = Role.objects.create(name="Desk", granted=["extension.manage", "role.manage"])
    lena = make_user("Lena", custom=desk)
    (refused,) = check(lena, {**ROW, "role": "Super Administrator"})
    assert [*refused.errors] == ["role"]
    assert "more permissions than yours" in refused.errors["role"]
    (given,) = check(lena, {**ROW, "role": "Employee"})
    assert (given.errors, given.meant[0]) == ({}, Role.objects.get(key="employee").pk)


def test_phones_of_another_system_register_by_their_numbers(ada: User) -> None:
    assert of_row(ada, "freepbx").unique["registration_name"] == "1001"
    assert of_row(ada, "freepbx", registration_name="x-1").unique["registration_name"] == "x-1"
    ours = of_row(ada)
    assert len(ours.unique["registration_name"]) == 10
    assert len(ours.sip.cleaned_data["registration_password"]) == 20
    assert of_row(ada).unique["registration_name"] != ours.unique["registration_name"]


def test_what_a_new_row_wants_and_means(ada: User) -> None:
    sales, role = department("Sales"), Role.objects.get(key="employee")
    checked = of_row(ada, email="Grace@Example.com", role="employee", organizations="Sales & Company")
    assert checked.unique | {"registration_name": ""} == {
        "number": "1001",
        "email": "grace@example.com",
        "registration_name": "",
    }
    assert checked.meant == [role.pk, *sorted([sales.pk, Organization.company().pk])]
    assert (checked.version, checked.changes, checked.number) == (0, [], "1001")
    plain = of_row(ada, role="None", organizations="")
    assert plain.meant == [0, Organization.company().pk]


def test_only_cells_of_a_row_that_is_there_change_it(ada: User) -> None:
    extension = make_extension("1001", user=make_user("Grace", role="employee"), location="Attic", max_phones=3)
    same = {"number": "1001", "first_name": "Grace"}
    (checked,) = check(ada, same)
    assert (checked.kind, checked.changes, checked.version) == (Kind.SAME, [], extension.version)
    as_it_was = {"max_phones": "", "transport": "", "registration_password": extension.registration_password}
    (checked,) = check(ada, {**same, **as_it_was, "location": ""})
    assert (checked.kind, checked.changes) == (Kind.CHANGED, ["location"])
    assert (checked.sip.instance.location, checked.sip.instance.max_phones) == ("", 3)
    (checked,) = check(ada, {**same, "registration_name": "", "registration_password": PASSWORD, "role": ""})
    assert checked.changes == ["role", "registration_password"]
    assert checked.sip.instance.registration_name == extension.registration_name
    department("Sales")
    (checked,) = check(ada, {**same, "organizations": "Sales", "voicemail": "yes"})
    assert checked.changes == ["organizations", "voicemail"]
    (checked,) = check(ada, {**same, "organizations": "Company", "voicemail": "", "password": "Correct8Horse9Staple"})
    assert checked.changes == ["password"]


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (Mode.ADD, ["Another extension has this number.", ""]),
        (Mode.UPDATE, ["", "No extension has this number. Correct it, or choose to add extensions."]),
        (Mode.BOTH, ["", ""]),
    ],
)
def test_what_may_become_of_a_row(ada: User, mode: Mode, words: list[str]) -> None:
    make_extension("1001", user=make_user("Grace"))
    found = check(ada, ROW, {"number": "1002", "first_name": "Alan"}, mode=mode)
    said = [each.errors.get("number", "") for each in found]
    assert said == words


def test_an_administrator_of_a_department_changes_those_of_it(db: None) -> None:
    sales = department("Sales")
    role = Role.objects.create(name="Desk", granted=["extension.manage"], reach="organizations")
    role.organizations.add(sales)
    lena = make_user("Lena", custom=role)
    make_extension("1001").user.organizations.set([Organization.company()])
    make_extension("1002").user.organizations.set([sales, Organization.company()])
    other, own = check(lena, {**ROW, "location": "A"}, {"number": "1002", "first_name": "Alan", "location": "A"})
    assert other.errors == {"number": "You cannot change this extension."}
    assert (own.errors, own.changes) == ({}, ["first_name", "location"])
    (refused,) = check(lena, {**ROW, "number": "1003", "role": "Employee"})
    assert refused.errors == {"role": "Your role does not allow assigning roles. Leave this empty."}
    (added,) = check(lena, {"number": "1003", "first_name": "Ann", "organizations": "Company"})
    assert [*added.errors] == ["organizations"]
    role.organizations.clear()
    lena = User.objects.get(pk=lena.pk)
    (nobody,) = check(lena, {"number": "1003", "first_name": "Ann"})
    assert nobody.errors == {"number": "Your role does not allow adding extensions."}


def test_weak_secrets_of_phones_are_kept_where_they_can_be(ada: User) -> None:
    weak = of_row(ada, registration_password="1001secret", voicemail_pin="1234")
    assert weak.errors == {}
    assert {*weak.weak} == {"registration_password", "voicemail_pin"}
    assert weak.sip.cleaned_data["registration_password"] == "1001secret"
    good = of_row(ada, registration_password=PASSWORD, voicemail_pin="739164")
    assert (good.errors, good.weak) == ({}, frozenset())
    (judged,) = Checker(ada, Preferences.load(), Mode.BOTH, {*ROW, "registration_password"}, BY_CODE["ours"]).check(
        [{**ROW, "registration_password": PASSWORD}], [frozenset({"registration_password"})]
    )
    assert judged.weak == {"registration_password"}


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("Employee", "employee"),
        ("EMPLOYEE", "employee"),
        ("super administrator", "super_administrator"),
        ("", None),
        ("0", None),
        ("None", None),
        ("Wizard", 0),
        ("level 11", 0),
        ("Level 1-1", "Level 1-1"),
    ],
)
def test_a_role_is_found_by_its_name(db: None, cell: str, key: str | int | None) -> None:
    for name in ("Level 11", "Level 1-1"):
        Role.objects.create(name=name, granted=["extension.view"])
    found = Roles().find(cell)
    if found:
        role = Role.objects.get(pk=found)
        assert key in (role.key, role.name)
    else:
        assert found == key
    assert SipExtension.objects.count() == 0


def test_many_are_checked_in_stretches(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extensions.spreadsheets.rows.AT_ONCE", 2)
    for number in ("1001", "1004"):
        make_extension(number, user=make_user(f"Q{number}"))
    rows = [{"number": str(number), "first_name": f"P{number}"} for number in range(1001, 1006)]
    found = check(ada, *rows)
    kinds = [Kind.CHANGED, Kind.NEW, Kind.NEW, Kind.CHANGED, Kind.NEW]
    assert [(each.number, each.kind) for each in found] == [
        (row["number"], kind) for row, kind in zip(rows, kinds, strict=True)
    ]
