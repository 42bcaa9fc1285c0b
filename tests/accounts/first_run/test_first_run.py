import time

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client

from accounts.first_run import link as set_up_link
from accounts.models import Organization, User
from core.preferences.models import Preferences

TYPED = {
    "first_name": "Ada", "last_name": "", "email": "Ada@Example.COM", "password": "Correct7Horse9Staple",
    "company": "Analytical Engines", "country": "GB",
}  # fmt: skip


def path() -> str:
    url = set_up_link.setup_url()
    assert url is not None
    return url.removeprefix(settings.PORTAL_URL)


def opened(client: Client, link: str) -> str:
    """The address to which the link leads, without the token."""
    address = str(client.get(link)["Location"])
    assert address == "/setup/opened/"
    return address


@pytest.mark.django_db
def test_the_link_makes_the_first_administrator_and_signs_in(client: Client) -> None:
    answer = client.post(opened(client, path()), TYPED, follow=True)
    assert answer.redirect_chain[-1][0] == "/extensions/"
    ada = User.objects.get()
    assert (ada.email, str(ada.role)) == ("ada@example.com", "Super Administrator")
    assert ada.check_password("Correct7Horse9Staple")
    assert Organization.company().name == "Analytical Engines"
    assert Preferences.load().country == "GB"


@pytest.mark.django_db
def test_the_link_works_once(client: Client) -> None:
    link = path()
    page, late = opened(client, link), Client()
    opened(late, link)
    client.post(page, TYPED)
    for used in (link, page):
        assert late.post(used, {**TYPED, "email": "eve@example.com"}).status_code == 410
    assert User.objects.count() == 1
    assert set_up_link.setup_url() is None


@pytest.mark.django_db
def test_a_guessed_link_opens_nothing(client: Client) -> None:
    for guessed in ("/setup/first:abc:def/", "/setup/opened/"):
        assert client.get(guessed).status_code == 410
        assert client.post(guessed, TYPED).status_code == 410
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "ada@localhost", "e-mail address"),
        ("password", "short", "10 to 128"),
        ("password", "Ada7analytical", "without “Ada”"),
        ("password", "Zx7!q-analytical", "without “Analytical”"),
        ("first_name", "", "Enter the First Name"),
        ("company", "a\u202eb", "one line"),
        ("country", "XX", "valid choice"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client: Client, field: str, value: str, words: str) -> None:
    answer = client.post(opened(client, path()), {**TYPED, field: value})
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors[field])
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("hours", "status"), [(23.9, 302), (24.1, 410)])
def test_the_link_is_good_for_a_day(client: Client, monkeypatch: pytest.MonkeyPatch, hours: float, status: int) -> None:
    link, now = path(), time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + hours * 3600)  # type: ignore[attr-defined]
    assert client.get(link).status_code == status
