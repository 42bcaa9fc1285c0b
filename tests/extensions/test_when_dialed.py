"""The page says what becomes of a number that the extension's phone dials."""

import pytest
from django.test import Client

from accounts.models import User
from tests.people import make_extension

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, ada: User) -> str:
    client.force_login(ada)
    return make_extension("1001").get_absolute_url()


def text(client: Client, page: str, dials: str) -> str:
    answer = client.get(page, {"dials": dials})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_number_without_a_route_is_said_to_be_none(client: Client, page: str) -> None:
    assert "No route is for 01711234567." in text(client, page, "0171 / 123-45 67")


@pytest.mark.parametrize("dials", ["abc", "<script>", "112;x", "\x00", "１１２"])
def test_what_nobody_can_dial_is_said(client: Client, page: str, dials: str) -> None:
    assert "Enter what is dialed: digits, *, #, and +." in text(client, page, dials)


def test_no_more_is_looked_up_than_anybody_dials(client: Client, page: str) -> None:
    assert f"No route is for {40 * '1'}." in text(client, page, 50 * "1")


def test_nothing_asked_is_nothing_said(client: Client, page: str) -> None:
    assert "No route is for" not in text(client, page, "  ")
