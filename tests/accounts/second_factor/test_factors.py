"""What a person's factors are, what each change of them leaves, and whom it tells."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.second_factor import factors
from accounts.second_factor.factors import COUNTER, USED, App, Codes, Factors, Gone, LastFactor, Passkey
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from tests.accounts.second_factor.test_passkeys import with_passkey
from tests.accounts.second_factor.test_second_factor import SECRET, with_app
from tests.authenticator import code
from tests.pages import html_of

SECURITY, PASSKEYS, REMOVE = (
    "/account/security/",
    "/account/security/passkeys/",
    "/account/security/second-factor/remove/",
)


def told() -> list[tuple[str, str]]:
    """What the person is told by e-mail of each, and what the log says besides."""
    mails = [str(each.facts["what"]) for each in Email.objects.order_by("id")]
    rows = AuditRecord.objects.filter(action__startswith="second_factor.").order_by("id")
    return [(each.action.removeprefix("second_factor."), "mailed" if each.action.split(".")[1] in mails else "")
            for each in rows]  # fmt: skip


def test_who_has_nothing_has_no_codes_either(ada: User) -> None:
    none = Factors.of(ada)
    assert (bool(none), none.app, none.passkeys, none.codes, none.codes_left, none.codes_were_seen) == (
        False, None, [], None, 0, False,
    )  # fmt: skip
    assert none.words == ""
    assert not factors.has_one(ada)
    assert factors.new_codes(ada) is False
    assert factors.codes_once(ada) == []
    assert factors.remove_all(ada, ada, "1000") is False
    assert factors.use_code(ada, "123456") is None
    assert told() == []


def test_what_a_person_has_is_said_in_short(ada: User, vic: User) -> None:
    with_app(vic)
    codes = with_app(ada)
    assert len(codes) == Factors.of(ada).codes_left == 10
    assert factors.codes_once(ada) == []
    assert Factors.of(ada).codes_were_seen
    assert Factors.of(ada).words == "Authenticator app"
    first, second = with_passkey(ada, "One"), with_passkey(ada, "Two")
    assert Factors.of(ada).words == "Authenticator app, 2 passkeys"
    assert Factors.of(ada).passkeys == [first, second]
    second.delete()
    Authenticator.objects.filter(user=ada, type=App).delete()
    assert Factors.of(ada).words == "1 passkey"
    assert factors.has_one(ada)
    Authenticator.objects.filter(user=ada, type=Passkey).delete()
    assert Factors.of(ada).codes
    assert not Factors.of(ada)
    assert not factors.has_one(ada)  # recovery codes stand in for one, and are none


def test_a_second_app_changes_nothing_of_the_first(ada: User) -> None:
    assert factors.add_app(ada, SECRET, 7) is True
    before = Authenticator.objects.get(user=ada, type=App).data
    assert before[USED] == 7
    assert factors.add_app(ada, SECRET, 8) is False
    assert Authenticator.objects.get(user=ada, type=App).data == before
    assert told() == [("app_added", "mailed")]
    assert Authenticator.objects.filter(user=ada, type=Codes).count() == 1


def test_each_code_works_once_and_a_recovery_code_is_told_of(ada: User) -> None:
    codes = with_app(ada)
    assert factors.use_code(ada, "000000") is None
    used = factors.use_code(ada, code(SECRET))
    assert used
    assert used.type == App
    assert factors.use_code(ada, code(SECRET)) is None
    used = factors.use_code(ada, codes[0])
    assert used
    assert used.type == Codes
    assert factors.use_code(ada, codes[0]) is None
    assert Factors.of(ada).codes_left == 9
    assert told() == [("app_added", "mailed"), ("code_used", "mailed")]


def test_the_last_factor_takes_the_codes_along_and_another_does_not(ada: User) -> None:
    with_app(ada)
    passkey = with_passkey(ada, "Phone")
    app = Factors.of(ada).app
    assert app
    factors.remove(ada, app)
    assert Factors.of(ada).codes
    with pytest.raises(Gone):
        factors.remove(ada, app)
    Preferences.objects.update(second_factor=True)
    with pytest.raises(LastFactor):
        factors.remove(ada, passkey)
    assert not factors.is_missing(ada)
    Preferences.objects.update(second_factor=False)
    factors.remove(ada, passkey)
    assert not factors.is_missing(ada)
    Preferences.objects.update(second_factor=True)
    assert factors.is_missing(ada)
    assert not Authenticator.objects.filter(user=ada).exists()
    assert told() == [("app_added", "mailed"), ("app_removed", "mailed"), ("passkey_removed", "mailed")]
    assert AuditRecord.objects.get(action="second_factor.passkey_removed").detail["name"] == "Phone"


def test_what_is_removed_for_somebody_says_what_it_was(ada: User, vic: User) -> None:
    with_app(vic)
    assert factors.remove_all(vic, ada, "1000") is True
    record = AuditRecord.objects.get(action="second_factor.removed")
    assert (record.by, record.number) == (ada.pk, "1000")
    assert record.detail["fields"]["factors"] == [[{"code": "second_factor.app"}], []]
    email = Email.objects.get(facts__what="removed")
    assert (email.user, email.by) == (vic, ada)
    assert "address" in email.facts


def test_new_codes_are_shown_once_and_the_old_end(ada: User) -> None:
    old = with_app(ada)
    assert factors.new_codes(ada) is True
    assert not Factors.of(ada).codes_were_seen
    new = factors.codes_once(ada)
    assert len(new) == 10
    assert factors.use_code(ada, old[0]) is None
    assert factors.use_code(ada, new[0])
    assert ("codes_made", "mailed") in told()


def test_a_passkey_is_renamed_and_one_that_is_gone_is_not(ada: User) -> None:
    passkey = with_passkey(ada, "Phone")
    factors.rename(ada, passkey, "Tablet")
    factors.rename(ada, passkey, "Tablet")
    passkey.refresh_from_db()
    assert passkey.data["name"] == "Tablet"
    assert AuditRecord.objects.get().detail["fields"] == {"name": ["Phone", "Tablet"]}
    Authenticator.objects.all().delete()
    with pytest.raises(Gone):
        factors.rename(ada, passkey, "Watch")


@pytest.fixture
def made_at_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each passkey says that it had signed three times when it was added."""
    made = SimpleNamespace(authenticator_data=SimpleNamespace(counter=3))
    monkeypatch.setattr(Authenticator, "wrap", lambda _: made)


@pytest.mark.usefixtures("made_at_three")
@pytest.mark.parametrize(
    ("last", "counter", "works"),
    [(0, 0, True), (0, 1, True), (5, 6, True), (5, 5, False), (5, 4, False), (5, 0, False)],
)
def test_a_copy_of_a_passkey_is_told_by_its_counter(ada: User, last: int, counter: int, *, works: bool) -> None:
    passkey = with_passkey(ada)
    Authenticator.objects.update(data={**passkey.data, COUNTER: last})
    passkey.refresh_from_db()
    assert factors.use_passkey(passkey, counter, time.time()) is works
    passkey.refresh_from_db()
    assert passkey.data[COUNTER] == (counter if works else last)
    assert bool(passkey.last_used_at) is works


@pytest.mark.usefixtures("made_at_three")
@pytest.mark.parametrize(("ago", "works"), [(10, True), (-10, False)])
def test_what_was_asked_before_the_passkey_was_last_used_is_answered_no_more(
    ada: User, ago: int, *, works: bool
) -> None:
    passkey = with_passkey(ada)
    passkey.data[COUNTER], passkey.last_used_at = 0, timezone.now()
    passkey.save()
    assert factors.use_passkey(passkey, 0, time.time() + ago) is works
    passkey.delete()
    gone = SimpleNamespace(pk=10**6, user=ada)
    assert factors.use_passkey(gone, 1, time.time()) is False


@pytest.mark.usefixtures("made_at_three")
def test_without_a_counter_of_ours_that_of_its_making_counts(ada: User) -> None:
    passkey = with_passkey(ada)
    assert factors.use_passkey(passkey, 3, time.time()) is False
    assert factors.use_passkey(passkey, 4, time.time()) is True


# --- its pages ---


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def messages(client: Client, url: str, data: dict[str, Any] | None = None) -> list[str]:
    answer = client.get(url, follow=True) if data is None else client.post(url, data, follow=True)
    assert answer.redirect_chain[-1][0] == SECURITY
    return [str(each) for each in answer.context["messages"]]


def test_what_was_removed_meanwhile_is_said_to_be_gone(signed_in: Client, ada: User, vic: User) -> None:
    of_vic = with_passkey(vic)
    gone = ["This verification method has already been removed."]
    assert messages(signed_in, f"{PASSKEYS}rename/?passkey={of_vic.pk}") == gone
    assert messages(signed_in, f"{PASSKEYS}rename/", {"passkey": str(of_vic.pk), "name": "Mine"}) == gone
    assert messages(signed_in, f"{REMOVE}?passkey={of_vic.pk}") == gone
    assert messages(signed_in, REMOVE) == gone
    assert messages(signed_in, REMOVE, {}) == gone
    assert Authenticator.objects.get().data["name"] == "Phone"


def test_a_passkey_is_renamed_on_its_page(signed_in: Client, ada: User) -> None:
    passkey = with_passkey(ada, "Phone")
    page = html_of(signed_in, f"{PASSKEYS}rename/?passkey={passkey.pk}")
    assert 'value="Phone"' in page
    refused = signed_in.post(f"{PASSKEYS}rename/", {"passkey": str(passkey.pk), "name": ""})
    assert refused.status_code == 422
    assert "Enter the Name." in refused.content.decode()
    renamed = {"passkey": str(passkey.pk), "name": "Tablet"}
    assert messages(signed_in, f"{PASSKEYS}rename/", renamed) == ["Passkey renamed."]


def test_the_app_goes_where_no_passkey_is_named(signed_in: Client, ada: User) -> None:
    with_app(ada)
    passkey = with_passkey(ada)
    page = signed_in.get(REMOVE)
    assert (page.status_code, page.context["last"], page.context["refused"]) == (200, False, False)
    assert messages(signed_in, REMOVE, {}) == ["Verification method removed."]
    assert Factors.of(ada).passkeys == [passkey]
    Preferences.objects.update(second_factor=True)
    page = signed_in.get(f"{REMOVE}?passkey={passkey.pk}")
    assert (page.status_code, page.context["last"], page.context["refused"]) == (200, True, True)
    refused = signed_in.post(REMOVE, {"passkey": str(passkey.pk)})
    assert (refused.status_code, refused.context["refused"]) == (409, True)
    assert Factors.of(ada).passkeys == [passkey]


def test_who_has_one_is_not_led_to_set_one_up(signed_in: Client, ada: User, settings: Settings) -> None:
    settings.PORTAL_URL = "http://192.0.2.1:8000"
    assert messages(signed_in, "/account/security/second-factor/") == []
    with_app(ada)
    assert messages(signed_in, "/account/security/app/") == [
        "You already have an authenticator app. Remove it to set up another one."
    ]
    assert messages(signed_in, f"{PASSKEYS}add/") == [
        "Passkeys work only if the portal has a host name and uses HTTPS."
    ]


def test_codes_are_shown_once_and_then_how_many_are_left(signed_in: Client, ada: User) -> None:
    assert messages(signed_in, "/account/security/codes/") == []
    factors.add_app(ada, SECRET, 0)
    first = signed_in.get("/account/security/codes/")
    assert len(first.context["codes"]) == 10
    assert first.context["download"].startswith("data:text/plain;charset=utf-8,")
    assert first.context["download"].endswith("%0A")
    again = signed_in.get("/account/security/codes/")
    assert (again.context["codes"], again.context["left"]) == ([], 10)
