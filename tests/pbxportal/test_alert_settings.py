"""PBX Settings > Preferences > Alerts."""

import re
from datetime import time
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from core import encryption
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.events import webhook
from core.preferences.models import Preferences
from pbxportal.monitor import token_hash
from pbxportal.pbx_settings.alert_forms import AlertForm
from tests.pages import html_of
from tests.people import be_stale, make_user

URL = "/preferences/alerts/"
SHOWN = re.compile('<code id="made">(.*?)</code>')


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def typed(**more: Any) -> dict[str, Any]:
    usual = {"version": str(Preferences.load().version), "alert_quiet_from": "", "alert_quiet_until": ""}
    return {**usual, "webhook_url": "", **more}


def made(client: Client, what: str) -> str:
    found = SHOWN.search(client.post(f"{URL}{what}/").content.decode())
    assert found
    return found[1]


def test_what_is_saved_is_in_force_and_in_the_log(signed_in: Client, ada: User) -> None:
    olga = make_user("Olga", role="operator")
    made(signed_in, "secret")
    made(signed_in, "token")
    sent = typed(
        alert_people=[str(olga.pk)], alert_quiet_from="22:00", alert_quiet_until="06:30",
        webhook_url="https://monitor.example.com/x", metrics_on="on",
    )  # fmt: skip
    assert signed_in.post(URL, sent).status_code == 302
    saved = Preferences.load()
    assert (saved.alert_people, saved.alert_quiet_from, saved.alert_quiet_until) == ([olga.pk], time(22), time(6, 30))
    assert (saved.webhook_url, saved.metrics_on) == ("https://monitor.example.com/x", True)
    record = AuditRecord.objects.get(action="preferences.changed")
    shown = {str(each.label): (each.old, each.new) for each in record.fields}
    assert shown["Recipients"] == ("", "olga@example.com")
    assert shown["Quiet hours from"] == ("", "22:00")
    assert ("", "https://monitor.example.com/x") in shown.values()
    assert "olga@example.com" in html_of(signed_in, f"/log/{record.pk}/")
    page = html_of(signed_in, URL)
    (checked,) = [each for each in re.findall("<input[^>]*alert_people[^>]*>", page) if "checked" in each]
    assert f'value="{olga.pk}"' in checked
    assert 'value="22:00"' in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("alert_quiet_from", "22:00", "Enter both times"),
        ("alert_quiet_from", "late", "valid time"),
        ("alert_people", ["0"], "not one of the available choices"),
        ("webhook_url", "monitor.example.com", "Enter an address such as"),
        ("webhook_url", "https://monitor.example.com/", "Create a signing secret first"),
        ("metrics_on", "on", "Create a monitor token first"),
    ],
)
def test_bad_input_is_refused_at_its_field(signed_in: Client, field: str, value: Any, words: str) -> None:
    answer = signed_in.post(URL, typed(**{field: value}))
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors)
    assert Preferences.load().version == 1


BOTH = "Enter both times, or neither."


@pytest.mark.parametrize(
    ("first", "until", "refused"),
    [
        ("22:00", "", {"alert_quiet_until": [BOTH]}),
        ("", "06:00", {"alert_quiet_from": [BOTH]}),
        ("late", "", {"alert_quiet_from": ["Enter a valid time."]}),
        ("", "late", {"alert_quiet_until": ["Enter a valid time."]}),
        ("00:00", "06:00", {}),
        ("", "", {}),
    ],
)
def test_quiet_hours_have_two_ends(ada: User, first: str, until: str, refused: dict[str, list[str]]) -> None:
    form = AlertForm(typed(alert_quiet_from=first, alert_quiet_until=until), by=ada)
    assert form.errors == refused


def test_who_is_told_no_more_stands_in_the_log(signed_in: Client, ada: User) -> None:
    olga = make_user("Olga", role="operator")
    Preferences.objects.update(
        alert_people=[olga.pk, 99999], alert_quiet_from=time(22), alert_quiet_until=time(6), metrics_on=False
    )
    assert signed_in.post(URL, typed(alert_people=[str(ada.pk)])).status_code == 302
    record = AuditRecord.objects.get(action="preferences.changed")
    assert record.detail["fields"] == {
        "alert_people": [["olga@example.com"], ["ada@example.com"]],
        "alert_quiet_from": ["22:00", None],
        "alert_quiet_until": ["06:00", None],
    }


def test_a_secret_is_shown_once_and_stored_encrypted(signed_in: Client) -> None:
    secret = made(signed_in, "secret")
    sealed = Preferences.load().sealed_webhook_secret
    assert encryption.unseal(webhook.LABEL, webhook.ROW, sealed) == secret
    assert secret not in sealed
    assert secret not in html_of(signed_in, URL)
    assert made(signed_in, "secret") != secret
    assert AuditRecord.objects.filter(action="preferences.webhook_secret").count() == 2
    assert secret not in str(list(AuditRecord.objects.values()))


def test_a_token_is_shown_once_and_stored_as_a_digest(signed_in: Client) -> None:
    token = made(signed_in, "token")
    assert Preferences.load().monitor_token_hash == token_hash(token)
    assert token not in html_of(signed_in, URL)
    assert AuditRecord.objects.filter(action="preferences.monitor_token").count() == 1


@pytest.mark.parametrize("what", ["secret", "token"])
def test_whoever_makes_one_is_asked_who_they_are(signed_in: Client, what: str) -> None:
    be_stale(signed_in)
    assert signed_in.post(f"{URL}{what}/").headers["Location"].startswith("/sign-in/again/")
    saved = Preferences.load()
    assert (saved.sealed_webhook_secret, saved.monitor_token_hash) == ("", "")


def test_a_form_that_was_open_meanwhile_is_told(signed_in: Client) -> None:
    opened = typed(alert_quiet_from="22:00", alert_quiet_until="06:00")
    made(signed_in, "token")
    assert signed_in.post(URL, opened).status_code == 409


def test_the_page_shows_what_is_sent(signed_in: Client) -> None:
    page = html_of(signed_in, URL)
    for label in ("Quiet hours from", "Webhook address"):
        assert f"{label} (optional)" in page
    assert page.count("(optional)") == 3
    assert "&quot;kind&quot;: &quot;disk&quot;" in page
    assert "X-Pbxportal-Signature" in page


def test_who_may_only_look_sees_fields_that_cannot_be_changed(client: Client, ada: User) -> None:
    role = Role.objects.create(name="Auditor", granted=[Permission.VIEW_PREFERENCES])
    client.force_login(make_user("Olga", custom=role))
    page = html_of(client, URL)
    assert "disabled" in page
    assert ">Save<" not in page
    assert "Create new" not in page
    for path in (URL, f"{URL}secret/", f"{URL}token/"):
        assert client.post(path, typed()).status_code == 403
