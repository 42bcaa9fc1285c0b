"""Who is there without an extension, as the first administrator is, gets one and stays the same person."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, Role, User
from asterisk.apply import undo
from asterisk.models import ApplyRun
from core.audit.models import AuditRecord
from core.mail.models import Email
from extensions import views
from extensions.changes.state import CannotPutBack
from extensions.models import Change, SipExtension
from extensions.review import review
from tests.pages import html_of
from tests.people import PASSWORD, Typed, be_stale, make_extension, make_user

ADD = "/extensions/add/"


def typed(user: User, **more: Any) -> dict[str, Any]:
    """The fields as the page has them, filled in."""
    kept = {"password": "", "role": str(user.role_id or ""), **more}
    return Typed("1000", user.first_name, user.last_name, user.email or "", kept).fields


def give(client: Client, user: User, **more: Any) -> Any:
    return client.post(f"{ADD}?person={user.pk}", typed(user, **more))


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def department(db: None) -> Organization:
    return Organization.objects.create(name="Sales", parent=Organization.company())


@pytest.fixture
def of_sales(client: Client, department: Organization) -> User:
    role = Role.objects.create(
        name="Sales admin", granted=["extension.manage"], reach=Role.Reach.ORGANIZATIONS, below=True
    )
    role.organizations.add(department)
    user = make_user("Sam", custom=role)
    user.organizations.set([department])
    client.force_login(user)
    return user


def test_the_first_administrator_gets_an_extension_from_my_account(signed_in: Client, ada: User) -> None:
    path = f"{ADD}?person={ada.pk}"
    page = html_of(signed_in, "/account/")
    assert f'href="{path}">Give me an extension' in page
    page = html_of(signed_in, path)
    assert 'value="ada@example.com"' in page
    assert "Leave empty to keep the current password." in page
    assert give(signed_in, ada, job_title="Countess").status_code == 302
    extension = SipExtension.objects.get()
    assert (extension.user, extension.number, User.objects.count()) == (ada, "1000", 1)
    assert (extension.user.job_title, extension.user.role) == ("Countess", ada.role)
    assert extension.user.check_password(PASSWORD)
    assert "Give me an extension" not in html_of(signed_in, "/account/")


def test_somebody_is_chosen_on_the_add_page(signed_in: Client) -> None:
    hugo = make_user("Hugo")
    make_extension("1001", user=make_user("Vic"))
    page = html_of(signed_in, f"{ADD}?choose")
    assert f'<option value="{hugo.pk}">Hugo (hugo@example.com)</option>' in page
    assert "vic@example.com" not in page
    page = html_of(signed_in, f"{ADD}?person={hugo.pk}")
    assert "Hugo keeps the existing sign-in and gets an extension." in page


def test_who_gets_an_extension_from_another_at_the_same_moment_has_one(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hugo = make_user("Hugo")
    look = views.added_before

    def meanwhile(request: Any) -> Any:
        make_extension("1001", user=hugo)
        return look(request)

    monkeypatch.setattr(views, "added_before", meanwhile)
    answer = give(signed_in, hugo)
    assert answer["Location"] == ADD
    (said,) = map(str, get_messages(answer.wsgi_request))
    assert said.startswith("This person has an extension now")
    assert SipExtension.objects.get().number == "1001"


def test_the_log_and_the_review_say_what_is_new(signed_in: Client) -> None:
    hugo = make_user("Hugo")
    give(signed_in, hugo, last_name="Boss")
    record = AuditRecord.objects.get(action="extension.added")
    assert record.number == "1000"
    fields = record.detail["fields"]
    assert fields["first_name"] == ["", "Hugo"]
    assert fields["last_name"] == ["", "Boss"]
    assert fields["caller_id"] == ["", "1000"]
    assert {"email", "password", "role"}.isdisjoint(fields)
    assert "Hugo Boss" in html_of(signed_in, "/review/")


def test_a_password_that_is_set_is_told_to_the_person(signed_in: Client) -> None:
    hugo = make_user("Hugo")
    give(signed_in, hugo, password="Another7Horse9Staple")
    hugo.refresh_from_db()
    assert hugo.check_password("Another7Horse9Staple")
    assert Email.objects.filter(kind="password_changed").count() == 1


@pytest.mark.parametrize("field", ["role", "email", "password"])
def test_who_changes_a_sign_in_that_manages_anything_is_asked_again(signed_in: Client, field: str) -> None:
    hugo = make_user("Hugo", role="operator")
    be_stale(signed_in)
    value = {"role": "", "email": "fresh@example.com", "password": "Another7Horse9Staple"}[field]
    answer = give(signed_in, hugo, **{field: value})
    assert answer["Location"].startswith("/sign-in/again/")
    assert not SipExtension.objects.exists()
    assert not give(signed_in, hugo)["Location"].startswith("/sign-in/again/")


def test_a_taken_address_leads_to_its_person_where_one_may_choose_them(signed_in: Client) -> None:
    hugo = make_user("Hugo")
    answer = signed_in.post(ADD, Typed(email="hugo@example.com").fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Hugo has this e-mail address and no extension." in page
    assert f'href="{ADD}?person={hugo.pk}"' in page


def test_nobody_learns_of_people_beyond_the_scope_or_the_role(client: Client, of_sales: User) -> None:
    mighty = make_user("Ada", role="super_administrator")
    far, near = make_user("Hugo"), make_user("Grace")
    near.organizations.set(of_sales.organizations.all())
    mighty.organizations.set(of_sales.organizations.all())
    page = html_of(client, f"{ADD}?choose")
    assert [each for each in (mighty, far, near, of_sales) if f"({each.email})</option>" in page] == [near, of_sales]
    for hidden in (mighty, far):
        answer = client.post(ADD, Typed(email=hidden.email or "").fields)
        page = answer.content.decode()
        assert "Another person already signs in with this e-mail address" in page
        assert "?person=" not in page
        assert client.get(f"{ADD}?person={hidden.pk}")["Location"] == ADD
        assert give(client, hidden)["Location"] == ADD
    assert not SipExtension.objects.exists()


@pytest.mark.parametrize("person", ["0", "x", "999999", "99999999999999999999999", "%00"])
def test_nobody_of_that_kind_leads_back(signed_in: Client, person: str) -> None:
    answer = signed_in.get(f"{ADD}?person={person}", follow=True)
    assert answer.redirect_chain == [(ADD, 302)]
    assert "Choose another person." in answer.content.decode()


def test_everybody_is_looked_at_only_where_somebody_asks(signed_in: Client, ada: User) -> None:
    """Among 100,000 people that takes longer than all the rest of the page."""
    hugo = make_user("Hugo")
    option = "Hugo (hugo@example.com)</option>"
    with CaptureQueriesContext(connection) as asked:
        assert option not in html_of(signed_in, ADD)
    assert [each["sql"] for each in asked if '"extensions_sipextension"."id" IS NULL' in each["sql"]] == []
    assert option in html_of(signed_in, f"{ADD}?choose")
    for user in (hugo, ada):
        make_extension(user=user)
    assert "Everyone you can choose already has an extension." in html_of(signed_in, f"{ADD}?choose")


def test_who_got_an_extension_meanwhile_keeps_that_one(signed_in: Client) -> None:
    hugo = make_user("Hugo")
    make_extension("1001", user=hugo)
    assert give(signed_in, hugo)["Location"] == ADD
    assert SipExtension.objects.get().number == "1001"


def test_a_number_that_is_taken_is_said_and_the_person_stays_chosen(signed_in: Client) -> None:
    make_extension("1000")
    hugo = make_user("Hugo")
    answer = give(signed_in, hugo)
    assert answer.status_code == 422
    assert "Another extension has this number." in answer.content.decode()
    assert answer.context["form"].chosen == hugo


def test_the_last_super_administrator_stays_one(signed_in: Client, ada: User) -> None:
    answer = give(signed_in, ada, role="")
    assert answer.status_code == 422
    assert "last Super Administrator" in answer.content.decode()


@pytest.mark.parametrize("who", ["own", "another's"])
def test_a_discard_takes_the_extension_and_leaves_the_person(signed_in: Client, ada: User, who: str) -> None:
    user = ada if who == "own" else make_user("Hugo")
    give(signed_in, user)
    review.discard("1000", ada)
    assert not SipExtension.objects.exists()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    give(signed_in, user)
    assert SipExtension.objects.get().user == user


def applied(number: str) -> ApplyRun:
    run = ApplyRun.objects.create()
    run.changes.set(Change.objects.waiting().of([number]))
    Change.objects.waiting().update(applied_at=run.started_at)
    return run


def test_an_undo_and_its_undo_leave_the_person_who_was_there(signed_in: Client, ada: User) -> None:
    give(signed_in, ada)
    undo.undo(applied("1000"), ada)
    assert User.objects.filter(pk=ada.pk).exists()
    assert not SipExtension.objects.exists()
    ada.set_password("Another7Horse9Staple")
    ada.save()
    undo.undo(applied("1000"), ada)
    assert SipExtension.objects.get().user == ada
    assert SipExtension.objects.get().user.check_password("Another7Horse9Staple")
    undo.undo(applied("1000"), ada)
    assert User.objects.filter(pk=ada.pk).exists()
    assert not SipExtension.objects.exists()


def test_an_undo_says_that_the_person_has_another_extension_by_now(signed_in: Client, ada: User) -> None:
    give(signed_in, ada)
    undo.undo(applied("1000"), ada)
    run = applied("1000")
    make_extension("1001", user=ada)
    with pytest.raises(CannotPutBack, match="Ada has extension 1001 now"):
        undo.undo(run, ada)
    assert SipExtension.objects.get().number == "1001"


def test_who_was_deleted_with_the_extension_comes_back_with_it(signed_in: Client, ada: User) -> None:
    hugo = make_user("Hugo", role="employee")
    give(signed_in, hugo)
    applied("1000")
    signed_in.post("/extensions/1000/delete/", {"then": "save"})
    assert not User.objects.filter(pk=hugo.pk).exists()
    review.discard("1000", ada)
    assert SipExtension.objects.get().user == hugo
    assert SipExtension.objects.get().user.check_password(PASSWORD)
