"""Eve runs Sales. Of everybody else's extensions she sees nothing, wherever she asks."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Organization, Role, User
from accounts.requests import SignedInRequest
from asterisk.models import ApplyRun
from core.preferences.models import Preferences
from extensions import access, actions
from extensions.forms import ExtensionForm
from extensions.models import Change, SipExtension
from extensions.pbx import PbxError, Refused
from extensions.review import review
from extensions.review.views import words_for
from extensions.views import conflict
from tests.pages import html_of
from tests.people import Typed, make_extension, make_user

CANARY = "Zacharias"


@pytest.fixture
def sales(db: None, settings: Settings) -> Organization:
    settings.PBX_EXPECTED = False
    settings.AMI_PORT = 9
    made: Organization = Organization.objects.create(name="Sales", parent=Organization.company())
    return made


@pytest.fixture
def eve(sales: Organization) -> User:
    role = Role.objects.create(name="Runs Sales", granted=["extension.manage"], reach="organizations")
    role.organizations.add(sales)
    return make_user("Eve", custom=role)


@pytest.fixture
def eves(client: Client, eve: User) -> Client:
    client.force_login(eve)
    return client


def of_sales(number: str, first_name: str = "") -> SipExtension:
    extension = make_extension(number, first_name=first_name)
    extension.user.organizations.add(Organization.objects.get(name="Sales"))
    return extension


def of_others(number: str) -> SipExtension:
    extension = make_extension(number, first_name=CANARY, last_name=f"Of {number}")
    User.objects.filter(pk=extension.user.pk).update(email=f"zacharias{number}@example.com")
    extension = SipExtension.objects.get(pk=extension.pk)
    extension.save()
    extension.user.organizations.add(Organization.company())
    return extension


def numbers(client: Client, url: str) -> list[str]:
    return [row.number for row in client.get(url).context["extensions"]]


def runs() -> list[list[str]]:
    return [run.numbers for run in ApplyRun.objects.order_by("pk")]


def applied() -> None:
    Change.objects.update(applied_at="2026-01-01T00:00Z")


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["1000"]),
        ("?q=zacharias", []),
        ("?q=2000", []),
        ("?q=example", []),
        ("?sort=-name", ["1000"]),
        ("?sort=email", ["1000"]),
        ("?q=a&sort=-number", ["1000"]),
        ("?page=x", ["1000"]),
    ],
)
def test_the_list_its_search_and_its_orders(eves: Client, query: str, numbers: list[str]) -> None:
    of_sales("1000", "Alan")
    of_others("2000")
    answer = eves.get(f"/extensions/{query}")
    assert answer.status_code == 200
    assert [row.number for row in answer.context["extensions"]] == numbers
    assert answer.context["total"] == len(answer.context["extensions"])
    assert CANARY not in answer.content.decode()
    assert "/extensions/2000/" not in answer.content.decode()


def test_the_cursor_of_anothers_page(eves: Client, ada: User) -> None:
    for number in range(2000, 2060):
        of_others(str(number))
    of_sales("3000", "Alan")
    adas = Client()
    adas.force_login(ada)
    for sort in ("number", "name", "email", "-number"):
        following = adas.get(f"/extensions/?sort={sort}").context["shown"].next_url
        assert following
        assert set(numbers(eves, f"/extensions/{following}")) <= {"3000"}


def test_what_lies_below_is_reached_only_where_the_role_says_so(eves: Client, eve: User, sales: Organization) -> None:
    inside = Organization.objects.create(name="Inside", parent=sales)
    make_extension("1000").user.organizations.add(inside)
    assert numbers(eves, "/extensions/") == ["1000"]
    assert eve.role
    eve.role.below = False
    eve.role.save()
    assert numbers(eves, "/extensions/") == []
    assert eves.get("/extensions/1000/").status_code == 404


def test_status_polls(eves: Client) -> None:
    of_sales("1000")
    of_others("2000")
    page = html_of(eves, "/extensions/status/?n=1000&n=2000&detail=1")
    assert "status-1000" in page
    assert "2000" not in page
    assert html_of(eves, "/extensions/status/?n=2000&detail=1").strip() == ""


def test_the_header_counts_what_she_may_apply(eves: Client) -> None:
    of_others("2000")
    page = html_of(eves, "/pbx/")
    assert "waiting-noun" not in page
    assert "/review/" not in page
    of_sales("1000")
    page = html_of(eves, "/pbx/")
    assert '1 unapplied<span class="waiting-noun"> change</span>' in page
    assert "/review/" in page


def test_the_review_and_every_way_to_apply(eves: Client, eve: User) -> None:
    of_sales("1000")
    of_others("2000")
    page = html_of(eves, "/review/?from=2000")
    assert 'value="1000"' in page
    assert 'value="2000"' not in page
    assert "/extensions/2000/" not in page
    assert CANARY not in page
    for body in ({"from": "review", "n": ["2000"]}, {"n": ["2000"]}, {"all": "mine"}):
        assert eves.post("/apply/", body).status_code == 302
        assert runs() == []
    for body in ({"from": "review", "n": ["1000", "2000"]}, {"all": "everybody"}):
        assert eves.post("/apply/", body).status_code == 302
    assert runs() == [["1000"], ["1000"]]


def test_discarding_what_is_not_hers(eves: Client) -> None:
    of_others("2000")
    assert eves.post("/extensions/2000/discard/").status_code == 404
    assert Change.objects.waiting().numbers() == ["2000"]


def test_a_deletion_is_hers_to_take_back_only_if_she_deleted(eves: Client, eve: User, ada: User) -> None:
    for number in ("1000", "1001"):
        of_sales(number)
    applied()
    actions.disable("1001", eve)
    actions.delete("1000", eve)
    actions.delete("1001", ada)
    assert [row.number for row in review.waiting(eve)] == ["1000"]
    assert eves.post("/apply/", {"from": "review", "n": ["1001"]}).status_code == 302
    assert runs() == []
    assert eves.post("/extensions/1001/discard/").status_code == 404
    assert eves.post("/extensions/1000/discard/").status_code == 302
    assert list(SipExtension.objects.values_list("number", flat=True)) == ["1000"]


def test_an_old_deed_of_hers_opens_no_number_that_left_her_reach(eves: Client, eve: User, ada: User) -> None:
    extension = of_sales("1000")
    Change.objects.update(by=eve)
    applied()
    extension.user.organizations.set([Organization.company()])
    assert not Change.objects.visible_to(eve).exists()
    actions.delete(SipExtension.objects.get().number, ada)
    assert not Change.objects.visible_to(eve).exists()
    assert eves.post("/extensions/1000/discard/").status_code == 404
    assert not SipExtension.objects.exists()


def test_an_error_says_that_it_is_taken_not_by_whom(eves: Client, sales: Organization) -> None:
    other = of_others("2000")
    taken = Typed(number="2000", email="zacharias2000@example.com")
    more = {"organizations": [str(sales.pk)], "registration_name": other.registration_name}
    answer = eves.post("/extensions/add/", {**taken.fields, **more})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Another extension has this number" in page
    assert "Another person already signs in with this e-mail address" in page
    assert "Another extension registers with this name" in page
    assert CANARY not in page


def test_a_pbx_that_refuses_another_extension_names_it_to_those_who_see_it(eve: User, ada: User) -> None:
    of_others("2000")
    of_sales("1000")

    def said(user: User, error: PbxError) -> str:
        request = SignedInRequest()
        request.user = user
        return words_for(request, error)

    hidden = Refused("secret value", "2000", "caller_id")
    assert "2000" not in said(eve, hidden)
    assert "secret" not in said(eve, hidden)
    assert "2000" in said(ada, hidden)
    Change.objects.all().delete()
    assert "2000" in said(ada, hidden)
    assert "1000" in said(eve, Refused("why", "1000", "caller_id"))
    assert said(eve, PbxError("The PBX does not answer.")) == "The PBX does not answer."


def test_she_adds_to_sales_alone_and_keeps_what_she_adds(eves: Client, sales: Organization) -> None:
    root = Organization.company()
    assert eves.post("/extensions/add/", Typed(more={"organizations": [str(root.pk)]}).fields).status_code == 422
    assert eves.post("/extensions/add/", Typed(more={"organizations": []}).fields).status_code == 422
    answer = eves.post("/extensions/add/", Typed(more={"organizations": [str(sales.pk)]}).fields, follow=True)
    assert answer.status_code == 200
    assert list(SipExtension.objects.get().user.organizations.all()) == [sales]


def test_her_save_keeps_the_departments_that_she_does_not_reach(eves: Client, sales: Organization) -> None:
    extension = of_sales("1000", "Alan")
    extension.user.organizations.add(Organization.company())
    typed = Typed(
        more={
            "version": "1", "password": "", "registration_password": "", "email": "", "organizations": [str(sales.pk)],
            "registration_name": extension.registration_name, "job_title": "Clerk",
        }
    ).fields  # fmt: skip
    assert eves.post("/extensions/1000/edit/", {**typed, "organizations": []}).status_code == 422
    assert eves.post("/extensions/1000/edit/", typed)["Location"] == "/extensions/1000/"
    assert {str(each) for each in extension.user.organizations.all()} == {"Sales", "Company"}
    assert User.objects.get(pk=extension.user.pk).job_title == "Clerk"


def test_without_organizations_she_reaches_nobody_and_adds_nobody(eves: Client) -> None:
    of_sales("1000")
    Preferences.objects.update(organization_management=False)
    page = eves.get("/extensions/")
    assert (page.status_code, page.context["extensions"]) == (200, [])
    assert "/extensions/add/" not in page.content.decode()
    assert eves.get("/extensions/1000/").status_code == 404
    assert eves.get("/extensions/add/").status_code == 403
    assert eves.post("/extensions/add/", Typed().fields).status_code == 403
    assert html_of(eves, "/extensions/status/?n=1000").strip() == ""
    Preferences.objects.update(organization_management=True)
    assert numbers(eves, "/extensions/") == ["1000"]


def test_a_mightier_person_of_sales_is_seen_and_not_touched(eves: Client, ada: User, sales: Organization) -> None:
    ada.organizations.add(sales)
    make_extension("1000", user=ada)
    page = html_of(eves, "/extensions/")
    assert "/extensions/1000/" in page
    assert "/extensions/1000/edit/" not in page
    assert eves.post("/extensions/1000/registration-password/").status_code == 403
    for action in ("edit", "delete", "toggle", "discard"):
        assert eves.post(f"/extensions/1000/{action}/").status_code == 403


def test_of_those_shown_together_hers_alone_can_be_managed(
    eve: User, ada: User, vic: User, sales: Organization
) -> None:
    ada.organizations.add(sales)
    shown = [of_sales("1000"), make_extension("1001", user=ada), of_others("2000"), of_sales("1002")]
    request = SignedInRequest()
    for user, managed in ((eve, ["1000", "1002"]), (ada, ["1000", "1001", "1002", "2000"]), (vic, [])):
        request.user = User.objects.get(pk=user.pk)
        assert access.managed_numbers(request, shown) == {*managed}
        assert [each.number for each in access.managed(request).order_by("number")] == managed
        assert sorted(each.number for each in shown if access.may_manage(request, each)) == managed
    assert access.managed_numbers(request, []) == set()


def test_her_conflict_page_says_who_saved_hers_and_nothing_of_others(eves: Client, ada: User) -> None:
    extension = of_sales("1000", "Alan")
    of_others("2000")
    actions.disable("1000", ada)
    typed = Typed(
        more={
            "version": "1", "password": "", "registration_password": "",
            "organizations": [str(Organization.objects.get(name="Sales").pk)],
            "registration_name": extension.registration_name,
        }
    ).fields  # fmt: skip
    answer = eves.post("/extensions/1000/edit/", typed)
    assert answer.status_code == 409
    assert "<bdi>Ada</bdi> saved it" in answer.content.decode()
    assert CANARY not in answer.content.decode()


def test_what_her_page_offers_of_phones_and_of_what_failed(eves: Client, eve: User, vic: User) -> None:
    of_sales("1000")
    make_extension("3000", user=eve)
    offered = {n: eves.get(f"/extensions/{n}/").context for n in ("1000", "3000")}
    assert [offered[n]["may_remove"] for n in offered] == [True, True]
    assert [offered[n]["may_forget"] for n in offered] == [True, False]
    assert [offered[n]["can_edit"] for n in offered] == [True, False]
    vic.role = Role.objects.create(name="Viewer", granted=["extension.view"])
    vic.save()
    eves.force_login(vic)
    seen = eves.get("/extensions/1000/").context
    assert [seen["may_remove"], seen["may_forget"], seen["can_edit"]] == [False, False, False]


def test_a_conflict_over_what_has_left_her_reach_shows_nothing(eve: User, ada: User, sales: Organization) -> None:
    of_others("2000")
    ada.organizations.add(sales)
    make_extension("1000", user=ada)
    request = SignedInRequest()
    request.user = eve
    form = ExtensionForm(by=eve, preferences=Preferences.load())
    with pytest.raises(Http404):
        conflict(request, form, "2000")
    with pytest.raises(PermissionDenied):
        conflict(request, form, "1000")
