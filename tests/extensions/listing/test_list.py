"""The list: who sees it, what is found, and pages that neither lose nor repeat a row."""

import re
from itertools import chain

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Role, User
from core.keyset_pagination import page
from extensions.listing import filters, search
from extensions.models import SipExtension
from tests.pages import html_of
from tests.people import make_extension, make_user


def numbers(client: Client, query: str = "") -> list[str]:
    return [row.number for row in client.get(f"/extensions/{query}").context["extensions"]]


def all_pages(client: Client, query: str) -> list[str]:
    found, url = [], query
    while url:
        context = client.get(f"/extensions/{url}").context
        found += [row.number for row in context["extensions"]]
        url = context["shown"].next_url
    return found


def test_pages_follow_one_another_in_each_order(client: Client, ada: User) -> None:
    for i in range(60):
        make_extension(str(1000 + i), first_name=f"Same {i % 3}")
    make_extension("99", first_name="Zoe")
    client.force_login(ada)
    by_number = ["99", *(str(1000 + i) for i in range(60))]
    assert all_pages(client, "?sort=number") == by_number
    assert all_pages(client, "?sort=-number") == by_number[::-1]
    for sort in ("name", "-name", "email", "-email"):
        assert sorted(all_pages(client, f"?sort={sort}")) == sorted(by_number)
    assert all_pages(client, "?sort=-name")[0] == "99"


def test_the_cursor_of_another_order_is_the_first_page(client: Client, ada: User) -> None:
    for i in range(30):
        make_extension(str(1000 + i), first_name=f"Person {i}")
    client.force_login(ada)
    cursor = client.get("/extensions/?sort=name").context["shown"].next_url.partition("page=")[2]
    assert numbers(client, f"?sort=number&page={cursor}") == numbers(client, "?sort=number")


def test_previous_leads_back(client: Client, ada: User) -> None:
    for i in range(60):
        make_extension(str(1000 + i))
    client.force_login(ada)
    first = client.get("/extensions/").context
    assert first["shown"].previous_url == ""
    second = client.get(f"/extensions/{first['shown'].next_url}").context
    back = client.get(f"/extensions/{second['shown'].previous_url}").context
    assert [row.number for row in back["extensions"]] == [row.number for row in first["extensions"]]
    assert back["shown"].previous_url == ""


def test_each_page_says_which_rows_it_has(client: Client, ada: User) -> None:
    for i in range(60):
        make_extension(str(1000 + i))
    client.force_login(ada)

    def words(query: str) -> str:
        page = client.get(f"/extensions/{query}")
        found = re.search(r'class="pager-words">\s*(.*?)\s*</p>', page.content.decode(), re.DOTALL)
        assert found
        return found[1]

    first = client.get("/extensions/").context["shown"]
    assert words("") == "1 to 25 of 60"
    assert words(first.next_url) == "26 to 50 of 60"
    assert words(first.last_url) == "36 to 60 of 60"
    last = client.get(f"/extensions/{first.last_url}").context
    assert [row.number for row in last["extensions"]] == [str(1000 + i) for i in range(35, 60)]
    assert (last["shown"].next_url, last["shown"].last_url) == ("", "")
    assert words(last["shown"].previous_url) == "11 to 35 of 60"
    assert words(last["shown"].first_url) == "1 to 25 of 60"
    assert words("?sort=-name&page=last") == "36 to 60 of 60"


def test_a_page_of_more_than_are_counted_says_so(client: Client, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "COUNTED", 30)
    monkeypatch.setattr(search, "COUNTED", 30)
    for i in range(60):
        make_extension(str(1000 + i))
    client.force_login(ada)
    page = html_of(client, "/extensions/?voicemail=no")
    assert "1 to 25 of more than 30" in page
    assert "Select all that match, more than 30" in page
    assert 'name="count"' not in page
    assert "The last of more than 30" in html_of(client, "/extensions/?voicemail=no&page=last")


def test_columns_and_page_size_are_kept_for_the_person(client: Client, ada: User, hugo: User) -> None:
    for i in range(60):
        make_extension(str(1000 + i), caller_id="77" if i == 0 else str(1000 + i))
    client.force_login(ada)
    usual = html_of(client, "/extensions/")
    assert [each.name for each in client.get("/extensions/").context["layout"].columns] == [
        "number", "name", "caller_id", "email", "role", "organizations", "phones",
    ]  # fmt: skip
    assert 'class="cell-caller-id">77<' in usual
    assert 'class="cell-caller-id">1001<' not in usual
    chosen = {"column": ["mobile", "last_seen", "x"], "page_size": "50", "next": "/extensions/?sort=name"}
    assert client.post("/extensions/layout/", chosen)["Location"] == "/extensions/?sort=name"
    context = client.get("/extensions/").context
    assert [each.name for each in context["layout"].columns] == ["number", "name", "mobile", "last_seen"]
    assert len(context["extensions"]) == 50
    elsewhere = client.post("/extensions/layout/", {"page_size": "7", "next": "https://example.com/"})
    assert elsewhere["Location"] == "/extensions/"
    assert len(client.get("/extensions/").context["extensions"]) == 25
    client.force_login(hugo)
    assert client.get("/extensions/").context["shows"]["email"]


def test_each_order_is_of_its_column(client: Client, ada: User) -> None:
    for number, name, role, mobile, caller_id in (
        ("1000", "C", "administrator", "+493012345", "3"),
        ("1001", "B", "", "", "1"),
        ("1002", "A", "administrator", "+33140205050", "2"),
    ):
        user = make_user(name, role=role, mobile=mobile)
        make_extension(number, user=user, caller_id=caller_id)
    client.force_login(ada)
    assert numbers(client, "?sort=name") == ["1002", "1001", "1000"]
    assert numbers(client, "?sort=role") == ["1001", "1000", "1002"]
    assert numbers(client, "?sort=-role") == ["1002", "1000", "1001"]
    assert numbers(client, "?sort=mobile") == ["1001", "1002", "1000"]
    assert numbers(client, "?sort=caller_id") == ["1001", "1002", "1000"]
    administrator = Role.objects.get(key="administrator").pk
    assert numbers(client, f"?role={administrator}&sort=-number") == ["1002", "1000"]


def test_the_role_of_a_person_saved_alone_is_that_of_the_list(client: Client, ada: User) -> None:
    extension = make_extension("1000")
    client.force_login(ada)
    extension.user.role = Role.objects.get(key="administrator")
    extension.user.save()
    assert numbers(client, f"?role={extension.user.role.pk}") == ["1000"]
    extension.user.role = None
    extension.user.save(update_fields=["role"])
    assert numbers(client, "?role=none") == ["1000"]


@pytest.mark.django_db
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(names=st.lists(st.sampled_from("abc"), max_size=12), size=st.integers(1, 5), descending=st.booleans())
def test_walking_there_and_back_meets_every_row_once(names: list[str], size: int, descending: bool) -> None:
    User.objects.all().delete()
    for i, name in enumerate(names):
        make_extension(str(1000 + i), first_name=name)
    rows, there, cursor = SipExtension.objects.all(), [], ""
    while True:
        shown = page(rows, "sort_name", descending=descending, cursor=cursor, size=size)
        there.append([row.number for row in shown.rows])
        cursor = shown.next
        if not cursor:
            break
    assert sorted(chain.from_iterable(there)) == [str(1000 + i) for i in range(len(names))]
    back, cursor = [there[-1]], shown.previous
    while cursor:
        shown = page(rows, "sort_name", descending=descending, cursor=cursor, size=size)
        back.append([row.number for row in shown.rows])
        cursor = shown.previous
    assert back[::-1] == there


@pytest.mark.parametrize("cursor", ["nonsense", "a:b:c", "%00", "WyJhZnRlciIsMSwyXQ:forged"])
def test_a_forged_cursor_shows_the_first_page(client: Client, ada: User, cursor: str) -> None:
    make_extension("1000")
    client.force_login(ada)
    assert numbers(client, f"?page={cursor}") == ["1000"]


@pytest.mark.parametrize("q", ["1001", "grace", "GRACE hop", "hopper 1001", "ПЕТРОВ", "@navy", "admiral", "+1555"])
def test_search_finds_numbers_names_addresses_in_any_case(client: Client, ada: User, q: str) -> None:
    make_extension("1000", first_name="Ivan", last_name="Other")
    grace = User.objects.create(
        first_name="Grace Петров",
        last_name="Hopper",
        email="g@navy.example.com",
        job_title="Admiral",
        mobile="+15551234567",
    )
    make_extension("1001", user=grace)
    client.force_login(ada)
    assert [row.number for row in client.get("/extensions/", {"q": q}).context["extensions"]] == ["1001"]


@pytest.mark.parametrize(
    "q", ["'; DROP TABLE", "%", "_", "\0", "x" * 5000, "<script>alert(1)</script>", "\\", "\ud7ff"]
)
def test_hostile_searches_find_nothing_and_break_nothing(client: Client, ada: User, q: str) -> None:
    make_extension("1000")
    client.force_login(ada)
    answer = client.get("/extensions/", {"q": q})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
    if q != "\0":
        assert answer.context["extensions"] == []


def test_names_are_text_on_every_page(client: Client, ada: User) -> None:
    make_extension("1000", first_name="<script>alert(1)</script>", last_name='"><img src=x>')
    client.force_login(ada)
    for url in ("", "1000/", "1000/edit/", "1000/delete/"):
        page_text = html_of(client, f"/extensions/{url}")
        assert "<script>alert" not in page_text
        assert "<img src=x" not in page_text


# --- who sees what ---


def test_a_person_without_a_role_sees_the_own_extension_alone(client: Client, vic: User) -> None:
    make_extension("1000", first_name="Canary")
    own = make_extension("1001", user=vic)
    client.force_login(vic)
    assert client.get("/extensions/").status_code == 404
    assert client.get("/extensions/1001/").status_code == 200
    assert client.post("/extensions/1001/registration-password/").content.count(own.registration_password.encode()) == 1
    for url in ("", "edit/", "delete/", "toggle/", "registration-password/"):
        assert client.post(f"/extensions/1000/{url}").status_code in (404, 405)
        answer = client.get(f"/extensions/1000/{url}")
        assert answer.status_code in (404, 405)
        assert b"Canary" not in answer.content
    for url in ("edit", "delete", "toggle"):
        assert client.post(f"/extensions/1001/{url}/").status_code == 403
    assert client.get("/extensions/status/?n=1000&n=1001").content.count(b'id="status-') == 1
    assert client.post("/apply/").status_code == 404
    assert client.get("/preferences/").status_code == 404
    assert client.post("/extensions/strength/", {"registration_password": "x"}).status_code == 404


@pytest.mark.parametrize("role", ["supervisor", "operator", "employee", "accounting"])
def test_roles_without_rights_see_no_list(client: Client, vic: User, role: str) -> None:
    vic.role = Role.objects.get(key=role)
    vic.save()
    client.force_login(vic)
    assert client.get("/extensions/").status_code == 404


def test_the_page_says_which_extensions_wait(client: Client, ada: User) -> None:
    make_extension("1000")
    client.force_login(ada)
    page_text = client.get("/extensions/").content.decode()
    assert re.search(r"1 unapplied<span class=\"waiting-noun\"> change</span>", page_text)
