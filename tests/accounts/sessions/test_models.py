"""What a copy of the database would give away of sessions: nothing."""

import re
import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError, connection
from django.test import Client

from accounts.models import Role, User
from accounts.sessions.models import Session, SessionStore, digest
from extensions.models import SipExtension
from tests.addresses import OPEN
from tests.people import PASSWORD, make_extension

CANARY = "canary-2b1f"


def rows() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_session")
        return list(cursor.fetchall())


def test_neither_the_key_nor_what_is_held_stands_in_the_table(client: Client, ada: User) -> None:
    client.force_login(ada)
    session = client.session
    session["held"] = CANARY
    session.save()
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert SessionStore(key)["held"] == CANARY
    assert key not in str(rows())
    assert CANARY not in str(rows())


def test_what_is_held_opens_in_its_own_row_alone(client: Client, ada: User, vic: User) -> None:
    client.force_login(ada)
    other = Client()
    other.force_login(vic)
    data = Session.objects.get(user=ada).session_data
    Session.objects.filter(user=vic).update(session_data=data)
    assert other.get("/").status_code == 302


def test_a_key_of_the_table_signs_nobody_in(client: Client, ada: User) -> None:
    client.force_login(ada)
    client.cookies[settings.SESSION_COOKIE_NAME] = Session.objects.get().session_key
    assert client.get("/").headers["Location"].startswith("/sign-in/")


def test_another_role_or_password_ends_the_session_at_once(client: Client, ada: User, vic: User) -> None:
    for change in ({"role": Role.objects.get(key="operator")}, {"password": vic.password}):
        client.force_login(ada)
        assert client.get("/preferences/").status_code == 200
        User.objects.filter(pk=ada.pk).update(**change)
        assert client.get("/preferences/").status_code == 302
        User.objects.filter(pk=ada.pk).update(role=ada.role, password=ada.password)


def test_signing_in_gives_another_key_and_signing_out_leaves_no_row(client: Client, ada: User) -> None:
    client.get("/sign-in/")
    client.post("/sign-in/", {"login": "ada@example.com", "password": PASSWORD})
    assert [each.user for each in Session.objects.all()] == [ada]
    client.post("/sign-out/")
    assert not Session.objects.filter(user=ada).exists()


@pytest.mark.parametrize("path", sorted(OPEN))
def test_a_stranger_has_no_session_stored(db: None, path: str) -> None:
    url = "/" + re.sub(r"<[^>]*>", "x", path)
    for headers in ({}, {"Accept": "application/json"}, {"HX-Request": "true"}):
        stranger = Client(headers=headers)
        typed = {"login": "x", "password": "x", "email": "x"}
        assert max(stranger.get(url).status_code, stranger.post(url, typed).status_code) < 500
    assert not Session.objects.exists()


@pytest.mark.parametrize(("code", "said"), [("SQLITE_BUSY", "database is locked"), ("SQLITE_FULL", "disk is full")])
def test_what_was_done_is_told_though_the_session_cannot_be_stored(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    make_extension("1000", first_name="Grace")
    client.force_login(ada)
    session = client.session
    session["applied"] = ["1000", True, "Proved."]
    session.save()

    def refused(*_args: object, **_more: object) -> None:
        cause = sqlite3.OperationalError(said)
        cause.sqlite_errorname = code
        raise OperationalError(said) from cause

    monkeypatch.setattr(Session, "save", refused)
    done = client.post("/extensions/1000/toggle/", {"enabled": "no"})
    assert done.status_code == 302
    assert not SipExtension.objects.get(number="1000").enabled
    assert client.get("/extensions/1000/").status_code == 200


def test_a_session_that_was_ended_meanwhile_is_not_made_again(client: Client, ada: User) -> None:
    client.force_login(ada)
    session = client.session
    session["some"] = "thing"
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.exists()


def test_a_session_that_does_not_open_is_given_another_key(client: Client, ada: User, vic: User) -> None:
    """What a stranger knows of it is of no use in the one that follows."""
    client.force_login(ada)
    other = SessionStore()
    other["some"] = "thing"
    other.save()
    Session.objects.filter(session_key=digest(str(other.session_key))).update(
        session_data=Session.objects.get(user=ada).session_data
    )
    again = SessionStore(other.session_key)
    assert dict(again.items()) == {}
    assert again.session_key is None
    unknown = SessionStore("no such key")
    assert dict(unknown.items()) == {}
    assert unknown.session_key is None


def test_what_the_list_of_sessions_shows_stands_beside_what_is_sealed(ada: User) -> None:
    store = SessionStore()
    store.update({"_auth_user_id": str(ada.pk), "address": "192.0.2.1", "agent": "Browser", "began": 1.5, "seen": 2.5})
    store.save()
    row = Session.objects.get()
    assert (row.user, row.address, row.agent) == (ada, "192.0.2.1", "Browser")
    assert (row.began, row.seen) == (datetime.fromtimestamp(1.5, UTC), datetime.fromtimestamp(2.5, UTC))
    assert row.get_session_store_class() is SessionStore
    assert store.exists(str(store.session_key))
    assert not store.exists(row.session_key)
    store.delete()
    assert not Session.objects.exists()
    SessionStore().create()
    row = Session.objects.get()
    assert (row.user, row.address, row.agent, row.began, row.seen) == (None, "", "", None, None)
