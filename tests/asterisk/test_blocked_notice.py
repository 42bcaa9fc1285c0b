"""What the header says of blocked addresses."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from asterisk.models import BlockedAddress, BlockedAddressQuerySet
from core.access.permissions import Permission
from tests.pages import html_of
from tests.people import make_user


def block(network: str, minutes: int = 15) -> None:
    until = timezone.now() + timedelta(minutes=minutes)
    BlockedAddress.objects.create(network=network, reason="attempts", tries=10, until=until)


def header(client: Client) -> str:
    return " ".join(html_of(client, "/pbx/").split())


def test_the_header_counts_new_blocks_until_the_list_is_opened(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert "blocked" not in header(client)
    block("192.0.2.1")
    assert "1 address blocked" in header(client)
    block("192.0.2.2")
    block("192.0.2.3", minutes=-1)
    said = header(client)
    assert "2 addresses blocked" in said
    assert 'href="/blocked/"' in said
    page = html_of(client, "/blocked/")
    assert "192.0.2.2" in page
    assert "addresses blocked" not in page
    assert "blocked" not in header(client)
    block("192.0.2.4")
    assert "1 address blocked" in header(client)


def test_it_is_said_to_those_who_may_see_the_list(client: Client, db: None) -> None:
    block("192.0.2.1")
    for permission, is_said in ((Permission.VIEW_BLOCKED, True), (Permission.VIEW_MAIL, False)):
        role = Role.objects.create(name=permission.value, granted=[permission])
        client.force_login(make_user(permission.value.replace(".", ""), custom=role))
        assert ("address blocked" in header(client)) is is_said


def test_the_list_is_shown_where_nothing_can_be_written(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise DatabaseError("database or disk is full")

    client.force_login(ada)
    block("192.0.2.1")
    monkeypatch.setattr(BlockedAddressQuerySet, "update", full)
    assert "192.0.2.1" in html_of(client, "/blocked/")
