"""What is posted in the place of a passkey's answer signs nobody in, breaks nothing, and leaves a trace."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.second_factor.allauth_adapter import passkey_name
from accounts.second_factor.factors import Factors, Gone, Passkey, add_app, rename
from core.audit.models import AuditRecord
from tests.accounts.second_factor.test_second_factor import SECRET, sign_in
from tests.people import make_user

ALONE, ADD, RENAME = "/sign-in/passkey/", "/account/security/passkeys/add/", "/account/security/passkeys/rename/"


def answer(**response: Any) -> dict[str, Any]:
    held = {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "userHandle": "MQ", **response}
    return {"id": "AA", "rawId": "AA", "type": "public-key", "response": held, "clientExtensionResults": {}}


NONSENSE = [
    "", "x", "null", "[]", "{}", "17", '"text"', '{"response": null}', '{"response": []}',
    json.dumps(answer()),
    json.dumps(answer(userHandle=None)),
    json.dumps(answer(userHandle="")),
    json.dumps(answer(userHandle="____")),
    json.dumps(answer(userHandle="OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5")),
    json.dumps(answer(clientDataJSON="bm90IGpzb24")),
    json.dumps(answer(authenticatorData="A" * 10_000)),
    json.dumps({**answer(), "id": 1, "rawId": {}}),
]  # fmt: skip


@pytest.fixture
def named(settings: Settings) -> None:
    settings.PORTAL_URL = "https://pbx.example.com"


def with_passkey(user: User, name: str = "Phone") -> Authenticator:
    return Authenticator.objects.create(user=user, type=Passkey, data={"name": name, "credential": {}})


@pytest.mark.parametrize("sent", NONSENSE)
def test_nonsense_signs_nobody_in(client: Client, named: None, ada: User, sent: str) -> None:
    client.get(ALONE, headers={"Accept": "application/json"})
    got = client.post(ALONE, {"credential": sent})
    assert got["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("sent", NONSENSE)
def test_nonsense_adds_no_passkey(client: Client, named: None, ada: User, sent: str) -> None:
    client.force_login(ada)
    client.get(ADD)
    assert client.post(ADD, {"name": "Phone", "credential": sent}).status_code == 422
    assert not Factors.of(ada)


@pytest.mark.parametrize("sent", NONSENSE)
def test_nonsense_is_no_second_factor(client: Client, named: None, ada: User, sent: str) -> None:
    add_app(ada, SECRET, 0)
    sign_in(client)
    assert client.post("/sign-in/second-factor/", {"credential": sent}).status_code == 422
    assert "_auth_user_id" not in client.session


def test_a_refused_passkey_is_recorded(client: Client, named: None, ada: User) -> None:
    client.get(ALONE, headers={"Accept": "application/json"})
    client.post(ALONE, {"credential": json.dumps(answer())})
    record = AuditRecord.objects.first()
    assert record
    assert (record.action, record.who, record.result) == ("second_factor.failed", "somebody unknown", "failed")


def test_a_stranger_gets_a_challenge_that_is_soon_forgotten(client: Client, named: None, ada: User) -> None:
    options = client.get(ALONE, headers={"Accept": "application/json"}).json()["request_options"]["publicKey"]
    assert (options["rpId"], options["userVerification"]) == ("pbx.example.com", "required")
    assert not options.get("allowCredentials")
    assert client.session.get_expiry_age() <= 600
    client.post("/sign-in/", {"login": "ada@example.com", "password": "Correct7Horse9Staple"})
    assert client.session.get_expire_at_browser_close()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://pbx.example.com", "pbx.example.com"),
        ("https://pbx.example.com:8443", "pbx.example.com"),
        ("http://localhost:8000", "localhost"),
        ("http://pbx.example.com", ""),
        ("https://192.0.2.1", ""),
        ("https://[2001:db8::1]", ""),
        ("http://127.0.0.1:8000", ""),
    ],
)
def test_passkeys_are_made_where_browsers_make_them(settings: Settings, url: str, name: str) -> None:
    settings.PORTAL_URL = url
    assert passkey_name() == name


def test_without_a_name_there_is_no_page_to_add_one(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.get(ADD)["Location"] == "/account/security/"


def test_a_passkey_is_renamed_by_its_person_alone(client: Client, ada: User) -> None:
    mine, eves = with_passkey(ada), with_passkey(make_user("Eve"))
    client.force_login(ada)
    assert client.post(RENAME, {"passkey": mine.pk, "name": "Blue key"})["Location"] == "/account/security/"
    assert client.post(RENAME, {"passkey": mine.pk, "name": "a\nb"}).status_code == 422
    assert client.post(RENAME, {"passkey": eves.pk, "name": "Mine now"}).status_code == 302
    assert client.post("/account/security/second-factor/remove/", {"passkey": eves.pk}).status_code == 302
    names = [each.data["name"] for each in Authenticator.objects.order_by("pk")]
    assert names == ["Blue key", "Phone"]
    record = AuditRecord.objects.get(action="second_factor.passkey_renamed")
    assert record.detail["fields"] == {"name": ["Phone", "Blue key"]}


def test_one_of_two_goes_and_the_recovery_codes_stay(client: Client, ada: User) -> None:
    add_app(ada, SECRET, 0)
    passkey = with_passkey(ada)
    client.force_login(ada)
    assert client.post("/account/security/second-factor/remove/", {"passkey": passkey.pk}).status_code == 302
    factors = Factors.of(ada)
    assert (bool(factors.app), factors.passkeys, factors.codes_left) == (True, [], 10)
    with pytest.raises(Gone):
        rename(ada, passkey, "Late")
