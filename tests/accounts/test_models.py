"""Rules that the database holds, and the field at which a form tells of each."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import translation

from accounts.models import NoSuperAdministrator, Organization, Role, User
from accounts.people.forms import PersonForm
from accounts.profile.forms import ProfileForm
from core.access.permissions import Permission
from core.preferences.models import Preferences
from tests.people import Typed, make_user
from tests.trees import department

NO_NAME = {"first_name": ["Enter a first name or a last name."]}
ONE_LINE = {"first_name": ["Enter one line of plain text. This contains a line break or an invisible character."]}


def test_a_person_has_a_name(db: None) -> None:
    with pytest.raises(ValidationError) as refused:
        User(password="x").validate_constraints()
    assert refused.value.message_dict == NO_NAME
    with pytest.raises(IntegrityError, match="a_person_has_a_name"):
        User.objects.create(email="nobody@example.com")


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (" ", "\u00a0", NO_NAME),
        ("", "Hopper", {}),
        ("Grace", "", {}),
        ("a\nb", "", ONE_LINE),
    ],
)
def test_a_form_tells_of_a_missing_name_once(ada: User, first: str, last: str, found: dict[str, list[str]]) -> None:
    Preferences.objects.update(self_service=["name"])
    names = {"first_name": first, "last_name": last}
    for form in (
        PersonForm({**Typed().fields, **names}, by=ada, preferences=Preferences.load()),
        ProfileForm({**names, "language": ""}, instance=ada, preferences=Preferences.load()),
    ):
        assert form.errors == found


def test_a_form_without_the_names_leaves_them_alone(ada: User) -> None:
    Preferences.objects.update(self_service=["mobile"])
    form = ProfileForm({"mobile": "+15551234567", "language": ""}, instance=ada, preferences=Preferences.load())
    assert form.errors == {}
    assert form.instance.first_name == "Ada"


def test_no_two_roles_have_one_name(db: None) -> None:
    role = Role.objects.create(name="Front Desk")
    role.full_clean()
    with pytest.raises(ValidationError) as refused:
        Role(name="FRONT desk").full_clean()
    assert refused.value.message_dict == {"name": ["A role with this name already exists. Choose another name."]}
    with pytest.raises(IntegrityError, match="one_role_of_a_name"):
        Role.objects.create(name="front desk")


def test_no_two_departments_in_one_have_one_name(db: None) -> None:
    sales = department("Sales")
    department("Sales", sales)
    with pytest.raises(IntegrityError, match="one_name_among_siblings"):
        Organization.objects.create(name="SALES", parent=sales.parent)


# --- what a role and a person may do ---


def of_role(*granted: Permission, reach: list[Organization] | None = None, below: bool = True, **more: Any) -> User:
    role = Role.objects.create(
        name=f"Role {Role.objects.count()}",
        granted=list(granted),
        reach="all" if reach is None else "organizations",
        below=below,
    )
    role.organizations.set(reach or [])
    return make_user("Rita", email=f"{Role.objects.count()}@example.com", custom=role, **more)


def test_a_role_of_departments_has_nothing_of_the_whole_system(db: None) -> None:
    granted = (Permission.MANAGE_EXTENSIONS, Permission.MANAGE_ROLES)
    everybody, some = of_role(*granted), of_role(*granted, reach=[department("Sales")])
    assert everybody.permissions == {*granted, Permission.VIEW_EXTENSIONS, Permission.VIEW_ROLES}
    assert some.permissions == {Permission.MANAGE_EXTENSIONS, Permission.VIEW_EXTENSIONS}
    assert everybody.may["manage_roles"] is True
    assert some.may["manage_roles"] is False
    assert some.role
    assert (some.role.manages_anything, some.role.reaches_extensions, some.role.reaches_everybody) == (
        True, True, False,
    )  # fmt: skip
    only_looks = of_role(Permission.VIEW_ROLES).role
    assert only_looks
    assert (only_looks.manages_anything, only_looks.reaches_extensions, only_looks.reaches_everybody) == (
        False, False, True,
    )  # fmt: skip


def test_whom_a_role_reaches(db: None) -> None:
    sales = department("Sales")
    office = department("Office", sales)
    with_below = of_role(Permission.VIEW_EXTENSIONS, reach=[sales])
    alone = of_role(Permission.VIEW_EXTENSIONS, reach=[sales], below=False)
    everybody, nobody = of_role(Permission.VIEW_EXTENSIONS), make_user("Eve")
    assert with_below.reached_organizations == {sales.pk, office.pk}
    assert alone.reached_organizations == {sales.pk}
    assert everybody.reached_organizations == nobody.reached_organizations == frozenset()
    assert (everybody.reaches_everybody, alone.reaches_everybody, nobody.reaches_everybody) == (True, False, False)
    Preferences.objects.update(organization_management=False)
    assert User.objects.get(pk=with_below.pk).reached_organizations == frozenset()


def test_who_adds_extensions_sees_whom_they_add(db: None) -> None:
    sales = department("Sales")
    manages = Permission.MANAGE_EXTENSIONS
    assert of_role(manages).adds_extensions
    assert of_role(manages, reach=[sales]).adds_extensions
    assert not of_role(manages, reach=[]).adds_extensions
    assert not of_role(Permission.VIEW_EXTENSIONS).adds_extensions
    looks = of_role(Permission.VIEW_EXTENSIONS)
    assert (looks.sees_extensions, looks.manages_extensions) == (True, False)


def test_who_may_no_longer_sign_in_may_nothing(ada: User) -> None:
    other = make_user("Zora", role="super_administrator")
    assert (ada.is_super_administrator, ada.is_last_super_administrator()) == (True, False)
    other.is_active = False
    other.save()
    assert (other.permissions, other.is_super_administrator, other.is_last_super_administrator()) == (
        frozenset(), False, False,
    )  # fmt: skip
    assert ada.is_last_super_administrator()
    assert list(User.objects.super_administrators()) == [ada]
    other.delete()
    with pytest.raises(NoSuperAdministrator):
        ada.delete()
    assert list(User.objects.super_administrators().values_list("email", flat=True)) == ["ada@example.com"]


def test_nobody_reaches_up_to_a_mightier_role(ada: User, vic: User) -> None:
    sales = department("Sales")
    office = department("Office", sales)
    sees, manages = Permission.VIEW_EXTENSIONS, Permission.MANAGE_EXTENSIONS
    all_see, all_manage = of_role(sees), of_role(manages)
    of_sales, of_office = of_role(manages, reach=[sales]), of_role(manages, reach=[office])
    nothing = of_role()
    voicemail = of_role(Permission.LISTEN_VOICEMAIL)
    for mighty in (None, all_see.role, all_manage.role, of_sales.role, voicemail.role, ada.role):
        assert ada.reaches_up_to(mighty), mighty
    allowed = {
        "all_manage": [each.reaches_up_to(all_manage.role) for each in (all_manage, all_see, of_sales, vic)],
        "of_sales": [each.reaches_up_to(of_sales.role) for each in (all_manage, all_see, of_sales, of_office)],
        "of_office": [each.reaches_up_to(of_office.role) for each in (all_manage, of_sales, of_office, vic)],
        "nothing": [each.reaches_up_to(nothing.role) for each in (all_see, of_office, vic)],
        "none": [each.reaches_up_to(None) for each in (all_see, vic)],
        "ada": [each.reaches_up_to(ada.role) for each in (all_manage, of_sales)],
    }
    assert allowed == {
        "all_manage": [True, False, False, False],
        "of_sales": [True, False, True, False],
        "of_office": [True, True, True, False],
        "nothing": [True, True, True],
        "none": [True, True],
        "ada": [False, False],
    }


def test_those_who_may_are_told_if_they_have_an_address(ada: User, hugo: User, vic: User) -> None:
    may = Permission.VIEW_EVENTS
    watches = of_role(may)
    of_role(may, is_active=False)
    silent = of_role(may)
    User.objects.filter(pk=silent.pk).update(email=None)
    assert {each.pk for each in User.objects.who_may(may)} == {ada.pk, watches.pk}
    assert vic not in User.objects.who_may(Permission.VIEW_EXTENSIONS)


def test_a_number_stands_as_the_readers_country_writes_its_own(ada: User) -> None:
    assert (ada.mobile_shown, ada.mobile_typed) == ("", "")
    ada.mobile = "+12025550123"
    ada.save()
    ada = User.objects.get(pk=ada.pk)
    with translation.override("en"):
        assert (ada.mobile_shown, ada.mobile_typed) == ("(202) 555-0123", "+1 202-555-0123")
    with translation.override("de"):
        assert ada.mobile_shown == "+1 202-555-0123"


def test_what_others_know_of_a_person(ada: User, vic: User) -> None:
    ada.last_name = "King Noel"
    assert list(ada.words()) == ["Ada", "King", "Noel", "ada@example.com", "ada"]
    ada.email = None
    assert list(ada.words()) == ["Ada", "King", "Noel"]
    assert not ada.must_change_password
    ada.password_seen = True
    assert ada.must_change_password
    Preferences.objects.update(change_seen_password=False)
    assert not ada.must_change_password


def test_who_is_in_no_department_is_of_the_company(vic: User) -> None:
    sales = department("Sales")
    vic.organizations.set([sales])
    vic.join_the_company()
    assert list(vic.organizations.all()) == [sales]
    vic.organizations.clear()
    vic.join_the_company()
    assert list(vic.organizations.all()) == [Organization.company()]
    assert Organization.company_name() == str(Organization.company())
