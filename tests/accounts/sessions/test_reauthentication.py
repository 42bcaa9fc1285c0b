"""Sensitive actions ask again who it is, and are done as soon as that is proved."""

from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Role, User
from accounts.throttling.failure_counts import Tally
from core.audit.models import AuditRecord
from extensions.models import SipExtension
from tests.pages import html_of
from tests.people import PASSWORD, Typed, be_stale, make_extension, make_user

REVEAL = "/extensions/1000/registration-password/"
AGAIN = "/sign-in/again/"


@pytest.fixture
def grace(db: None) -> SipExtension:
    return make_extension("1000", first_name="Grace")


@pytest.fixture
def stale(client: Client, ada: User) -> Client:
    client.force_login(ada)
    be_stale(client)
    return client


def test_who_has_just_signed_in_is_not_asked(client: Client, ada: User, grace: SipExtension) -> None:
    client.post("/sign-in/", {"login": "ada@example.com", "password": PASSWORD})
    assert grace.registration_password in client.post(REVEAL).content.decode()


@pytest.mark.parametrize(("seconds", "asked"), [(290, False), (301, True)])
def test_five_minutes_later_one_is_asked(
    client: Client, ada: User, grace: SipExtension, seconds: int, asked: bool
) -> None:
    client.force_login(ada)
    be_stale(client, seconds)
    answer = client.post(REVEAL)
    assert (answer.status_code == 302) == asked
    assert AuditRecord.objects.filter(action="extension.password_revealed").exists() != asked


def test_the_deed_is_done_as_soon_as_it_is_proved(stale: Client, grace: SipExtension) -> None:
    asked = stale.post(REVEAL, headers={"Referer": "http://testserver/extensions/1000/"})["Location"]
    assert asked == f"{AGAIN}?next={quote(REVEAL, safe='')}"
    page = html_of(stale, asked)
    assert 'href="/extensions/1000/">Cancel' in page
    assert grace.registration_password not in page
    before = stale.cookies[settings.SESSION_COOKIE_NAME].value
    answer = stale.post(asked, {"password": PASSWORD})
    assert stale.cookies[settings.SESSION_COOKIE_NAME].value != before, "who knew the session before proves nothing"
    assert grace.registration_password in answer.content.decode()
    assert stale.post(REVEAL).status_code == 200


def test_a_wrong_password_proves_nothing_and_is_recorded(stale: Client, grace: SipExtension) -> None:
    asked = stale.post(REVEAL)["Location"]
    answer = stale.post(asked, {"password": "wrong"})
    assert grace.registration_password not in answer.content.decode()
    assert "is incorrect" in answer.content.decode()
    record = AuditRecord.objects.first()
    assert record
    assert (record.action, record.by_email, record.result) == ("sign_in.not_confirmed", "ada@example.com", "failed")
    assert stale.post(REVEAL).status_code == 302
    assert Tally.objects.exists()
    stale.post(asked, {"password": PASSWORD})
    assert not Tally.objects.exists()  # the wrong one is forgiven


def test_a_part_of_a_page_sends_the_whole_page(stale: Client, grace: SipExtension) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/extensions/1000/"}
    answer = stale.post(REVEAL, headers=headers)
    assert answer["HX-Redirect"] == f"{AGAIN}?next={quote(REVEAL, safe='')}"
    shown = stale.post(answer["HX-Redirect"], {"password": PASSWORD}).content.decode()
    assert "<h1>" in shown
    assert grace.registration_password in shown


def test_a_posted_form_is_saved_afterwards(stale: Client) -> None:
    asked = stale.post("/roles/add/", {"name": "Looks", "granted": ["log.view"], "reach": "all"})["Location"]
    assert not Role.objects.filter(name="Looks").exists()
    answer = stale.post(asked, {"password": PASSWORD})
    assert answer["Location"] == f"/roles/{Role.objects.get(name='Looks').pk}/"


def fields_of(extension: SipExtension, **more: str) -> dict[str, object]:
    user = extension.user
    kept = {
        "registration_name": extension.registration_name, "registration_password": "", "password": "",
        "version": str(extension.version), "role": str(user.role_id or ""), **more,
    }  # fmt: skip
    typed = Typed(extension.number, user.first_name, user.last_name, user.email or "", kept)
    return typed.fields


@pytest.mark.parametrize(
    ("role", "typed", "asked"),
    [
        ("", {"role": "human_resource"}, True),
        ("", {"role": "employee"}, False),
        ("", {"email": "new@example.com"}, False),
        ("operator", {"email": "new@example.com"}, True),
        ("operator", {"password": "Another7Horse9Staple"}, True),
        ("operator", {"job_title": "Chief"}, False),
        ("operator", {"role": ""}, True),
    ],
)
def test_who_manages_is_made_and_changed_by_who_proves_who_they_are(
    stale: Client, role: str, typed: dict[str, str], asked: bool
) -> None:
    extension = make_extension("1000", user=make_user("Grace", role=role))
    if typed.get("role"):
        typed = {"role": str(Role.objects.get(key=typed["role"]).pk)}
    before = User.objects.values().get(first_name="Grace")
    answer = stale.post("/extensions/1000/edit/", fields_of(extension, **typed))
    assert answer.status_code == 302
    assert answer["Location"].startswith(AGAIN) == asked
    assert (User.objects.values().get(first_name="Grace") == before) == asked
    if asked:
        assert stale.post(answer["Location"], {"password": PASSWORD}).status_code == 302
        assert User.objects.values().get(first_name="Grace") != before


def test_who_is_added_as_one_who_manages_is_added_after_that(stale: Client) -> None:
    typed = Typed(more={"role": str(Role.objects.get(key="administrator").pk)}).fields
    asked = stale.post("/extensions/add/", typed)["Location"]
    assert asked.startswith(AGAIN)
    assert not SipExtension.objects.exists()
    stale.post(asked, {"password": PASSWORD})
    assert SipExtension.objects.get().user.role == Role.objects.get(key="administrator")


def test_what_is_known_of_roles_is_told_before_one_is_asked(client: Client, hugo: User, ada: User) -> None:
    role = Role.objects.get(key="employee")
    client.force_login(hugo)
    be_stale(client)
    assert client.get("/roles/add/").status_code == 404
    client.force_login(ada)
    be_stale(client)
    assert client.get(f"/roles/{role.pk}/edit/").status_code == 403
    for path in ("/roles/add/", f"/roles/{role.pk}/copy/"):
        assert client.get(path)["Location"] == f"{AGAIN}?next={quote(path, safe='')}"


def test_a_colleague_in_the_same_browser_is_asked_again(client: Client, ada: User, vic: User) -> None:
    make_extension("1000", user=vic)
    client.force_login(ada)
    client.force_login(vic)
    be_stale(client)
    assert client.post(REVEAL).status_code == 302
