"""Guessing and spraying are stopped, and nobody is locked out of their own account by it."""

import time
from collections import Counter
from threading import Thread
from typing import Any

import pytest
from django.conf import settings as portal
from django.contrib.auth import hashers
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.passwords.hashers import Argon2Hasher
from accounts.sessions import known_devices
from accounts.sessions.models import Device
from accounts.sign_in import allauth_adapter
from accounts.sign_in.allauth_adapter import FAILED_SECONDS
from accounts.throttling import failure_counts
from accounts.throttling.failure_counts import Bucket, Limit, Tally
from accounts.throttling.sign_in import ACCOUNT, of_account
from core import proxies
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from tests.people import PASSWORD, make_user

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
WRONG = "wrong"


def tries(email: str, password: str = WRONG, *, client: Client | None = None, address: str = HERE, **more: Any) -> int:
    client = client or Client()
    return client.post("/sign-in/", {"login": email, "password": password}, REMOTE_ADDR=address, **more).status_code


def later(seconds: float) -> None:
    """As if that much time had gone by since all that was counted."""
    for tally in Tally.objects.all():
        tally.times = [each - seconds for each in tally.times]
        tally.until, tally.at = tally.until - seconds, tally.at - seconds
        tally.save()


def signed_in_before(user: User) -> Client:
    """The browser of one who has signed in there, and out again."""
    client = Client()
    assert tries(user.email or "", PASSWORD, client=client, address=ELSEWHERE) == 302
    client.post("/sign-out/")
    return client


def staff(count: int) -> list[User]:
    hashed = hashers.make_password(PASSWORD)
    return User.objects.bulk_create(
        User(first_name=f"Person {n}", email=f"person{n}@example.com", password=hashed) for n in range(count)
    )


def test_thirty_accounts_sprayed_from_one_address_are_stopped_while_one_of_them_signs_in_elsewhere(db: None) -> None:
    people = staff(30)
    answers = []
    for n, each in enumerate(people):
        answers.append(tries(each.email or "", address=HERE))
        if n == 20:
            assert tries(people[25].email or "", PASSWORD, address=ELSEWHERE) == 302
            assert tries(people[3].email or "", PASSWORD, address=ELSEWHERE) == 302
    assert Counter(answers) == {200: 10, 429: 20}
    assert tries(people[29].email or "", PASSWORD, address=HERE) == 429
    later(301)
    assert tries(people[29].email or "", PASSWORD, address=HERE) == 302


def test_guessing_one_account_is_stopped_while_its_owner_gets_in_from_a_known_device(vic: User) -> None:
    browser = signed_in_before(vic)
    guesses = [tries("vic@example.com", address=f"203.0.113.{n}") for n in range(40)]
    assert Counter(guesses) == {200: 5, 429: 35}
    assert tries("vic@example.com", PASSWORD, address="203.0.113.50") == 429
    assert tries("vic@example.com", PASSWORD, client=browser, address="203.0.113.51") == 302


def test_the_known_device_is_let_in_from_an_address_that_is_stopped(vic: User) -> None:
    browser = signed_in_before(vic)
    assert [tries(f"nobody{n}@example.com") for n in range(12)][-1] == 429
    assert tries("vic@example.com", PASSWORD, client=browser) == 302


def test_the_known_device_is_counted_alone(vic: User, ada: User) -> None:
    browser = signed_in_before(vic)
    assert [tries("vic@example.com", client=browser) for _ in range(7)] == [200] * 5 + [429] * 2
    assert tries("vic@example.com", PASSWORD, address=ELSEWHERE) == 302
    assert tries("ada@example.com", PASSWORD, client=browser) == 302


def test_a_device_is_known_for_its_own_people_alone(vic: User, ada: User) -> None:
    browser = signed_in_before(vic)
    assert [tries("ada@example.com", client=browser, address=f"203.0.113.{n}") for n in range(6)][-1] == 429
    assert tries("ada@example.com", PASSWORD, client=browser) == 429
    signed_in_before(make_user("Eve"))
    assert tries("ada@example.com", PASSWORD) == 429


@pytest.mark.parametrize("value", ["", "x", "x:y", "é", "a" * 5000])
def test_a_device_that_nobody_here_made_is_none(vic: User, value: str) -> None:
    browser = signed_in_before(vic)
    browser.cookies[portal.DEVICE_COOKIE_NAME] = value
    assert [tries("vic@example.com", address=f"203.0.113.{n}") for n in range(6)][-1] == 429
    assert tries("vic@example.com", PASSWORD, client=browser) == 429


def test_a_device_is_forgotten_after_180_days_without_a_sign_in(vic: User) -> None:
    browser = signed_in_before(vic)
    Device.objects.update(last_seen=known_devices.oldest())
    assert [tries("vic@example.com", address=f"203.0.113.{n}") for n in range(6)][-1] == 429
    assert tries("vic@example.com", PASSWORD, client=browser) == 429


def test_the_cookie_of_a_device_is_out_of_reach_of_scripts_and_its_key_is_not_kept(vic: User) -> None:
    cookie = signed_in_before(vic).cookies[portal.DEVICE_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 180 * 86400)
    assert cookie.value.partition(":")[0] not in str(list(Device.objects.values()))


@pytest.mark.parametrize("known", [True, False])
def test_the_page_says_how_long_and_what_to_do_in_the_same_words_for_all(vic: User, known: bool) -> None:
    Preferences.objects.update(mail_host="mail.example.com")
    email = "vic@example.com" if known else "nobody@example.com"
    answers = [Client().post("/sign-in/", {"login": email, "password": "wrong"}) for _ in range(6)]
    page = answers[-1].content.decode()
    assert "Too many failed sign-ins for this account or from your network. Try again in 5 minutes." in page
    assert 'To sign in now, <a href="/password/">choose a new password by e-mail</a>' in page
    assert 0 < int(answers[-1]["Retry-After"]) <= 300
    assert [each.status_code for each in answers] == [200] * 5 + [429]


def test_without_a_mail_server_the_page_offers_no_link_by_e_mail(vic: User) -> None:
    assert not Preferences.current().mail_host
    page = [Client().post("/sign-in/", {"login": "vic@example.com", "password": "wrong"}) for _ in range(6)][-1]
    assert page.status_code == 429
    assert "To sign in now, use a browser where you have signed in before." in page.content.decode()
    assert "by e-mail" not in page.content.decode()


def test_it_becomes_slower_and_a_day_of_peace_forgets_it(vic: User) -> None:
    def block() -> float:
        for _ in range(5):
            tries("vic@example.com", address=f"203.0.113.{time.time_ns() % 250}")
        return round(failure_counts.wait([of_account("vic@example.com")]) / 60)

    def after(minutes: float) -> float:
        later(60 * minutes)
        return block()

    assert block() == 5
    assert [after(6), after(11), after(21), after(41), after(61), after(61)] == [10, 20, 40, 60, 60, 60]
    assert after(25 * 60) == 5


def test_each_block_is_twice_as_long_as_the_one_before_up_to_an_hour(db: None) -> None:
    bucket = Bucket(Limit("some", 2, 60), "x")

    def blocked_after(peace: float) -> float:
        later(peace)
        with transaction.atomic():
            (_, first), (_, second) = failure_counts.failed([bucket]), failure_counts.failed([bucket])
            left, third = failure_counts.failed([bucket])
        assert (first, second, third) == ([], [bucket], [])
        assert left == pytest.approx(failure_counts.wait([bucket]), abs=5)
        return round(left, -1)

    found = [blocked_after(seconds) for seconds in (0, 301, 601, 1201, 2401, 3601, 86401)]
    assert found == [300, 600, 1200, 2400, 3600, 3600, 300]


def test_five_failures_within_longer_than_five_minutes_stop_nobody(vic: User) -> None:
    for _ in range(8):
        assert tries("vic@example.com") == 200
        later(76)


def test_the_right_password_is_never_counted(vic: User) -> None:
    assert [tries("vic@example.com", PASSWORD) for _ in range(15)] == [302] * 15
    assert not Tally.objects.exists()


def test_addresses_of_one_customer_are_counted_together(db: None) -> None:
    for n in range(10):
        tries(f"nobody{n}@example.com", address=f"2001:db8:0:1::{n:x}")
    assert tries("other@example.com", address="2001:db8:0:1:ffff::1") == 429
    assert tries("other@example.com", address="2001:db8:0:2::1") == 200
    assert tries("other@example.com", address="192.0.2.1") == 200


def test_an_old_address_in_new_clothes_is_the_same(db: None) -> None:
    for n in range(10):
        tries(f"nobody{n}@example.com", address="192.0.2.1")
    assert tries("other@example.com", address="::ffff:192.0.2.1") == 429


def test_an_account_is_one_however_its_address_is_typed(vic: User) -> None:
    for typed in ("vic@example.com", "VIC@example.com", " vic@example.com ", "Vic@Example.Com", "vIc@example.com"):
        tries(typed)
    assert tries("vic@example.com", PASSWORD) == 429


def test_what_was_typed_is_not_kept(db: None) -> None:
    assert tries("canary@example.com") == 200
    tallies = list(Tally.objects.values())
    assert tallies
    assert "canary" not in str(tallies)


def test_the_log_has_one_row_for_a_block_and_none_for_what_it_refuses(vic: User) -> None:
    for _ in range(20):
        tries("vic@example.com")
    for n in range(20):
        tries(f"nobody{n}@example.com", address=ELSEWHERE)
    for _ in range(6):
        tries("nobody@example.com", address="203.0.113.9")
    rows = AuditRecord.objects.filter(action="sign_in.blocked").order_by("id")
    assert [(each.who, each.on_text, each.result) for each in rows] == [
        ("Vic", "Vic", "refused"),
        ("unknown person", ELSEWHERE, "refused"),
        ("unknown person", "an address without an account", "refused"),
    ]
    assert AuditRecord.objects.filter(action="sign_in.failed").count() == 5 + 10 + 5


def test_a_clock_that_is_set_back_locks_nobody_out_for_long(vic: User) -> None:
    for _ in range(5):
        tries("vic@example.com")
    later(-3 * 3600)
    assert tries("vic@example.com", PASSWORD) == 302


def test_old_counts_are_cleared(db: None) -> None:
    tries("nobody@example.com")
    assert failure_counts.clear() == 0
    later(86401)
    assert failure_counts.clear() == 2


# --- whether there is such an account ---


class Hashes:
    """How many are made: of each kind of sign-in, the same number."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        encode = Argon2Hasher.encode
        verify = Argon2Hasher.verify

        def encoded(hasher: Argon2Hasher, password: str, salt: str) -> str:
            self.count += 1
            return encode(hasher, password, salt)

        def verified(hasher: Argon2Hasher, password: str, kept: str) -> bool:
            self.count += 1
            return verify(hasher, password, kept)

        monkeypatch.setattr(Argon2Hasher, "encode", encoded)
        monkeypatch.setattr(Argon2Hasher, "verify", verified)


def shape(sql: str) -> str:
    words = sql.split()
    return words[0] if {"SAVEPOINT", "DECLARE"} & set(words) else " ".join(words[:4])  # others have a name of their own


@pytest.mark.parametrize("who", ["inactive", "inactive and right", "without a password", "unusable", "nobody"])
def test_each_failure_costs_the_same_queries_and_one_hash(
    ada: User, vic: User, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    if who.startswith("inactive"):
        User.objects.filter(pk=vic.pk).update(is_active=False)
    elif who != "nobody":
        User.objects.filter(pk=vic.pk).update(password="" if who == "without a password" else "!" + "x" * 40)
    tries("other@example.com", address="203.0.113.1")  # what is asked for once in a process
    hashes = Hashes(monkeypatch)
    asked = []
    for email in ("ada@example.com", "nobody@example.com" if who == "nobody" else "vic@example.com"):
        before = hashes.count
        with CaptureQueriesContext(connection) as queries:
            tries(email, PASSWORD if "right" in who and email[0] == "v" else "wrong", address=HERE)
        assert hashes.count - before == 1
        asked.append([shape(each["sql"]) for each in queries])
    assert asked[0] == asked[1]


@pytest.mark.parametrize("email", ["vic@example.com", "nobody@example.com"])
def test_no_failure_is_answered_sooner_than_all_others(vic: User, email: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allauth_adapter, "FAILED_SECONDS", FAILED_SECONDS)
    for _ in range(5):  # the last is the one that stops the account
        began = time.monotonic()
        tries(email)
        assert time.monotonic() - began >= FAILED_SECONDS


@pytest.mark.parametrize("email", ["vic@example.com", "nobody@example.com"])
def test_a_block_costs_no_hash(vic: User, monkeypatch: pytest.MonkeyPatch, email: str) -> None:
    for _ in range(5):
        tries(email)
    hashes = Hashes(monkeypatch)
    with CaptureQueriesContext(connection) as queries:
        assert tries(email) == 429
    assert hashes.count == 0
    assert not [each["sql"] for each in queries if each["sql"].startswith(("INSERT", "UPDATE", "BEGIN"))]


# --- many at once ---


def at_once(count: int, email: str, password: str = WRONG, addresses: int = 250) -> Counter[int]:
    answers: Counter[int] = Counter()

    def one(n: int) -> None:
        try:
            answers.update([tries(email.format(n), password, address=f"203.0.113.{n % addresses}")])
        finally:
            connection.close()

    threads = [Thread(target=one, args=(n,)) for n in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_of_many_guesses_at_once_no_more_are_answered_than_one_after_another() -> None:
    make_user("Vic")
    assert at_once(24, "vic@example.com") == {200: 5, 429: 19}
    Tally.objects.all().delete()
    assert at_once(24, "nobody{}@example.com", addresses=1) == {200: 10, 429: 14}


@pytest.mark.django_db(transaction=True)
def test_many_who_sign_in_at_once_from_one_address_all_get_in() -> None:
    staff(20)
    assert at_once(20, "person{}@example.com", PASSWORD, addresses=1) == {302: 20}


def test_what_may_be_had_so_often_is_had_so_often(db: None) -> None:
    bucket = [Bucket(Limit("some", 3, 60), "x"), Bucket(ACCOUNT, "y")]
    assert [failure_counts.take(bucket) for _ in range(5)] == [True, True, True, False, False]
    later(61)
    assert failure_counts.take(bucket)


@pytest.mark.parametrize("forwarded", ["unknown", "x" * 400, ""])
def test_wrong_passwords_of_ten_people_whose_address_cannot_be_read_stop_nobody_else(
    db: None, settings: Settings, forwarded: str
) -> None:
    settings.BEHIND_PROXY = proxies.named("True")
    behind: dict[str, Any] = {"headers": {"X-Forwarded-For": forwarded}} if forwarded else {}
    people = staff(12)
    assert {tries(each.email or "", address="127.0.0.1", **behind) for each in people[:11]} == {200}
    assert tries(people[11].email or "", PASSWORD, address="127.0.0.1", **behind) == 302
    Preferences.objects.update(mail_host="mail.example.com")
    asked = [Client().post("/password/", {"email": each.email}, REMOTE_ADDR="127.0.0.1", **behind) for each in people]
    assert AuditRecord.objects.filter(action="sign_in.link_asked").count() == len(asked)


def test_clients_of_a_proxy_that_writes_their_ports_are_counted_apart(db: None, settings: Settings) -> None:
    settings.BEHIND_PROXY = proxies.named("True")
    people = staff(12)

    def behind(said: str) -> dict[str, Any]:
        return {"headers": {"X-Forwarded-For": said}, "address": "127.0.0.1"}

    assert {tries(each.email or "", **behind(f"{HERE}:5{n:03}")) for n, each in enumerate(people[:10])} == {200}
    assert tries(people[10].email or "", PASSWORD, **behind(f"{HERE}:6000")) == 429
    assert tries(people[11].email or "", PASSWORD, **behind(f"{ELSEWHERE}:5000")) == 302
