"""People without an extension: seen, changed, given a number, and removed by who may manage people."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from accounts.models import Role, User
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions import people
from tests.pages import html_of
from tests.people import PASSWORD, be_stale, make_extension, make_user
from tests.trees import department

LIST = "/extensions/people/"


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def fields(user: User, **more: Any) -> dict[str, Any]:
    return {
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email or "",
        "mobile": "",
        "password": "",
        "role": str(user.role_id or ""),
        "organizations": [str(each.pk) for each in user.organizations.all()],
        "job_title": "",
        "seen": people.digest(User.objects.get(pk=user.pk)),
        **more,
    }


def names(client: Client, query: str = "") -> list[str]:
    return [each.full_name for each in client.get(f"{LIST}{query}").context["page"].rows]


def test_those_without_an_extension_are_listed_by_name(signed_in: Client) -> None:
    make_user("Zora")
    make_user("Émile")
    make_extension("1000", first_name="Grace")
    assert names(signed_in) == ["Ada", "Émile", "Zora"]
    assert names(signed_in, "?name=emi") == ["Émile"]
    assert names(signed_in, "?name=zora@example") == ["Zora"]
    assert "No results for" in html_of(signed_in, f"{LIST}?name=nobody")
    assert "People without an extension" in html_of(signed_in, "/extensions/")


def test_pages_lose_none(signed_in: Client) -> None:
    for place in range(60):
        make_user(f"Person{place:02}")
    page = signed_in.get(LIST).context["page"]
    assert (page.first, page.last, page.total, page.next) == (1, 50, 61, "51")
    assert len(names(signed_in, "?from=51")) == 11
    assert len(names(signed_in, "?from=999")) == 1


def test_what_somebody_else_saved_meanwhile_is_shown_and_not_lost(signed_in: Client) -> None:
    zora = make_user("Zora")
    opened = fields(zora, job_title="Pilot")
    assert f'name="seen" value="{opened["seen"]}"' in html_of(signed_in, f"{LIST}{zora.pk}/")
    User.objects.filter(pk=zora.pk).update(last_name="Stone")
    zora.organizations.set([department("Sales")])
    answer = signed_in.post(f"{LIST}{zora.pk}/", opened)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Someone else changed this person while this page was open." in page
    said = {each["label"]: each["message"] for each in answer.context["errors"]}
    assert said.pop("").startswith("Someone else changed this person")
    assert said == {
        "Last Name": "Now saved: Stone", "Job Title": "Now saved: empty", "Departments": "Now saved: Sales",
    }  # fmt: skip
    assert 'value="Pilot"' in page
    zora.refresh_from_db()
    assert (zora.last_name, zora.job_title) == ("Stone", "")
    again = answer.context["seen"]
    assert signed_in.post(f"{LIST}{zora.pk}/", {**opened, "last_name": "Stone", "seen": again})["Location"] == LIST
    zora.refresh_from_db()
    assert (zora.last_name, zora.job_title) == ("Stone", "Pilot")


def test_of_what_somebody_else_saved_meanwhile_no_secret_and_no_field_out_of_reach_is_shown(
    client: Client, hugo: User
) -> None:
    zora = make_user("Zora", role="employee")
    client.force_login(hugo)
    opened = fields(zora, password="Another7Horse9Staple")
    zora = User.objects.get(pk=zora.pk)
    zora.set_password("Third7Horse9Staple")
    zora.role, zora.last_name = None, "Stone"
    zora.save()
    answer = client.post(f"{LIST}{zora.pk}/", opened)
    assert answer.status_code == 422
    assert [*answer.context["form"].person.errors] == ["__all__", "last_name"]
    assert zora.password not in answer.content.decode()


def test_one_is_changed_and_it_is_recorded(signed_in: Client, ada: User) -> None:
    zora = make_user("Zora")
    role = Role.objects.get(key="employee")
    Preferences.objects.update(mail_host="mail.example.com", mail_from="portal@example.com")
    typed = fields(zora, last_name="Stone", role=str(role.pk), password="Another7Horse9Staple")
    answer = signed_in.post(f"{LIST}{zora.pk}/", typed)
    assert answer["Location"] == LIST
    zora.refresh_from_db()
    assert (zora.last_name, zora.role, zora.email) == ("Stone", role, "zora@example.com")
    assert zora.check_password("Another7Horse9Staple")
    record = AuditRecord.objects.get(action="person.edited")
    assert (record.by, record.on) == (ada.pk, "Zora Stone")
    assert record.detail["fields"]["last_name"] == ["", "Stone"]
    assert "Another7Horse" not in str(record.detail)
    assert Email.objects.filter(kind="password_changed", user=zora).exists()
    again = signed_in.post(f"{LIST}{zora.pk}/", fields(zora))
    assert AuditRecord.objects.filter(action="person.edited").count() == 1
    said = [[*map(str, get_messages(each.wsgi_request))][-1] for each in (answer, again)]
    assert said == ["Zora Stone saved.", "Nothing was changed."]
    signed_in.post(f"{LIST}{zora.pk}/", fields(zora, last_name="Rock"))
    assert AuditRecord.objects.filter(action="person.edited").count() == 2
    assert Email.objects.filter(kind="password_changed").count() == 1


def test_errors_stand_at_their_fields(signed_in: Client) -> None:
    zora = make_user("Zora")
    answer = signed_in.post(f"{LIST}{zora.pk}/", fields(zora, first_name="", email="ada@example.com"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'href="#id_email"' in page
    zora.refresh_from_db()
    assert zora.email == "zora@example.com"


def test_without_scripts_finding_a_department_saves_nothing(signed_in: Client) -> None:
    zora = make_user("Zora")
    answer = signed_in.post(
        f"{LIST}{zora.pk}/", fields(zora, first_name="", last_name="", job_title="Pilot", then="find")
    )
    assert (answer.status_code, answer.context["errors"]) == (200, [])
    assert not answer.context["form"].person.errors
    assert 'value="Pilot"' in answer.content.decode()
    assert signed_in.get(f"{LIST}{zora.pk}/").context["errors"] == []
    zora.refresh_from_db()
    assert (zora.first_name, zora.job_title) == ("Zora", "")
    assert signed_in.get(f"{LIST}999999/").status_code == 404


def test_one_is_removed(signed_in: Client) -> None:
    zora = make_user("Zora")
    page = html_of(signed_in, f"{LIST}{zora.pk}/remove/")
    assert "The sign-in account zora@example.com" in page
    signed_in.post(f"{LIST}{zora.pk}/remove/")
    assert not User.objects.filter(first_name="Zora").exists()
    assert AuditRecord.objects.get(action="person.removed").on == "Zora"


def test_nobody_removes_themselves_or_the_last_super_administrator(signed_in: Client, ada: User, hugo: User) -> None:
    answer = signed_in.post(f"{LIST}{ada.pk}/remove/")
    assert answer.status_code == 409
    assert "This is you." in answer.content.decode()
    answer = signed_in.post(f"{LIST}{ada.pk}/", fields(ada, role=""))
    assert "This is the last Super Administrator." in answer.content.decode()
    assert User.objects.super_administrators().get() == ada


def meanwhile(monkeypatch: pytest.MonkeyPatch, name: str, happens: Callable[[], object]) -> None:
    """Somebody else was quicker: what a page has looked at is no longer so when it is written."""
    really = getattr(people, name)

    def later(*given: Any) -> Any:
        happens()
        return really(*given)

    monkeypatch.setattr(people, name, later)


@pytest.mark.parametrize("name", ["change", "remove"])
def test_who_was_removed_meanwhile_is_said_to_be_gone(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    zora = make_user("Zora")
    meanwhile(monkeypatch, name, lambda: User.objects.filter(pk=zora.pk).delete())
    path = f"{LIST}{zora.pk}/" + ("remove/" if name == "remove" else "")
    answer = signed_in.post(path, fields(zora, job_title="Pilot"), follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    assert "This person has an extension now, or was removed." in answer.content.decode()


@pytest.mark.parametrize("name", ["change", "remove"])
def test_who_is_the_last_super_administrator_by_now_stays_one(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    other = make_user("Bea", role="super_administrator")
    client.force_login(ada)
    meanwhile(monkeypatch, name, lambda: User.objects.filter(pk=ada.pk).update(role=None))
    path = f"{LIST}{other.pk}/" + ("remove/" if name == "remove" else "")
    answer = client.post(path, fields(other, role=""))
    assert answer.status_code == (409 if name == "remove" else 422)
    assert "the last Super Administrator" in answer.content.decode()
    assert User.objects.super_administrators().get() == other


def test_an_address_that_was_taken_meanwhile_is_said_at_its_field(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    zora = make_user("Zora")
    meanwhile(monkeypatch, "change", lambda: make_user("Nora"))
    answer = signed_in.post(f"{LIST}{zora.pk}/", fields(zora, email="nora@example.com"))
    assert answer.status_code == 422
    assert 'href="#id_email"' in answer.content.decode()
    zora.refresh_from_db()
    assert zora.email == "zora@example.com"


def test_who_manages_anything_is_changed_after_asking_again_who_one_is(signed_in: Client, hugo: User) -> None:
    be_stale(signed_in)
    for path, body in ((f"{LIST}{hugo.pk}/", fields(hugo, password=PASSWORD + "x")), (f"{LIST}{hugo.pk}/remove/", {})):
        answer = signed_in.post(path, body)
        assert answer["Location"].startswith("/sign-in/again/")
    hugo.refresh_from_db()
    assert hugo.check_password(PASSWORD)


def test_one_with_an_extension_or_out_of_reach_is_not_there(client: Client, signed_in: Client, vic: User) -> None:
    sales, office = department("Sales"), department("Office")
    seller, other = make_user("Seller"), make_user("Zacharias")
    seller.organizations.set([sales])
    other.organizations.set([office])
    numbered = make_extension("1000").user
    assert signed_in.get(f"{LIST}{numbered.pk}/").status_code == 404
    role = Role.objects.create(name="C", granted=[Permission.MANAGE_EXTENSIONS], reach=Role.Reach.ORGANIZATIONS)
    role.organizations.set([sales])
    vic.role = role
    vic.save()
    client.force_login(vic)
    assert names(client) == ["Seller", "Vic"]
    for hidden in (f"{LIST}{other.pk}/", f"{LIST}{other.pk}/remove/"):
        assert client.get(hidden).status_code == 404
        assert client.post(hidden).status_code == 404
