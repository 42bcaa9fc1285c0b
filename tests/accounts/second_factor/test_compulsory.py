"""Who must have a second factor sets one up first; an administrator helps those out who have lost theirs."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import Organization, Role, User
from accounts.second_factor import factors
from accounts.second_factor.factors import Factors
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.models import SipExtension
from tests.accounts.second_factor.test_second_factor import SECRET, secret_of
from tests.authenticator import code
from tests.pages import html_of
from tests.pbxportal.test_preferences import TYPED
from tests.people import PASSWORD, be_stale, make_extension, make_user

SET_UP = "/account/security/second-factor/"
REMOVE = "/extensions/1000/second-factor/"


@pytest.fixture
def compulsory(db: None) -> None:
    Preferences.objects.update(second_factor=True)


# --- compulsory ---


@pytest.mark.parametrize("path", ["/", "/extensions/", "/extensions/9999/", "/preferences/", "/account/security/"])
def test_who_manages_anything_is_led_to_set_one_up(client: Client, hugo: User, compulsory: None, path: str) -> None:
    client.post("/sign-in/", {"login": "hugo@example.com", "password": PASSWORD})
    assert client.get(path)["Location"] == SET_UP
    assert client.post(path)["Location"] == SET_UP
    page = html_of(client, SET_UP)
    assert "Set up an authenticator app" in page
    assert "/extensions/" not in page


def test_a_part_of_a_page_and_a_poll_lead_there_too(client: Client, hugo: User, compulsory: None) -> None:
    client.force_login(hugo)
    assert client.get("/pbx/", headers={"HX-Request": "true"})["HX-Redirect"] == SET_UP
    answer = client.get("/pbx/", headers={"X-Background": "yes", "HX-Request": "true"})
    assert (answer.status_code, answer["X-Signed-Out"]) == (204, "yes")


def test_what_stays_open_is_the_way_in_and_out(client: Client, hugo: User, compulsory: None) -> None:
    client.force_login(hugo)
    assert client.post("/theme/", {"theme": "dark"})["Location"] == "/"
    be_stale(client)
    asked = client.get("/account/security/app/")["Location"]
    assert client.post(asked, {"password": PASSWORD})["Location"] == "/account/security/app/"
    assert client.post("/sign-out/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_once_it_is_set_up_all_is_open(client: Client, hugo: User, compulsory: None) -> None:
    client.force_login(hugo)
    page = html_of(client, "/account/security/app/")
    assert "<nav" not in page
    client.post("/account/security/app/", {"code": code(secret_of(page))})
    assert client.get("/extensions/").status_code == 200
    assert client.get(SET_UP)["Location"] == "/account/security/"


@pytest.mark.parametrize(("gone", "status", "kept"), [("other", 409, "app"), ("this", 302, "passkey")])
def test_what_is_removed_elsewhere_at_the_same_moment_leaves_one(
    client: Client,
    hugo: User,
    compulsory: None,
    monkeypatch: pytest.MonkeyPatch,
    gone: str,
    status: int,
    kept: str,
) -> None:
    app = Authenticator.objects.create(user=hugo, type=Authenticator.Type.TOTP, data={})
    passkey = Authenticator.objects.create(user=hugo, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"})
    client.force_login(hugo)
    really = factors.remove

    def later(user: User, factor: Authenticator) -> None:
        Authenticator.objects.filter(pk=(passkey if gone == "other" else app).pk).delete()
        really(user, factor)

    monkeypatch.setattr(factors, "remove", later)
    answer = client.post("/account/security/second-factor/remove/")
    assert answer.status_code == status
    held = Authenticator.objects.filter(user=hugo)
    assert ["app" if each.type == Authenticator.Type.TOTP else "passkey" for each in held] == [kept]


def test_who_manages_nothing_needs_none(client: Client, vic: User, compulsory: None) -> None:
    client.force_login(vic)
    assert client.get("/").status_code == 200


def test_it_costs_nothing_while_it_is_not_compulsory(client: Client, hugo: User) -> None:
    client.force_login(hugo)
    assert client.get("/extensions/").status_code == 200


def test_who_has_none_makes_it_compulsory_for_nobody(client: Client, ada: User) -> None:
    client.force_login(ada)
    answer = client.post("/preferences/", {**TYPED, "second_factor": "on"})
    assert "Set up two-step verification for yourself first." in answer.content.decode()
    assert not Preferences.load().second_factor
    factors.add_app(ada, SECRET, 0)
    assert client.post("/preferences/", {**TYPED, "second_factor": "on"}).status_code == 302
    assert Preferences.load().second_factor


# --- lost ---


@pytest.fixture
def grace(db: None) -> SipExtension:
    extension = make_extension("1000", user=make_user("Grace"))
    factors.add_app(extension.user, SECRET, 0)
    Email.objects.all().delete()
    return extension


def test_an_administrator_removes_what_somebody_has_lost(client: Client, hugo: User, grace: SipExtension) -> None:
    client.force_login(hugo)
    page = html_of(client, "/extensions/1000/")
    assert "Authenticator app" in page
    assert REMOVE in page
    assert "Authenticator app. This removes all of it" in html_of(client, REMOVE)
    assert client.post(REMOVE)["Location"] == "/extensions/1000/"
    assert not Factors.of(grace.user)
    record = AuditRecord.objects.get(action="second_factor.removed")
    assert (record.by_email, record.on, record.number) == ("hugo@example.com", "Grace", "1000")
    email = Email.objects.get()
    assert (email.kind, email.to, email.by, email.facts["what"]) == (
        "second_factor_changed", "grace@example.com", hugo, "removed",
    )  # fmt: skip
    assert REMOVE not in html_of(client, "/extensions/1000/")
    assert client.post(REMOVE)["Location"] == "/extensions/1000/"
    assert AuditRecord.objects.filter(action="second_factor.removed").count() == 1


def test_it_asks_who_it_is(client: Client, hugo: User, grace: SipExtension) -> None:
    client.force_login(hugo)
    be_stale(client)
    assert client.post(REMOVE)["Location"].startswith("/sign-in/again/")
    assert Factors.of(grace.user)


def test_nobody_removes_it_of_a_mightier_person(client: Client, hugo: User, ada: User) -> None:
    make_extension("1000", user=ada)
    factors.add_app(ada, SECRET, 0)
    client.force_login(hugo)
    assert client.post(REMOVE).status_code == 403
    assert Factors.of(ada)


def test_nobody_removes_it_where_they_do_not_reach(client: Client, grace: SipExtension) -> None:
    role = Role.objects.create(name="Sales", granted=[Permission.MANAGE_EXTENSIONS], reach=Role.Reach.ORGANIZATIONS)
    role.organizations.add(Organization.objects.create(name="Sales", parent=Organization.company()))
    client.force_login(make_user("Rita", custom=role))
    assert client.post(REMOVE).status_code == 404
    assert Factors.of(grace.user)


def test_ones_own_is_not_removed_this_way(client: Client, ada: User) -> None:
    make_extension("1000", user=ada)
    factors.add_app(ada, SECRET, 0)
    client.force_login(ada)
    assert client.post(REMOVE)["Location"] == "/account/security/"
    assert Factors.of(ada)
    assert REMOVE not in html_of(client, "/extensions/1000/")


def test_the_person_does_not_see_that_button(client: Client, grace: SipExtension) -> None:
    client.force_login(grace.user)
    assert REMOVE not in html_of(client, "/extensions/1000/")
    assert client.post(REMOVE).status_code == 403
