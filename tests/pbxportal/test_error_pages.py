"""A page of an error has the frame for who is signed in, and none for strangers."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from core.access.permissions import Permission
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
