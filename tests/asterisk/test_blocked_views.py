"""The page of blocked addresses: lifted, and never blocked again."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from asterisk.models import BlockedAddress
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from tests.people import be_stale

pytestmark = pytest.mark.django_db


def block(network: str = "192.0.2.9", number: str = "", *, hours: float = 1) -> BlockedAddress:
    until = timezone.now() + timedelta(hours=hours)
    return BlockedAddress.objects.create(network=network, number=number, tries=9, until=until)


def in_force() -> list[str]:
    return list(BlockedAddress.objects.in_force().order_by("pk").values_list("network", flat=True))


def told(client: Client, url: str) -> list[str]:
    answer = client.post(url)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/blocked/")
    return [str(each) for each in client.get("/blocked/").context["messages"]]


def recorded() -> list[tuple[str, str, str]]:
    found = AuditRecord.objects.filter(module="blocked").order_by("pk")
    return [(each.action, each.on, each.number) for each in found]


def test_a_block_is_lifted_once_and_alone(client: Client, ada: User) -> None:
    client.force_login(ada)
    lifted, other = block(number="1000"), block("192.0.2.10")
    assert told(client, f"/blocked/{lifted.pk}/unblock/") == ["192.0.2.9 is no longer blocked."]
    assert in_force() == [other.network]
    assert recorded() == [("blocked.lifted", "192.0.2.9", "1000")]
    assert told(client, f"/blocked/{lifted.pk}/unblock/") == ["192.0.2.9 was no longer blocked."]
    assert len(recorded()) == 1


def test_an_address_is_never_blocked_again(client: Client, ada: User) -> None:
    client.force_login(ada)
    Preferences.objects.update(attacks_never="198.51.100.0/24")
    version = Preferences.load().version
    first, _same = block(), block(number="1000")
    other = block("198.51.100.7")
    assert told(client, f"/blocked/{first.pk}/never/") == ["192.0.2.9 will not be blocked again."]
    now = Preferences.load()
    assert (now.attacks_never, now.version) == ("198.51.100.0/24, 192.0.2.9", version + 1)
    assert in_force() == [other.network]
    told(client, f"/blocked/{other.pk}/never/")
    assert Preferences.load().attacks_never == now.attacks_never  # a network has it already
    assert Preferences.load().version == now.version
    assert [action for action, *_ in recorded()] == ["blocked.never"] * 2
    be_stale(client)
    third = block("203.0.113.1")
    assert "/sign-in/again/" in client.post(f"/blocked/{third.pk}/never/").headers["Location"]
    assert in_force() == ["203.0.113.1"]


def test_who_looks_has_seen_those_in_force(client: Client, ada: User) -> None:
    client.force_login(ada)
    now, over = block(), block("192.0.2.10", hours=-1)
    client.get("/blocked/")
    assert [BlockedAddress.objects.get(pk=each.pk).seen for each in (now, over)] == [True, False]
