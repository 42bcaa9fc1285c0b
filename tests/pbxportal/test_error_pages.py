"""A page of an error has the frame for who is signed in, and none for strangers."""

import sqlite3

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from core.access.permissions import Permission
from core.file_lock import LockedError
from pbxportal import views
from tests.people import make_user

FRAME = 'id="sidebar"'


def asked(client: Client, status: int) -> str:
    if status == 400:
        answer = client.post("/theme/", {f"field-{each}": "" for each in range(20)})
    else:
        answer = client.get({403: "/roles/add/", 404: "/nowhere/"}[status])
    assert answer.status_code == status
    return answer.content.decode()


@pytest.fixture(autouse=True)
def few_fields(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10


@pytest.mark.parametrize("status", [400, 403, 404])
def test_who_is_signed_in_keeps_the_frame(client: Client, db: None, status: int) -> None:
    client.force_login(make_user("Vic", custom=Role.objects.create(name="Reader", granted=[Permission.VIEW_ROLES])))
    assert FRAME in asked(client, status)


@pytest.mark.parametrize("status", [400, 404])
def test_a_stranger_sees_none(client: Client, ada: User, status: int) -> None:
    page = asked(client, status)
    assert "Go to the home page" in page
    assert FRAME not in page


def refused(name: str) -> OperationalError:
    """As Django raises it."""
    cause = sqlite3.OperationalError("no more of it")
    cause.sqlite_errorname = name
    error = OperationalError("no more of it")
    error.__cause__ = cause
    return error


def answered(error: Exception, request: HttpRequest) -> HttpResponse:
    try:
        raise error
    except type(error):
        return views.server_error(request)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (refused("SQLITE_FULL"), "Free up space on the disk that holds the portal&#x27;s database."),
        (refused("SQLITE_READONLY_DBMOVED"), "Give the portal&#x27;s user write access to its database"),
    ],
)
def test_what_to_do_about_a_database_that_refuses_is_said(rf: RequestFactory, error: Exception, words: str) -> None:
    answer = answered(error, rf.get("/"))
    assert (answer.status_code, "Retry-After" in answer) == (503, False)
    assert words in answer.content.decode()
    assert "no more of it" in answer.content.decode()


@pytest.mark.parametrize("error", [refused("SQLITE_BUSY"), LockedError("of others")])
def test_who_comes_while_others_save_is_to_come_again(rf: RequestFactory, settings: Settings, error: Exception) -> None:
    settings.LOCK_SECONDS = 17
    for request, words in ((rf.get("/"), "Reload this page in a moment."), (rf.post("/"), "Nothing you typed is lost")):
        answer = answered(error, request)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert words in answer.content.decode()
        assert "The portal waited 17 seconds for its turn." in answer.content.decode()


@pytest.mark.parametrize("error", [refused("SQLITE_CORRUPT"), ValueError("no more of it"), OSError(28, "No space")])
def test_of_any_other_error_nothing_is_told(rf: RequestFactory, error: Exception) -> None:
    answer = answered(error, rf.get("/"))
    assert answer.status_code == 500
    assert str(error) not in answer.content.decode()


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://testserver", 204),
        ("https://pbx.lan", 204),
        ("https://testserver", 403),
        ("http://evil.example.com", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_a_web_socket_is_for_who_is_signed_in_on_our_own_pages(
    client: Client, ada: User, settings: Settings, origin: str, status: int
) -> None:
    settings.PORTAL_ADDRESSES = ["https://pbx.lan"]
    headers = {"Origin": origin} if origin else {}
    assert client.get("/web-socket/", headers=headers).status_code == 403
    client.force_login(ada)
    assert client.get("/web-socket/", headers=headers).status_code == status
