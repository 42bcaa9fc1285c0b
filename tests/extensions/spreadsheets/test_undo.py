"""Undo of an import: of all that it did, by who may still do that, or of nothing."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, Role, User
from accounts.passwords.tokens import reset_tokens
from accounts.profile.models import EmailChange
from accounts.sessions.models import Session
from extensions.bulk import undo
from extensions.models import SipExtension
from extensions.spreadsheets import run
from extensions.spreadsheets.models import Import
from tests.extensions.spreadsheets.files import as_csv, begin, given, upload
from tests.pages import html_of
from tests.people import PASSWORD, make_extension, make_user
from tests.trees import department

State = Import.State


@pytest.fixture
def sales(db: None) -> Organization:
    return department("Sales")


@pytest.fixture
def lena(sales: Organization) -> Client:
    """Who manages extensions in Sales alone."""
    role = Role.objects.create(name="Sales desk", granted=["extension.manage"], reach="organizations")
    role.organizations.add(sales)
    client = Client()
    client.force_login(make_user("Lena", custom=role))
    return client


def member(number: str, of: Organization, **more: Any) -> SipExtension:
    extension = make_extension(number, **more)
    extension.user.organizations.set([of])
    return extension


def imported(client: Client, *rows: dict[str, str]) -> Import:
    made = given(upload(client, as_csv(rows)))
    assert made.wrong == 0
    return begin(client, made)


def refused(client: Client, made: Import) -> str:
    """The page, after an undo that changes nothing."""
    begin(client, made, "undo")
    assert made.state in Import.IN_PLACE
    assert made.sealed_formers
    page = html_of(client, f"/extensions/import/{made.pk}/")
    assert "Nothing was undone." in page
    return page


def promoted(number: str, role: str = "super_administrator") -> SipExtension:
    extension = SipExtension.objects.get(number=number)
    extension.user.role = Role.objects.get(key=role)
    extension.user.save()
    return extension


def test_one_who_has_become_mightier_is_not_deleted(lena: Client) -> None:
    new = {"First Name": "Grace", "Departments": "Company/Sales"}
    made = imported(lena, {"Extension Number": "1001", **new}, {"Extension Number": "1002", **new})
    promoted("1001")
    assert "1001: only an administrator with the same role" in refused(lena, made)
    assert SipExtension.objects.count() == 2


def test_one_who_has_left_the_scope_is_not_deleted(lena: Client) -> None:
    new = {"First Name": "Grace", "Departments": "Company/Sales"}
    made = imported(lena, {"Extension Number": "1001", **new}, {"Extension Number": "1002", **new})
    SipExtension.objects.get(number="1002").user.organizations.set([department("Other")])
    assert "Extension 1002 is not in your scope." in refused(lena, made)
    assert SipExtension.objects.count() == 2


def test_one_who_has_left_the_scope_is_not_changed(lena: Client, sales: Organization) -> None:
    for number in ("1001", "1002"):
        member(number, sales, location="Hall")
    made = imported(lena, *({"Extension Number": number, "Location": "Attic"} for number in ("1001", "1002")))
    SipExtension.objects.get(number="1002").user.organizations.set([department("Other")])
    assert "Extension 1002 is not in your scope." in refused(lena, made)
    assert list(SipExtension.objects.values_list("location", flat=True)) == ["Attic", "Attic"]


def test_who_gives_no_roles_any_more_puts_none_back(db: None) -> None:
    granted = ["extension.manage", "role.manage"]
    desk = Role.objects.create(name="Desk", granted=granted)
    client = Client()
    client.force_login(make_user("Lena", custom=desk))
    clerk = Role.objects.create(name="Clerk", granted=["extension.manage"])
    extension = make_extension("1001", user=make_user("Grace", custom=clerk))
    made = imported(client, {"Extension Number": "1001", "User Role": "Employee", "Location": "Attic"})
    assert User.objects.get(pk=extension.user_id).role == Role.objects.get(key="employee")
    Role.objects.filter(pk=desk.pk).update(granted=["extension.manage"])
    assert "1001: only an administrator who can assign roles" in refused(client, made)
    assert User.objects.get(pk=extension.user_id).role == Role.objects.get(key="employee")


def test_links_to_the_address_that_is_undone_work_no_more(signed_in: Client) -> None:
    extension = make_extension("1001", user=make_user("Grace"))
    made = imported(signed_in, {"Extension Number": "1001", "Email Address": "evil@example.com"})
    user = User.objects.get(pk=extension.user_id)
    token = reset_tokens.make_token(user)
    EmailChange.objects.create(user=user, new="worse@example.com", old_confirmed=False)
    begin(signed_in, made, "undo")
    user = User.objects.get(pk=extension.user_id)
    assert user.email == "grace@example.com"
    assert not reset_tokens.check_token(user, token)
    assert not EmailChange.objects.exists()


def test_sessions_and_links_of_the_password_that_is_undone_end(signed_in: Client) -> None:
    extension = make_extension("1001", user=make_user("Grace"))
    made = imported(signed_in, {"Extension Number": "1001", "User Password": "t7Rw9KqX2mZv5LpB8nYc"})
    user = User.objects.get(pk=extension.user_id)
    assert user.check_password("t7Rw9KqX2mZv5LpB8nYc")
    token = reset_tokens.make_token(user)
    Client().force_login(user)
    begin(signed_in, made, "undo")
    user = User.objects.get(pk=extension.user_id)
    assert user.check_password(PASSWORD)
    assert not reset_tokens.check_token(user, token)
    assert not Session.objects.filter(user=user).exists()


def test_links_stay_where_neither_is_put_back(signed_in: Client) -> None:
    extension = make_extension("1001", user=make_user("Grace"))
    made = imported(signed_in, {"Extension Number": "1001", "Location": "Attic"})
    token = reset_tokens.make_token(User.objects.get(pk=extension.user_id))
    begin(signed_in, made, "undo")
    assert reset_tokens.check_token(User.objects.get(pk=extension.user_id), token)


def test_an_address_that_another_has_by_now_is_named(signed_in: Client) -> None:
    extension = make_extension("1001", user=make_user("Grace", email="old@example.com"))
    row = {"Extension Number": "1001", "Email Address": "new@example.com", "Location": "Attic"}
    made = imported(signed_in, row)
    bob = make_user("Bob", email="old@example.com")
    assert "1001: another person now uses old@example.com. Change that address first." in refused(signed_in, made)
    extension.refresh_from_db()
    assert (User.objects.get(pk=extension.user_id).email, extension.location) == ("new@example.com", "Attic")
    bob.email = "bob@example.com"
    bob.save()
    begin(signed_in, made, "undo")
    assert User.objects.get(pk=extension.user_id).email == "old@example.com"


@pytest.mark.parametrize("other", [{"registration_name": "2001"}, {"number": "2001"}])
def test_a_registration_name_that_another_has_by_now_is_named(signed_in: Client, other: dict[str, str]) -> None:
    member("1001", Organization.company(), registration_name="2001")
    made = imported(signed_in, {"Extension Number": "1001", "Registration Name": "grace-1"})
    make_extension(**{"number": "1002", **other})
    assert "1001: another extension now uses its former registration name." in refused(signed_in, made)
    assert SipExtension.objects.get(number="1001").registration_name == "grace-1"


def test_a_registration_name_that_is_the_own_number_is_put_back(signed_in: Client) -> None:
    member("1001", Organization.company(), registration_name="1001")
    made = imported(signed_in, {"Extension Number": "1001", "Registration Name": "grace-1"})
    begin(signed_in, made, "undo")
    assert SipExtension.objects.get(number="1001").registration_name == "1001"


def test_what_another_takes_at_the_same_moment_is_no_interruption(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_extension("1001", user=make_user("Grace", email="old@example.com"))
    made = imported(signed_in, {"Extension Number": "1001", "Email Address": "new@example.com"})
    put_back = undo.put_back

    def overtaken(*args: Any) -> int:
        kept = put_back(*args)
        make_user("Bob", email="old@example.com")
        return kept

    monkeypatch.setattr(run, "put_back", overtaken)
    assert "Someone else saved a change at the same moment. Try again." in refused(signed_in, made)
