"""/health/ and /metrics: what programs are told, and who is not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk.live import calls
from asterisk.live import store as live
from asterisk.models import ApplyRun
from backup.models import Backup, BackupSettings
from core import disk
from core.coded_text import CodedText
from core.events import look
from core.https import Certificate
from core.mail.models import Email
from core.preferences.models import Preferences, SystemChange
from core.version import VERSION
from extensions import pbx
from pbxportal.monitor import token_hash
from pbxportal.portal_address import Address
from tests.certificates import made
from tests.people import make_extension

TOKEN = "a token of the test"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def token(db: None, settings: Settings) -> None:
    settings.AMI_PORT = 9  # nobody is there
    Preferences.objects.update(monitor_token_hash=token_hash(TOKEN))


def test_health_says_one_word_to_everybody(client: Client) -> None:
    assert client.get("/health/").content == b"ok\n"


def test_health_says_it_in_detail_to_who_has_the_token(client: Client, ada: User) -> None:
    make_extension("1000")
    Email.objects.create(kind="new_device", user=ada, to="ada@example.com")
    look.begin("disk", CodedText("event.disk", path="/var", share=91), "/var")
    found = client.get("/health/", headers=BEARER).json()
    event = found.pop("events")
    assert [(each["kind"], each["subject"]) for each in event] == [("disk", "/var")]
    assert found == {
        "version": VERSION,
        "pbx": False,
        "listener": found["listener"],
        "mail": {"waiting": 1},
        "disk": None,
        "unapplied": 1,
        "backup": None,
        "certificate": None,
    }


@pytest.fixture
def heard(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PBX that runs, with a phone."""
    settings.LIVE_FILE = tmp_path / "live.sqlite3"
    live.prepare(settings.LIVE_FILE)
    with live.opened(settings.LIVE_FILE) as db:
        live.replace(db, {"1000": [live.Contact("a", "1000", "192.0.2.7:5060", "", "Reachable", 1, 1)]})
        live.set_states(db, {"1000": "INUSE", "1001": "UNAVAILABLE", "1002": "UNAVAILABLE"})
        live.beat(db, hears=True)
    monkeypatch.setattr(pbx, "get", lambda: SimpleNamespace(state=lambda: pbx.State(True, "PBX running")))
    monkeypatch.setattr(calls, "count", lambda _: 3)


def test_health_says_what_is_well_and_what_is_scarce(
    client: Client, heard: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "usage", lambda _: (10**12, 93 * 10**10, 7 * 10**10))
    settings.VAR, settings.HTTPS_CERTIFICATE = tmp_path, ""
    settings.ADDRESS = Address(":8443", ("https://pbx.lan:8443",), Certificate.FILES)
    (tmp_path / "front/files").mkdir(parents=True)
    (tmp_path / "front/files/chain.pem").write_bytes(made(lasting=timedelta(days=13))[0])
    SystemChange.note(None, SystemChange.Field.COUNTRY, "US", "GB")
    look.begin("mail", CodedText("event.disk", path="/var", share=91))
    look.solve("mail", "")
    found = client.get("/health/", headers=BEARER).json()
    assert (found["pbx"], found["listener"], found["unapplied"], found["events"]) == (True, True, 1, [])
    assert (found["disk"]["share"], found["disk"]["free"]) == (0.93, 7 * 10**10)
    until = datetime.fromisoformat(found["certificate"])
    assert timedelta(days=12) < until - datetime.now(UTC) <= timedelta(days=13)


def test_health_says_when_the_last_good_backup_was_made(client: Client) -> None:
    def said() -> Any:
        return client.get("/health/", headers=BEARER).json()["backup"]

    BackupSettings.objects.update(sealed_passphrase="sealed")
    assert said() == {"verified_at": None, "state": None}
    night = datetime(2026, 11, 29, 2, tzinfo=UTC)
    Backup.objects.create(state=Backup.State.VERIFIED, started_at=night)
    assert said() == {"verified_at": "2026-11-29T02:00:00+00:00", "state": "verified"}
    Backup.objects.create(state=Backup.State.FAILED, started_at=night + timedelta(days=1))
    Backup.objects.create(started_at=night + timedelta(days=2))  # and is running
    assert said() == {"verified_at": "2026-11-29T02:00:00+00:00", "state": "failed"}


@pytest.mark.parametrize("path", ["/health/", "/metrics"])
@pytest.mark.parametrize("shown", ["Bearer wrong", "Bearer ", "Basic YTpi", TOKEN])
def test_a_wrong_token_is_told_nothing(client: Client, path: str, shown: str) -> None:
    Preferences.objects.update(metrics_on=True)
    answer = client.get(path, headers={"Authorization": shown})
    assert (answer.status_code, answer.content) == (401, b"Wrong token\n")
    assert (answer["WWW-Authenticate"], answer["Content-Type"]) == ("Bearer", "text/plain")


def test_without_a_token_of_its_own_the_portal_takes_none(client: Client) -> None:
    Preferences.objects.update(monitor_token_hash="")
    assert client.get("/health/", headers={"Authorization": "Bearer "}).status_code == 401


def test_metrics_are_off_by_default(client: Client) -> None:
    assert client.get("/metrics", headers=BEARER).status_code == 404


def test_metrics_need_the_token(client: Client) -> None:
    Preferences.objects.update(metrics_on=True)
    assert client.get("/metrics").status_code == 401


def test_metrics_count_what_there_is(client: Client, ada: User) -> None:
    Preferences.objects.update(metrics_on=True)
    make_extension("1000")
    Email.objects.create(kind="new_device", user=ada, to="ada@example.com")
    look.begin("disk", CodedText("event.disk", path="/var", share=91))
    client.get("/health/")
    text = client.get("/metrics", headers=BEARER).content.decode().splitlines()
    assert "pbxportal_pbx_up 0.0" in text
    assert "pbxportal_unapplied_changes 1.0" in text
    assert 'pbxportal_emails{state="waiting"} 1.0' in text
    assert 'pbxportal_open_events{kind="disk"} 1.0' in text
    (count,) = [each for each in text if each.startswith("pbxportal_response_seconds_count") and '"2xx"' in each]
    assert float(count.split()[-1]) >= 1
    assert not [each for each in text if each.startswith("pbxportal_calls")]  # nobody can say


def test_metrics_count_what_is_so_now(client: Client, heard: None) -> None:
    Preferences.objects.update(metrics_on=True)
    ApplyRun.objects.create(outcome=ApplyRun.Outcome.PROVED)
    look.begin("mail", CodedText("event.disk", path="/var", share=91))
    look.solve("mail", "")
    answer = client.get("/metrics", headers=BEARER)
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = answer.content.decode().splitlines()
    assert {
        "pbxportal_pbx_up 1.0",
        "pbxportal_phones 1.0",
        'pbxportal_extensions{state="INUSE"} 1.0',
        'pbxportal_extensions{state="UNAVAILABLE"} 2.0',
        "pbxportal_calls 3.0",
        'pbxportal_applies{outcome="proved"} 1.0',
    } <= set(text)
    assert not [each for each in text if each.startswith("pbxportal_open_events{")]


def test_the_version_is_on_the_page(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert f"pbxportal {VERSION}" in client.get("/account/").content.decode()
