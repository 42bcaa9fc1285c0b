"""Rules that the database holds, and the field at which a form tells of each."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import Organization, Role, User
from accounts.people.forms import PersonForm
from accounts.profile.forms import ProfileForm
from core.preferences.models import Preferences
from tests.people import Typed
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
