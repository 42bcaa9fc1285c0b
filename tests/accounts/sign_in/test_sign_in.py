import pytest
from django.test import Client

from accounts.models import User
from tests.pages import html_of
from tests.people import PASSWORD, make_extension


def sign_in(client: Client, email: str, password: str = PASSWORD) -> str:
    answer = client.post("/sign-in/", {"login": email, "password": password}, follow=True)
    return str(answer.request["PATH_INFO"])


def test_people_sign_in_with_their_address_whatever_its_case(client: Client, ada: User) -> None:
    assert sign_in(client, "ADA@Example.com") == "/extensions/"


def test_a_person_without_a_role_comes_to_the_own_extension(client: Client, vic: User) -> None:
    make_extension("1000", user=vic)
    assert sign_in(client, "vic@example.com") == "/extensions/1000/"


def test_a_person_without_extension_or_role_is_told_so(client: Client, vic: User) -> None:
    assert sign_in(client, "vic@example.com") == "/"
    assert "no extension yet" in client.get("/").content.decode()


@pytest.mark.parametrize(("email", "password"), [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD)])
def test_a_wrong_sign_in_says_the_same_for_known_and_unknown(
    client: Client, ada: User, email: str, password: str
) -> None:
    answer = client.post("/sign-in/", {"login": email, "password": password})
    assert "is not right" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_disabled_person_does_not_get_in(client: Client, ada: User) -> None:
    User.objects.update(is_active=False)
    sign_in(client, "ada@example.com")
    assert "_auth_user_id" not in client.session


def test_the_sign_in_page_sends_nobody_to_another_site(client: Client, ada: User) -> None:
    typed = {"login": "ada@example.com", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/sign-in/", typed)["Location"] == "/"


def test_the_sign_in_page_leads_to_where_one_wanted_to_go(client: Client, ada: User) -> None:
    page = html_of(client, "/sign-in/?next=/preferences/")
    assert '<input type="hidden" name="next" value="/preferences/">' in page
    assert "placeholder" not in page
    typed = {"login": "ada@example.com", "password": PASSWORD, "next": "/preferences/"}
    assert client.post("/sign-in/", typed)["Location"] == "/preferences/"


def test_nobody_signs_up(client: Client, db: None) -> None:
    assert client.get("/signup/").status_code == 404
    assert "sign up" not in html_of(client, "/sign-in/").lower()


def test_the_theme_is_kept_and_leads_nowhere_else(client: Client, db: None) -> None:
    answer = client.post("/theme/", {"theme": "dark", "next": "https://evil.example/"})
    assert (answer["Location"], client.cookies["theme"].value) == ("/", "dark")
    assert 'data-bs-theme="dark"' in client.get("/sign-in/").content.decode()
