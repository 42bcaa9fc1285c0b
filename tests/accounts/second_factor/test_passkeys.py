"""What is posted in the place of a passkey's answer signs nobody in, breaks nothing, and leaves a trace."""

import json
import time
from base64 import b64encode
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as portal
from django.contrib.messages import get_messages
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.second_factor.allauth_adapter import passkey_name
from accounts.second_factor.factors import Factors, Gone, Passkey, add_app, rename, use_passkey
from accounts.sessions.models import Session
from accounts.throttling.failure_counts import Tally
from core.audit.models import AuditRecord
from core.mail.models import Email
from tests.accounts.second_factor.test_second_factor import SECRET, sign_in
from tests.passkey import SoftPasskey, options_of
from tests.people import be_stale, make_user

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
    "[" * 5000, "1" * 5000, '{"id": ' * 5000,
    json.dumps(answer(clientDataJSON=b64encode(b"[" * 6000).decode())),
    json.dumps(answer(attestationObject=b64encode(b"\x81" * 6000).decode())),
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
    assert client.get(ADD).status_code == 200
    answer = client.post(ADD, {"name": "Phone", "credential": sent})
    assert answer.status_code == 422
    assert answer.context["form"]["credential"].value() == "", "what was sent does not go a second time"
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
    assert (record.action, record.who, record.result) == ("second_factor.failed", "unknown person", "failed")


def test_a_stranger_gets_a_challenge_for_which_nothing_is_stored(client: Client, named: None, ada: User) -> None:
    before = AuditRecord.objects.count()
    for _ in range(20):
        options = client.get(ALONE, headers={"Accept": "application/json"}).json()["request_options"]["publicKey"]
    assert (options["rpId"], options["userVerification"]) == ("pbx.example.com", "required")
    assert not options.get("allowCredentials")
    assert (Session.objects.count(), Tally.objects.count(), AuditRecord.objects.count()) == (0, 0, before)
    cookie = client.cookies[portal.CHALLENGE_COOKIE_NAME]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (600, True, "Strict", ALONE)


def test_what_a_stranger_sends_in_the_place_of_a_passkey_is_soon_not_looked_at(named: None, ada: User) -> None:
    stranger = Client()
    stranger.get(ALONE, headers={"Accept": "application/json"})
    for _ in range(30):
        stranger.post(ALONE, {"credential": json.dumps(answer())})
    assert AuditRecord.objects.filter(action="second_factor.failed").count() == 10
    assert not Session.objects.exists()


# --- with a passkey that signs ---

HERE = "https://pbx.example.com"


def added(client: Client, user: User, counter: int = 0) -> SoftPasskey:
    client.force_login(user)
    key = SoftPasskey(HERE, "pbx.example.com", counter)
    sent = {"name": "Phone", "credential": key.create(options_of(client.get(ADD)))}
    assert client.post(ADD, sent).status_code == 302
    client.logout()
    return key


def challenge(client: Client) -> dict[str, Any]:
    return options_of(client.get(ALONE, headers={"Accept": "application/json"}))


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def signs_in(client: Client, key: SoftPasskey) -> bool:
    client.post(ALONE, {"credential": key.get(challenge(client))})
    found = is_in(client)
    client.logout()
    return found


FALSE_PAGES: list[dict[str, Any]] = [
    {"origin": "https://pbx.example.com:8443"},
    {"origin": "https://evil.pbx.example.com"},
    {"origin": "http://pbx.example.com"},
    {"origin": "https://PBX.example.com"},
    {"origin": "https://pbx.example.com/"},
    {"origin": "https://example.com"},
    {"origin": "null"},
    {"crossOrigin": True},
    {"crossOrigin": True, "topOrigin": "https://evil.example.com"},
]


@pytest.mark.parametrize("said", FALSE_PAGES)
def test_a_passkey_used_on_another_page_signs_nobody_in(
    client: Client, named: None, ada: User, said: dict[str, Any]
) -> None:
    key = added(client, ada)
    assert signs_in(client, key)
    key.more = said
    assert not signs_in(client, key)
    sign_in(client)
    asked = options_of(client.get("/sign-in/second-factor/"))
    assert client.post("/sign-in/second-factor/", {"credential": key.get(asked)}).status_code == 422
    key.more = {}
    asked = options_of(client.get("/sign-in/second-factor/"))
    assert client.post("/sign-in/second-factor/", {"credential": key.get(asked)}).status_code == 302


@pytest.mark.parametrize("said", FALSE_PAGES)
def test_a_passkey_made_on_another_page_is_not_added(
    client: Client, named: None, ada: User, said: dict[str, Any]
) -> None:
    client.force_login(ada)
    key = SoftPasskey(HERE, "pbx.example.com", more=said)
    sent = {"name": "Phone", "credential": key.create(options_of(client.get(ADD)))}
    assert client.post(ADD, sent).status_code == 422
    assert not Factors.of(ada)


def test_a_passkey_made_for_another_question_is_not_added(client: Client, named: None, ada: User, hugo: User) -> None:
    """Of somebody else, of an earlier visit, or sent a second time."""
    client.force_login(ada)
    other = Client()
    other.force_login(hugo)
    key = SoftPasskey(HERE, "pbx.example.com")
    earlier, theirs = options_of(client.get(ADD)), options_of(other.get(ADD))
    client.get(ADD)
    for asked in (theirs, earlier):
        assert client.post(ADD, {"name": "Phone", "credential": key.create(asked)}).status_code == 422
        client.get(ADD)
    assert not Factors.of(ada)
    now = options_of(client.get(ADD))
    sent = {"name": "Phone", "credential": key.create(now)}
    assert client.post(ADD, sent).status_code == 302
    assert client.post(ADD, sent).status_code == 422
    assert len(Factors.of(ada).passkeys) == 1
    assert Factors.of(ada).codes_left == 10
    assert AuditRecord.objects.get(action="second_factor.passkey_added").detail["name"] == "Phone"
    assert Email.objects.get().facts["what"] == "passkey_added"


def test_a_counter_that_does_not_grow_is_refused(client: Client, named: None, ada: User) -> None:
    key = added(client, ada, counter=5)
    seen = []
    for counter in (5, 4, 0, 6, 6, 5, 9, 8, 10):
        key.counter = counter
        seen.append(signs_in(client, key))
    assert seen == [False, False, False, True, False, False, True, False, True]
    assert AuditRecord.objects.filter(action="second_factor.failed").count() == 6


def test_a_passkey_without_a_counter_signs_in_again_and_again(client: Client, named: None, ada: User) -> None:
    key = added(client, ada)
    assert [signs_in(client, key) for _ in range(3)] == [True, True, True]


def test_renaming_a_passkey_keeps_its_counter(client: Client, named: None, ada: User) -> None:
    key = added(client, ada, counter=1)
    stale = Factors.of(ada).passkeys[0]
    key.counter = 7
    assert signs_in(client, key)
    rename(ada, stale, "Blue key")
    assert Factors.of(ada).passkeys[0].data["name"] == "Blue key"
    assert not signs_in(client, key)


def test_an_answer_works_once(client: Client, named: None, ada: User) -> None:
    key = added(client, ada)
    sent = {"credential": key.get(challenge(client))}
    kept = client.cookies[portal.CHALLENGE_COOKIE_NAME].value
    thief = Client()
    thief.cookies[portal.CHALLENGE_COOKIE_NAME] = kept
    client.post(ALONE, sent)
    assert is_in(client)
    thief.post(ALONE, sent)
    assert not is_in(thief)


def test_an_answer_is_of_the_browser_that_was_asked_and_of_its_time(
    client: Client, named: None, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = added(client, ada)
    sent = {"credential": key.get(challenge(client))}
    other = Client()
    challenge(other)
    other.post(ALONE, sent)
    assert not is_in(other)
    later = time.time() + 601
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    client.post(ALONE, sent)
    assert not is_in(client)


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


def test_a_passkey_that_was_removed_meanwhile_is_neither_used_nor_renamed(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    passkey = with_passkey(ada)
    client.force_login(ada)

    def rename(*_: object) -> None:
        raise Gone

    monkeypatch.setattr("accounts.second_factor.views.second_factor_factors.rename", rename)
    answer = client.post(RENAME, {"passkey": passkey.pk, "name": "Blue key"})
    assert answer["Location"] == "/account/security/"
    assert "has already been removed" in client.get(answer["Location"]).content.decode()
    Authenticator.objects.all().delete()
    assert not use_passkey(passkey, 5, time.time())
    assert client.get(RENAME, {"passkey": passkey.pk})["Location"] == "/account/security/"
    assert not AuditRecord.objects.filter(action="second_factor.passkey_renamed").exists()


def test_nonsense_confirms_nobody(client: Client, named: None, ada: User) -> None:
    with_passkey(ada)
    client.force_login(ada)
    be_stale(client)
    answer = client.post("/sign-in/again/passkey/", {"credential": "x"})
    assert answer["Location"] == "/sign-in/again/passkey/"
    assert len(get_messages(answer.wsgi_request)) == 1
    assert client.get(ADD)["Location"].startswith("/sign-in/again/")


def test_one_of_two_goes_and_the_recovery_codes_stay(client: Client, ada: User) -> None:
    add_app(ada, SECRET, 0)
    passkey = with_passkey(ada)
    client.force_login(ada)
    assert client.post("/account/security/second-factor/remove/", {"passkey": passkey.pk}).status_code == 302
    factors = Factors.of(ada)
    assert (bool(factors.app), factors.passkeys, factors.codes_left) == (True, [], 10)
    with pytest.raises(Gone):
        rename(ada, passkey, "Late")
