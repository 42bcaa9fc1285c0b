import pytest
from django.test import Client

from accounts.models import User
from accounts.throttling import sign_in as sign_in_throttling
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from tests.pages import html_of
from tests.people import PASSWORD, Typed, make_extension, make_user


def sign_in(client: Client, email: str, password: str = PASSWORD) -> str:
    answer = client.post("/sign-in/", {"login": email, "password": password}, follow=True)
    return str(answer.request["PATH_INFO"])


def test_people_sign_in_with_their_address_whatever_its_case(client: Client, ada: User) -> None:
    assert sign_in(client, "ADA@Example.com") == "/dashboard/"


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("idna@exämple.de", "idna@xn--exmple-cua.de"),  # as Chromium posts it
        ("idna@xn--exmple-cua.de", "idna@exämple.de"),
        ("idna@exämple.de", "IDNA@exa\u0308mple.de"),
        ("jörg@example.com", "jörg@example.com"),
        ("jörg@example.com", "Jo\u0308rg@example.com"),
    ],
)
def test_people_sign_in_with_their_address_in_whatever_form(client: Client, db: None, stored: str, typed: str) -> None:
    user = make_user("Idna", role="super_administrator", email=stored)
    assert sign_in(client, typed) == "/dashboard/"
    assert User.objects.get(email=typed) == User.objects.get_by_natural_key(typed) == user
    assert sign_in_throttling.of_account(typed) == sign_in_throttling.of_account(stored)


@pytest.mark.parametrize("form", ["idna@exämple.de", "idna@xn--exmple-cua.de", "IDNA@exa\u0308mple.de"])
def test_a_forgotten_password_in_whatever_form_of_the_address(client: Client, db: None, form: str) -> None:
    make_user("Idna", email="idna@exämple.de")
    Preferences.objects.update(mail_host="mail.example.com")
    client.post("/password/", {"email": form})
    assert Email.objects.get().to == "idna@exämple.de"


def test_the_other_form_of_an_address_is_taken_too(client: Client, ada: User) -> None:
    make_extension(user=make_user("Idna", email="idna@exämple.de"))
    client.force_login(ada)
    answer = client.post("/extensions/add/", Typed(email="idna@xn--exmple-cua.de").fields)
    assert "Another person already signs in with this e-mail address" in answer.content.decode()


def test_failures_of_all_forms_of_an_address_are_counted_together(client: Client, db: None) -> None:
    make_user("Idna", email="idna@exämple.de")
    forms = ["idna@exämple.de", "idna@xn--exmple-cua.de", "IDNA@exa\u0308mple.de", "IDNA@EXÄMPLE.de", "idna@exämple.de"]
    statuses = [
        client.post("/sign-in/", {"login": each, "password": "wrong"}).status_code for each in [*forms, forms[1]]
    ]
    assert statuses[-1] == 429
    assert AuditRecord.objects.filter(action="sign_in.blocked").count() == 1
    assert AuditRecord.objects.filter(action="sign_in.failed", by=User.objects.get().pk).exists()


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
    assert "is incorrect" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_disabled_person_does_not_get_in(client: Client, ada: User) -> None:
    User.objects.update(is_active=False)
    assert sign_in(client, "ada@example.com") == "/sign-in/"
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
    kept = client.cookies["theme"]
    assert (answer["Location"], kept.value) == ("/", "dark")
    assert (kept["httponly"], kept["samesite"], kept["max-age"]) == (True, "Lax", 365 * 24 * 3600)
    assert 'data-bs-theme="dark"' in client.get("/sign-in/").content.decode()
