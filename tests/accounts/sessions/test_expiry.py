"""How long somebody stays signed in."""

import time
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.sessions import expiry
from accounts.sessions.models import Session, SessionStore
from core.preferences.models import Preferences
from tests.pages import html_of
from tests.people import PASSWORD

MINUTE, HOUR = 60, 3600


def signed_in(client: Client, user: User, **ago: float) -> Client:
    """`ago`: seconds since the session began, or its person was seen."""
    client.force_login(user)
    session = client.session
    for name in ("began", "seen"):
        session[name] = time.time() - ago.get(name, 0)
    session.save()
    return client


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize(("minutes", "idle", "stays"), [(15, 14, True), (15, 17, False), (30, 29, True), (5, 7, False)])
def test_who_manages_anything_is_signed_out_when_idle(
    client: Client, ada: User, minutes: int, idle: int, stays: bool
) -> None:
    Preferences.objects.update(idle_minutes=minutes)
    signed_in(client, ada, seen=idle * MINUTE, began=idle * MINUTE)
    answer = client.get("/extensions/?q=grace")
    assert is_signed_in(client) == stays
    if not stays:
        assert answer["Location"] == "/sign-in/?next=%2Fextensions%2F%3Fq%3Dgrace&ended=idle"


def test_who_manages_nothing_may_be_idle(client: Client, vic: User) -> None:
    signed_in(client, vic, seen=3 * HOUR, began=3 * HOUR)
    assert client.get("/").status_code == 200


def test_a_session_that_does_not_say_when_it_began_begins_with_the_next_page(client: Client, vic: User) -> None:
    """As one of a version before did: it does not last for ever."""
    signed_in(client, vic, seen=HOUR)
    session = client.session
    del session["began"]
    session.save()
    client.get("/account/")
    began = client.session["began"]
    assert time.time() - began < MINUTE
    session = client.session
    session["seen"] -= HOUR
    session.save()
    client.get("/account/")
    assert client.session["seen"] > began
    assert client.session["began"] == began


@pytest.mark.parametrize(("hours", "age", "stays"), [(24, 23, True), (24, 25, False), (1, 2, False), (720, 700, True)])
def test_no_session_lasts_longer_than_preferences_say(
    client: Client, vic: User, hours: int, age: int, stays: bool
) -> None:
    Preferences.objects.update(session_hours=hours)
    signed_in(client, vic, began=age * HOUR)
    answer = client.get("/")
    assert is_signed_in(client) == stays
    if not stays:
        assert answer["Location"] == "/sign-in/?next=%2F&ended=longest"


@pytest.mark.parametrize(
    ("why", "words"), [("idle", "after a period of inactivity"), ("longest", "the session reached its maximum length")]
)
def test_the_sign_in_page_says_why_and_leads_back(client: Client, ada: User, why: str, words: str) -> None:
    ago = {"idle": {"seen": HOUR}, "longest": {"began": 30 * HOUR}}[why]
    signed_in(client, ada, **ago)
    page = client.get("/history/", follow=True)
    assert words in page.content.decode()
    typed = {"login": "ada@example.com", "password": PASSWORD, "next": "/history/"}
    assert client.post("/sign-in/", typed)["Location"] == "/history/"
    assert client.get("/history/").status_code == 200


def test_a_reason_that_is_none_of_ours_says_nothing(client: Client, ada: User) -> None:
    page = html_of(client, "/sign-in/?ended=<b>pwned")
    assert "pwned" not in page
    assert "signed out" not in page


def test_a_poll_keeps_no_session_alive(client: Client, ada: User) -> None:
    signed_in(client, ada, seen=14 * MINUTE)
    before = client.session["seen"]
    assert client.get("/pbx/", headers={"X-Background": "yes"}).status_code == 200
    assert client.session["seen"] == before
    client.get("/extensions/")
    assert client.session["seen"] > before


def test_a_poll_of_an_ended_session_is_told_so_and_leaves_the_reason_to_the_page(client: Client, ada: User) -> None:
    signed_in(client, ada, seen=HOUR)
    answer = client.get("/pbx/", headers={"X-Background": "yes"})
    assert (answer.status_code, answer.content, answer["X-Signed-Out"]) == (204, b"", "yes")
    assert client.get("/extensions/")["Location"].endswith("ended=idle")


@pytest.mark.parametrize(
    ("headers", "back"),
    [
        ({"Referer": "http://testserver/extensions/1000/?a=1"}, "%2Fextensions%2F1000%2F%3Fa%3D1"),
        ({"Referer": "https://evil.example/x"}, "%2F"),
        ({}, "%2F"),
    ],
)
def test_after_a_deed_one_comes_back_to_the_page_that_it_was_on(
    client: Client, ada: User, headers: dict[str, str], back: str
) -> None:
    signed_in(client, ada, seen=HOUR)
    answer = client.post("/extensions/1000/toggle/", headers=headers)
    assert answer["Location"] == f"/sign-in/?next={back}&ended=idle"


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(client: Client, ada: User) -> None:
    signed_in(client, ada, seen=HOUR)
    headers: dict[str, Any] = {"HX-Request": "true", "HX-Current-URL": "http://testserver/extensions/add/"}
    answer = client.post("/extensions/strength/", headers=headers)
    assert answer["HX-Redirect"] == "/sign-in/?next=%2Fextensions%2Fadd%2F&ended=idle"


def test_a_session_is_written_once_a_minute(client: Client, ada: User) -> None:
    client.force_login(ada)
    client.get("/preferences/")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/preferences/").status_code == 200
    assert not [each["sql"] for each in asked if each["sql"].startswith(("UPDATE", "INSERT", "BEGIN"))]
    signed_in(client, ada, seen=2 * MINUTE)
    with CaptureQueriesContext(connection) as asked:
        client.get("/preferences/")
    assert [each["sql"] for each in asked if each["sql"].startswith('UPDATE "accounts_session"')]


def test_a_session_of_before_the_rules_begins_with_the_next_page(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.get("/preferences/").status_code == 200
    assert time.time() - client.session["began"] < MINUTE
    assert Session.objects.count() == 1


def test_the_clock_that_is_set_back_ends_nothing(client: Client, ada: User) -> None:
    signed_in(client, ada, seen=-HOUR, began=-HOUR)
    assert client.get("/preferences/").status_code == 200
    assert abs(time.time() - client.session["seen"]) < MINUTE


def test_preferences_are_read_once_for_a_page(client: Client, ada: User) -> None:
    client.force_login(ada)
    client.get("/extensions/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/extensions/")
    assert len([each for each in asked if 'FROM "core_preferences"' in each["sql"]]) == 1


def test_on_a_full_disk_the_page_is_shown_though_nobody_can_note_that_it_was_seen(
    client: Client, vic: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(client, vic, seen=2 * MINUTE)

    def full(self: object, must_create: bool = False) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(SessionStore, "save", full)
    answer = client.get("/")
    assert answer.status_code == 200
    assert "<h1>" in answer.content.decode()


def test_a_session_that_is_noted_says_from_where(client: Client, ada: User) -> None:
    signed_in(client, ada, seen=2 * MINUTE)
    agent = "B" * 300
    client.get("/preferences/", headers={"User-Agent": agent}, REMOTE_ADDR="192.0.2.9")
    row = Session.objects.get(user=ada)
    assert (row.address, row.agent) == ("192.0.2.9", agent[:255])


def test_a_page_that_is_open_learns_by_which_limit_its_session_ends_and_when(client: Client, ada: User) -> None:
    """So that it can warn before what was typed is lost; of whoever manages nothing there is one limit."""
    Preferences.objects.update(idle_minutes=15, session_hours=1)
    answer = signed_in(client, ada, seen=5 * MINUTE).get("/pbx/", headers={"HX-Request": "true", "X-Background": "yes"})
    why, seconds = answer["X-Session-Ends"].split()
    assert why == "idle"
    assert 10 * MINUTE < float(seconds) <= 11 * MINUTE
    answer = signed_in(client, ada, began=50 * MINUTE).get("/pbx/", headers={"HX-Request": "true"})
    why, seconds = answer["X-Session-Ends"].split()
    assert why == "longest"
    assert 9 * MINUTE < float(seconds) <= 10 * MINUTE
    assert "X-Session-Ends" not in client.get("/preferences/").headers


@pytest.mark.parametrize("poll", [True, False])
def test_an_active_page_keeps_the_session_and_a_poll_does_not(client: Client, ada: User, *, poll: bool) -> None:
    signed_in(client, ada, seen=2 * MINUTE)
    answer = client.get("/pbx/", headers={"HX-Request": "true", **({"X-Background": "yes"} if poll else {})})
    left = float(answer["X-Session-Ends"].split()[1])
    assert (left < 15 * MINUTE) == poll


def test_who_may_no_longer_sign_in_manages_nothing(ada: User, vic: User) -> None:
    assert expiry.manages_anything(ada) is True
    assert expiry.manages_anything(vic) is False
    ada.is_active = False
    assert expiry.manages_anything(ada) is False
