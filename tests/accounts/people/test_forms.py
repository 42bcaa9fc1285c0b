"""Who a person is: what is offered, what is suggested, and what ends with a change."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, Role, User
from accounts.people.forms import PersonForm, end_what_was
from accounts.sessions.models import Session
from core.access.permissions import Permission
from core.preferences.models import Preferences
from tests.people import PASSWORD, make_user
from tests.trees import department

GOOD = "Quiet9Meadow4Lantern"


def form(by: User, data: dict[str, Any] | None = None, **more: Any) -> PersonForm:
    if data is not None:
        company = str(Organization.company().pk)
        usual = {"first_name": "Zora", "organizations": [company], "password": GOOD, "role": ""}
        data = {**usual, **data}
    return PersonForm(data, by=by, preferences=Preferences.current(), **more)


def desk(*granted: Permission, reach: Organization | None = None) -> User:
    """Dora, who may do so, and reaches that department alone."""
    role = Role.objects.create(
        name="Desk", granted=list(granted), reach="organizations" if reach else "all", below=False
    )
    if reach:
        role.organizations.add(reach)
    return make_user("Dora", custom=role)


def test_a_new_person_is_suggested_a_password_unless_a_link_comes_by_mail(ada: User) -> None:
    shown, mailed = form(ada), form(ada, password_by_mail=True)
    assert shown.initial["password"]
    assert "password" not in mailed.initial
    assert shown.fields["password"].required
    assert not mailed.fields["password"].required
    assert "link in the welcome e-mail" in str(mailed.fields["password"].help_text)
    assert "must change it after signing in" in str(shown.fields["password"].help_text)
    assert str(mailed.fields["password"].label).endswith("(optional)")
    assert not str(shown.fields["password"].label).endswith("(optional)")
    assert form(ada, initial={"first_name": "Copied"}).initial["first_name"] == "Copied"
    Preferences.objects.update(change_seen_password=False)
    assert "must change it" not in str(form(ada).fields["password"].help_text)


def test_of_one_who_is_there_the_password_is_kept_and_one_changes_ones_own_without_being_asked_again(
    ada: User, vic: User
) -> None:
    vic.mobile = "+4915112345678"
    vic.save()
    of_vic = form(ada, instance=User.objects.get(pk=vic.pk))
    assert of_vic.initial["mobile"] == "+49 1511 2345678"
    assert "password" not in of_vic.initial
    assert not of_vic.fields["password"].required
    assert "Leave empty to keep the current password." in str(of_vic.fields["password"].help_text)
    assert "must change it" in str(of_vic.fields["password"].help_text)
    assert "must change it" not in str(form(ada, instance=ada).fields["password"].help_text)
    assert of_vic.initial["organizations"] == [Organization.company()]


def test_a_new_person_begins_in_the_topmost_department_that_one_reaches(ada: User) -> None:
    sales = department("Sales")
    below = department("Below", sales)
    assert form(ada).initial["organizations"] == [Organization.company().pk]
    assert "organizations" not in form(ada, {}).initial
    dora = desk(Permission.MANAGE_EXTENSIONS, reach=sales)
    of_dora = form(dora)
    assert of_dora.initial["organizations"] == [sales.pk]
    assert [each.name for each in of_dora.departments] == ["Sales"]
    assert {each.name for each in form(ada).departments} == {Organization.company().name, "Sales", "Below"}
    assert not form(dora, {"organizations": [str(below.pk)]}).is_valid()
    assert form(ada, {"organizations": [str(below.pk)]}).is_valid()


def test_departments_that_one_does_not_reach_stay(ada: User, vic: User) -> None:
    sales, office = department("Sales"), department("Office")
    vic.organizations.set([sales, office])
    dora = desk(Permission.MANAGE_EXTENSIONS, reach=sales)
    other = form(dora, {"first_name": "Vic", "organizations": [str(sales.pk)], "password": ""}, instance=vic)
    assert other.is_valid(), other.errors
    other.change(vic)
    assert set(vic.organizations.all()) == {sales, office}
    whole = form(ada, {"first_name": "Vic", "organizations": [str(sales.pk)], "password": ""}, instance=vic)
    assert whole.is_valid()
    whole.change(vic)
    assert set(vic.organizations.all()) == {sales}


def test_without_departments_everybody_is_of_the_company(ada: User) -> None:
    department("Sales")
    Preferences.objects.update(organization_management=False)
    one = form(ada, {})
    assert "organizations" not in one.fields
    assert one.departments == []
    assert one.is_valid()
    one.hash_password()
    assert list(one.save().organizations.all()) == [Organization.company()]


def test_only_who_manages_roles_gives_one_and_none_mightier(ada: User) -> None:
    assert "role" not in form(desk(Permission.MANAGE_EXTENSIONS)).fields
    rita = make_user(
        "Rita",
        custom=Role.objects.create(name="Roles", granted=[Permission.MANAGE_ROLES, Permission.VIEW_ROLES]),
    )
    mighty = Role.objects.get(key="super_administrator")
    nothing = Role.objects.create(name="Nothing")
    offered = form(rita).fields["role"]
    labels = [label for _, label in offered.choices]  # type: ignore[attr-defined]
    assert labels[0] == "None"
    assert "Nothing (no permissions yet)" in labels
    assert "Roles" in labels
    assert str(mighty) not in labels
    refused = form(rita, {"role": str(mighty.pk)})
    assert not refused.is_valid()
    assert "You cannot assign a role with more permissions than yours." in str(refused.errors["role"])
    assert form(rita, {"role": str(nothing.pk)}).is_valid()
    assert form(ada, {"role": str(mighty.pk)}).is_valid()


@pytest.mark.parametrize(("others", "refused"), [(0, True), (1, False)])
def test_the_last_super_administrator_keeps_the_role(ada: User, *, others: int, refused: bool) -> None:
    for each in range(others):
        make_user(f"Other{each}", role="super_administrator")
    one = form(ada, {"role": "", "password": ""}, instance=User.objects.get(pk=ada.pk))
    assert one.is_valid() is not refused
    if refused:
        assert "This is the last Super Administrator." in str(one.errors["role"])
    same = form(ada, {"role": str(ada.role_id), "password": ""}, instance=User.objects.get(pk=ada.pk))
    assert same.is_valid()


@pytest.mark.parametrize(
    ("role", "change", "is_sensitive"),
    [
        ("", {"first_name": "Other"}, False),
        ("", {"email": "other@example.com"}, False),
        ("", {"role": "human_resource"}, True),
        ("human_resource", {"first_name": "Other"}, False),
        ("human_resource", {"email": "other@example.com"}, True),
        ("human_resource", {"password": GOOD}, True),
        ("human_resource", {"role": ""}, True),
    ],
)
def test_the_sign_in_of_who_manages_anything_is_changed_after_asking_again(
    ada: User, role: str, change: dict[str, str], *, is_sensitive: bool
) -> None:
    keys = {each.key: str(each.pk) for each in Role.objects.all()}
    user = make_user("Zora", role=role)
    was = {"first_name": "Zora", "email": "zora@example.com", "password": "", "role": keys.get(role, "")}
    if "role" in change:
        change = {"role": keys.get(change["role"], "")}
    one = form(ada, {**was, **change}, instance=user)
    assert one.is_valid(), one.errors
    assert one.is_sensitive is is_sensitive


def test_a_password_about_the_person_or_of_a_known_word_is_refused(ada: User) -> None:
    about = form(ada, {"password": "Zora5Meadow4Lantern"})
    assert not about.is_valid()
    assert "without “Zora”" in str(about.errors["password"])
    about.refuse_known(["meadow"])
    assert len(about.errors["password"]) == 1  # one reason at a time
    good = form(ada, {})
    assert good.is_valid()
    good.refuse_known(["other"])
    assert not good.errors
    good.refuse_known(["meadow"])
    assert "without “meadow”" in str(good.errors["password"])


def test_a_password_that_somebody_else_typed_is_known_to_them(ada: User) -> None:
    new = form(ada, {"email": "zora@example.com"})
    assert new.is_valid()
    new.hash_password()
    zora = new.save()
    assert zora.check_password(GOOD)
    assert zora.password_seen
    own = form(ada, {"first_name": "Ada", "role": str(ada.role_id)}, instance=ada)
    assert own.is_valid(), own.errors
    own.hash_password()
    assert not own.instance.password_seen
    none = form(ada, {"password": ""}, password_by_mail=True)
    assert none.is_valid()
    none.hash_password()
    assert not none.instance.has_usable_password()
    kept = form(ada, {"password": ""}, instance=zora)
    assert kept.is_valid()
    kept.hash_password()
    assert kept.instance.check_password(GOOD)


def test_of_one_who_was_changed_meanwhile_only_what_was_typed_is_set(ada: User, vic: User) -> None:
    one = form(
        ada, {"first_name": "Victor", "job_title": "Clerk", "password": ""}, instance=User.objects.get(pk=vic.pk)
    )
    assert one.is_valid()
    meanwhile = User.objects.get(pk=vic.pk)
    meanwhile.set_password(GOOD)
    meanwhile.password_seen = True
    one.change(meanwhile)
    assert (meanwhile.first_name, meanwhile.job_title) == ("Victor", "Clerk")
    assert meanwhile.check_password(GOOD)
    assert meanwhile.password_seen


@pytest.mark.parametrize(
    ("changed", "ends_sessions", "ends_links"),
    [
        ({"email": False, "password": False}, False, False),
        ({"email": True, "password": False}, False, True),
        ({"email": False, "password": True}, True, True),
        ({"email": False, "password": False, "role": True}, True, False),
    ],
)
def test_what_ends_with_another_address_password_or_role(
    ada: User, vic: User, changed: dict[str, bool], *, ends_sessions: bool, ends_links: bool
) -> None:
    for each in (ada, vic):
        Client().force_login(each)
        before = each.link_version
        end_what_was(each, ada, **changed)
        assert (User.objects.get(pk=each.pk).link_version > before) is ends_links
    assert Session.objects.filter(user=vic).exists() is not ends_sessions
    assert Session.objects.filter(user=ada).exists()  # one's own goes on
    assert vic.check_password(PASSWORD)
