import errno
import time
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core import signing
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.first_run import link as set_up_link
from accounts.first_run.forms import SetupForm
from accounts.models import Organization, User
from core import https, reach
from core.audit.models import AuditRecord
from core.https import Certificate
from core.preferences.models import Preferences, SystemChange
from pbxportal import portal_address
from tests.pages import html_of
from tests.pbxportal.test_portal_address import settings_with
from tests.people import make_user

TYPED = {
    "first_name": "Ada", "last_name": "", "email": "Ada@Example.COM", "password": "Correct7Horse9Staple",
    "company": "Analytical Engines", "country": "GB",
    "reach": "machine",
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
    assert answer.redirect_chain[-1][0] == "/dashboard/"
    ada = User.objects.get()
    assert (ada.email, str(ada.role)) == ("ada@example.com", "Super Administrator")
    assert ada.check_password("Correct7Horse9Staple")
    assert Organization.company().name == "Analytical Engines"
    assert Preferences.load().country == "GB"
    assert [each.name for each in ada.organizations.all()] == ["Analytical Engines"]
    record = AuditRecord.objects.get(action="setup")
    assert (record.by, record.on) == (ada.pk, ada.full_name)
    assert record.detail["fields"] == {
        "company": ["Company", "Analytical Engines"],
        "country": ["", "GB"],
        "time_zone": ["", "Europe/London"],
        "language": ["", "en-gb"],
    }
    (change,) = SystemChange.objects.all()
    assert (change.field, change.old, change.new, change.taken) == ("country", "US", "GB", True)


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
def test_who_was_a_moment_later_changes_nothing(elsewhere: Path) -> None:
    late = SetupForm({**TYPED, "reach": "network"})
    assert late.is_valid()
    make_user("Grace", role="super_administrator")
    before = Preferences.load().country, Organization.company().name
    assert late.save() is None
    assert (Preferences.load().country, Organization.company().name) == before
    assert [each.first_name for each in User.objects.all()] == ["Grace"]
    assert not AuditRecord.objects.exists()
    assert reach.chosen(elsewhere) == reach.MACHINE


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
        ("time_zone", "Atlantis", "time zone from the list"),
        ("reach", "", "Choose who can reach this PBX"),
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


@pytest.mark.django_db
def test_before_the_set_up_the_sign_in_says_where_the_link_is(client: Client) -> None:
    page = html_of(client, "/sign-in/?next=/")
    assert "pbxportal is not set up yet" in page
    assert "manage.py setup_link" in page
    assert 'name="password"' not in page
    assert client.get("/")["Location"] == "/sign-in/?next=/"
    client.post(opened(client, path()), TYPED)
    assert 'name="password"' in html_of(Client(), "/sign-in/")


@pytest.mark.django_db
def test_a_command_prints_a_link_until_there_is_an_administrator(client: Client) -> None:
    said = StringIO()
    call_command("setup_link", stdout=said)
    link = said.getvalue().strip().removeprefix(settings.PORTAL_URL)
    client.post(opened(client, link), TYPED)
    assert User.objects.count() == 1
    with pytest.raises(CommandError, match="set up already"):
        call_command("setup_link")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("country", "typed", "zone", "language"),
    [
        ("GB", "", "Europe/London", "en-gb"),
        ("DE", "", "Europe/Berlin", "en-gb"),
        ("US", "", "America/New_York", "en"),
        ("US", "los angeles", "America/Los_Angeles", "en"),
        ("AU", "Australia/Perth", "Australia/Perth", "en-au"),
        ("PH", "", "Asia/Manila", "en"),
        ("JP", "UTC", "UTC", "en-gb"),
        ("AC", "", "UTC", "en"),
    ],
)
def test_the_country_decides_formats_and_the_zone_that_is_not_typed(
    client: Client, country: str, typed: str, zone: str, language: str
) -> None:
    client.post(opened(client, path()), {**TYPED, "country": country, "time_zone": typed})
    preferences = Preferences.load()
    assert (preferences.time_zone, preferences.language) == (zone, language)


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.VAR = tmp_path
    for name in reach.VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    return tmp_path


@pytest.mark.django_db
@pytest.mark.parametrize(("choice", "host"), [("machine", "127.0.0.1"), ("network", "0.0.0.0")])  # noqa: S104
def test_who_can_reach_the_pbx_is_in_force_from_the_next_start(
    client: Client, elsewhere: Path, choice: str, host: str
) -> None:
    page = client.post(opened(client, path()), {**TYPED, "reach": choice}, follow=True).content.decode()
    assert ("To let your network in, restart pbxportal" in page) is (choice == "network")
    assert reach.chosen(elsewhere) == choice
    found = settings_with(elsewhere)
    assert (found["SIP_BIND"], found["PORTAL_BIND"]) == (host, f"{host}:8000")
    found = settings_with(elsewhere, SIP_BIND="127.0.0.3", PORTAL_BIND="127.0.0.4:8001")
    assert (found["SIP_BIND"], found["PORTAL_BIND"]) == ("127.0.0.3", "127.0.0.4:8001")


@pytest.mark.django_db
def test_what_the_environment_sets_is_said_and_not_chosen(
    client: Client, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIP_BIND", "127.0.0.1")
    page = html_of(client, opened(client, path()))
    assert "Set by environment variables: SIP_BIND." in page
    monkeypatch.setenv("PORTAL_BIND_FILE", "/run/bind")
    page = html_of(client, "/setup/opened/")
    assert "Set by environment variables: PORTAL_BIND, SIP_BIND." in page
    client.post("/setup/opened/", {**TYPED, "reach": "network"})
    assert User.objects.count() == 1
    assert not (elsewhere / reach.FILE).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sip", "portal", "shown"),
    [
        ("127.0.0.1", "127.0.0.1", "machine"),
        ("0.0.0.0", "127.0.0.1", "network"),  # noqa: S104
        ("127.0.0.1, 0.0.0.0", "127.0.0.1", "network"),
        ("127.0.0.1", "0.0.0.0", "network"),  # noqa: S104
    ],
)
def test_what_the_environment_lets_in_is_shown_and_needs_no_restart(
    elsewhere: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, sip: str, portal: str, shown: str
) -> None:
    settings.SIP_BIND, settings.PORTAL_HOST = sip, portal
    typed = SetupForm({**TYPED, "reach": "network"})
    assert typed.is_valid()
    assert typed.needs_restart is (sip == "127.0.0.1")
    machine = SetupForm({**TYPED, "reach": "machine"})
    assert machine.is_valid()
    assert not machine.needs_restart
    for name in reach.VARIABLES:
        monkeypatch.setenv(name, "said")
    said = SetupForm({**TYPED, "reach": "network"})
    assert (said.fields["reach"].initial, said.fields["reach"].disabled) == (shown, True)
    assert said.is_valid()
    assert not said.needs_restart


def test_a_command_says_and_sets_who_can_reach_the_pbx(elsewhere: Path) -> None:
    said = StringIO()
    call_command("reach", stdout=said)
    call_command("reach", "network", stdout=said)
    assert said.getvalue().splitlines() == [
        "machine",
        "Saved: network. It takes effect the next time pbxportal starts.",
    ]
    assert reach.chosen(elsewhere) == reach.NETWORK


@pytest.mark.parametrize("content", ["", "nonsense\n"])
def test_a_choice_that_cannot_be_read_lets_nobody_in(tmp_path: Path, content: str) -> None:
    (tmp_path / reach.FILE).write_text(content)
    assert reach.host(tmp_path) == "127.0.0.1"


@pytest.fixture
def without_address(elsewhere: Path, settings: Settings) -> Path:
    """Nothing in the environment says where the portal is, and port 443 is ours to take."""
    settings.SAID_URL = settings.SAID_BIND = settings.ACME_DIRECTORY = ""
    settings.FRONT = "caddy"
    settings.FIND_ADDRESS = lambda: portal_address.find(
        "", "", elsewhere, own_https=True, has_files=False, has_authority=False
    )
    return elsewhere


@pytest.fixture
def may_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.first_run.forms.try_to_bind", lambda *_: None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("may_listen")
@pytest.mark.parametrize(
    ("typed", "name", "certificate"),
    [
        ("PBX.Example.com", "pbx.example.com", Certificate.ACME),
        ("pbx.lan", "pbx.lan", Certificate.AUTHORITY),
        ("", "", Certificate.NONE),
    ],
)
def test_a_name_gets_the_portal_a_certificate(
    client: Client, without_address: Path, typed: str, name: str, certificate: Certificate
) -> None:
    sent = {**TYPED, "reach": "network", "https_name": typed}
    page = client.post(opened(client, path()), sent, follow=True).content.decode()
    saved = Preferences.load()
    assert (saved.https_name, saved.https_certificate) == (name, certificate)
    assert https.chosen(without_address) == saved.https
    assert (f"In a few seconds the portal is at https://{name}." in page) is bool(name)
    entry = AuditRecord.objects.get(action="setup")
    assert (name in {each.new for each in entry.fields}) is bool(name)


@pytest.mark.django_db
@pytest.mark.usefixtures("may_listen")
@pytest.mark.parametrize(
    ("reachable", "typed", "field", "words"),
    [
        ("network", "a b", "https_name", "Enter a host name such as"),
        ("network", "https://pbx.example.com", "https_name", "Enter a host name such as"),
        ("machine", "pbx.example.com", "reach", "if you choose My network"),
    ],
)
def test_a_name_that_cannot_be_is_said_at_its_field(
    client: Client, without_address: Path, reachable: str, typed: str, field: str, words: str
) -> None:
    answer = client.post(opened(client, path()), {**TYPED, "reach": reachable, "https_name": typed})
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors[field])
    assert not (without_address / https.FILE).exists()
    assert SetupForm({**TYPED, "reach": reachable, "https_name": "localhost"}).is_valid()  # nobody else is meant


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "words"), [(errno.EACCES, "sudo sysctl"), (errno.EADDRINUSE, "Port 443 is used by another program")]
)
def test_a_name_whose_port_cannot_be_had_is_refused(
    client: Client,
    without_address: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    words: str,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr("accounts.first_run.forms.try_to_bind", refuse)
    page = opened(client, path())
    answer = client.post(page, {**TYPED, "reach": "network", "https_name": "pbx.example.com"})
    assert words in str(answer.context["form"].errors["https_name"])
    settings.SAID_BIND = "192.0.2.1:443"  # another program listens for us
    assert SetupForm({**TYPED, "reach": "network", "https_name": "pbx.example.com"}).is_valid()
    assert client.post(page, {**TYPED, "reach": "network"}).status_code == 302
    assert without_address.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "value"), [("SAID_URL", "https://pbx.example.com"), ("FRONT", "none")])
def test_a_name_is_not_asked_for_where_the_environment_says_it(
    client: Client, without_address: Path, settings: Settings, name: str, value: str
) -> None:
    page = opened(client, path())
    assert 'name="https_name"' in html_of(client, page)
    setattr(settings, name, value)
    assert 'name="https_name"' not in html_of(client, page)
    client.post(page, {**TYPED, "https_name": "other.example.com"})
    assert Preferences.load().https_name == ""
    assert User.objects.count() == 1
