"""A password that an administrator has seen is changed before anything else."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.passwords.tokens import reset_tokens
from accounts.second_factor import factors
from core.preferences.models import Preferences
from extensions import actions
from extensions.models import Change, SipExtension
from tests.accounts.second_factor.test_second_factor import SECRET
from tests.authenticator import code
from tests.pages import html_of
from tests.people import PASSWORD, Typed, make_extension, make_user

CHANGE, NEW = "/account/password/", "Another7Horse9Staple"


@pytest.fixture
def grace(client: Client, ada: User) -> User:
    """Added by Ada, who typed the password."""
    client.force_login(ada)
    assert "The person must change it after signing in." in html_of(client, "/extensions/add/")
    client.post("/extensions/add/", Typed().fields)
    return User.objects.get(email="grace@example.com")


def signed_in(password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/sign-in/", {"login": "grace@example.com", "password": password})
    return client


def changed(client: Client, password: str = NEW, present: str = PASSWORD) -> str:
    answer = client.post(CHANGE, {"present": present, "password": password})
    return answer.headers.get("Location", "") or answer.content.decode()


def edits(client: Client, **more: str) -> None:
    version = str(SipExtension.objects.get().version)
    typed = Typed(more={"password": "", "registration_password": "", "caller_id": "1000", "version": version, **more})
    assert client.post("/extensions/1000/edit/", typed.fields).status_code == 302


@pytest.mark.parametrize(
    "path", ["/", "/extensions/1000/", "/account/", "/account/security/", "/account/security/app/"]
)
def test_nothing_else_is_open_until_the_password_is_changed(grace: User, path: str) -> None:
    browser = signed_in()
    assert browser.get(path)["Location"] == CHANGE
    assert browser.post(path)["Location"] == CHANGE
    page = html_of(browser, CHANGE)
    assert "An administrator set your current password and may know it." in page
    assert "<nav" not in page
    assert changed(browser) == "/"
    assert browser.get(path).headers.get("Location") != CHANGE
    assert signed_in(NEW).get("/account/").status_code == 200


def test_a_poll_and_a_part_of_a_page_lead_there_too(grace: User) -> None:
    browser = signed_in()
    assert browser.get("/pbx/", headers={"HX-Request": "true"})["HX-Redirect"] == CHANGE
    assert browser.get("/pbx/", headers={"X-Background": "yes", "HX-Request": "true"}).status_code == 204
    assert browser.post("/sign-out/").status_code == 302


def test_the_same_password_is_not_a_new_one(grace: User) -> None:
    browser = signed_in()
    assert "different from the current one" in changed(browser, PASSWORD)
    assert browser.get("/")["Location"] == CHANGE


def test_one_chosen_by_a_link_is_ones_own(grace: User) -> None:
    browser = signed_in()
    assert browser.get("/password/").status_code == 200
    link = browser.get(reset_tokens.link(grace).removeprefix("http://testserver"))["Location"]
    browser.post(link, {"password": NEW})
    assert browser.get("/account/").status_code == 200
    grace.refresh_from_db()
    assert not grace.password_seen


def test_one_that_is_typed_again_later_is_changed_again(client: Client, grace: User) -> None:
    assert changed(signed_in()) == "/"
    edits(client, job_title="Admiral")
    assert signed_in(NEW).get("/account/").status_code == 200
    edits(client, password=PASSWORD)
    assert signed_in().get("/account/")["Location"] == CHANGE


def test_ones_own_typed_on_the_own_extension_is_not(client: Client, ada: User) -> None:
    make_extension("1000", user=ada)
    client.force_login(ada)
    assert "must change it after" not in html_of(client, "/extensions/1000/edit/")
    edits(client, email="ada@example.com", first_name="Ada", password=NEW, role=str(ada.role_id))
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert not ada.password_seen


def test_it_is_a_preference(client: Client, grace: User) -> None:
    Preferences.objects.update(change_seen_password=False)
    assert signed_in().get("/account/").status_code == 200
    assert "must change it after" not in html_of(client, "/extensions/add/")


def test_the_second_factor_is_asked_for_before(grace: User) -> None:
    factors.add_app(grace, SECRET, 0)
    browser = signed_in()
    assert browser.get("/account/")["Location"].startswith("/sign-in/")
    browser.post("/sign-in/second-factor/", {"code": code(SECRET)})
    browser.post("/sign-in/trust/", {"action": "no"})
    assert browser.get("/account/")["Location"] == CHANGE


def test_the_password_comes_before_a_second_factor_that_is_compulsory(hugo: User) -> None:
    Preferences.objects.update(second_factor=True)
    User.objects.filter(pk=hugo.pk).update(password_seen=True)
    browser = Client()
    browser.force_login(hugo)
    assert browser.get("/")["Location"] == CHANGE
    assert browser.get("/account/security/second-factor/")["Location"] == CHANGE
    assert changed(browser) == "/"
    assert browser.get("/")["Location"] == "/account/security/second-factor/"


def test_it_stays_so_through_a_deletion_and_its_undo(client: Client, grace: User, ada: User) -> None:
    Change.objects.all().delete()
    actions.delete("1000", ada)
    assert not User.objects.filter(email="grace@example.com").exists()
    client.post("/extensions/1000/discard/")
    assert User.objects.get(email="grace@example.com").password_seen


def test_a_person_added_with_no_password_has_none_that_was_seen(ada: User) -> None:
    assert not make_user("Linus").password_seen
