"""The sign-in of one who leaves, or of one who stays."""

from django.test import Client

from accounts.models import User
from accounts.sessions.models import Session
from core.audit.models import AuditRecord
from extensions import actions
from extensions.models import SipExtension
from tests.extensions.leaving.leaver import again, is_out, leaves, signed_in
from tests.people import PASSWORD


def test_an_open_page_of_one_whose_sign_in_ended_is_out_although_its_session_is_there(grace: SipExtension) -> None:
    """Even if a session came into being between the two actions."""
    browser = signed_in(grace.user)
    assert browser.get("/extensions/1001/").status_code == 200
    User.objects.filter(pk=grace.user.pk).update(is_active=False)
    assert Session.objects.exists()
    assert is_out(browser)


def test_a_sign_in_that_ended_is_answered_as_a_wrong_password(client: Client, ada: User, grace: SipExtension) -> None:
    leaves(grace, ada)
    right = client.post("/sign-in/", {"login": "grace@example.com", "password": PASSWORD})
    wrong = client.post("/sign-in/", {"login": "grace@example.com", "password": "Wrong7Horse9Staple"})
    unknown = client.post("/sign-in/", {"login": "nobody@example.com", "password": PASSWORD})
    assert right.status_code == wrong.status_code == unknown.status_code == 200
    assert right.context["form"].errors == wrong.context["form"].errors == unknown.context["form"].errors
    assert "is incorrect" in right.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_sign_in_that_ended_counts_as_a_failed_one(client: Client, ada: User, grace: SipExtension) -> None:
    leaves(grace, ada)
    said = [
        str(client.post("/sign-in/", {"login": "grace@example.com", "password": PASSWORD}).context["form"].errors)
        for _ in range(12)
    ]
    assert "is incorrect" in said[0]
    assert "Too many failed sign-ins" in said[-1]


def test_the_sign_in_alone_is_ended_and_allowed_again(adas: Client, grace: SipExtension) -> None:
    browser = signed_in(grace.user)
    adas.post("/extensions/1001/sign-in/", {"allowed": "no"})
    assert is_out(browser)
    assert again(grace).enabled
    assert "Blocked" in adas.get("/extensions/1001/").content.decode()
    adas.post("/extensions/1001/sign-in/", {"allowed": "yes"})
    assert again(grace).user.is_active
    assert is_out(browser)
    assert Client().login(email="grace@example.com", password=PASSWORD)
    recorded = AuditRecord.objects.filter(action="extension.changed", on="1001").order_by("id")
    assert [each.detail["fields"] for each in recorded] == [{"is_active": ["on", "off"]}, {"is_active": ["off", "on"]}]


def test_the_sign_in_of_one_who_has_left_is_not_allowed_alone(adas: Client, ada: User, grace: SipExtension) -> None:
    leaves(grace, ada)
    answer = adas.post("/extensions/1001/sign-in/", {"allowed": "yes"}, follow=True)
    assert "Restore this person first" in answer.content.decode()
    assert not again(grace).user.is_active


def test_disabled_the_sign_in_stays_and_the_page_says_so(adas: Client, ada: User, grace: SipExtension) -> None:
    assert "Sign-in still works" in adas.get("/extensions/1001/").content.decode()
    actions.disable(grace.number, ada)
    assert "can still sign in." in adas.get("/extensions/1001/").content.decode()
    assert again(grace).user.is_active


def test_the_sign_in_is_blocked_only_after_a_page_that_says_what_it_does(adas: Client, grace: SipExtension) -> None:
    page = adas.get("/extensions/1001/").content.decode()
    assert 'href="/extensions/1001/sign-in/"' in page
    assert 'action="/extensions/1001/sign-in/"' not in page
    asked = adas.get("/extensions/1001/sign-in/").content.decode()
    assert "signs the person out everywhere" in asked
    assert 'name="allowed" value="no"' in asked
    assert again(grace).user.is_active
