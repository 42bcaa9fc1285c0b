"""What is posted: signed, again until it is taken, and then no more."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from core import encryption
from core.events import webhook
from core.events.models import Delivery
from core.preferences.models import Preferences
from tests.core.events.receiver import Receiver
from tests.settings import free_port

SECRET = "a secret of the test"


@pytest.fixture
def receiver(db: None) -> Iterator[Receiver]:
    with Receiver() as receiver:
        point_to(receiver.url)
        yield receiver


def point_to(url: str) -> None:
    sealed = encryption.seal(webhook.LABEL, webhook.ROW, SECRET)
    Preferences.objects.update(webhook_url=url, sealed_webhook_secret=sealed)


def hurry() -> None:
    Delivery.objects.update(due_at=timezone.now())


def test_it_is_signed_by_the_secret_with_the_time(receiver: Receiver) -> None:
    delivery = Delivery.objects.create(body='{"text": "ä"}')
    webhook.deliver()
    (got,) = receiver.received
    moment = got.headers["X-Pbxportal-Timestamp"]
    expected = hmac.new(SECRET.encode(), f"{moment}.".encode() + got.body, hashlib.sha256).hexdigest()
    assert got.headers["X-Pbxportal-Signature"] == f"sha256={expected}"
    assert got.headers["X-Pbxportal-Delivery"] == str(delivery.id)
    assert got.headers["Content-Type"] == "application/json"
    assert (got.path, got.body.decode()) == ("/alerts?team=it", '{"text": "ä"}')


def test_one_that_answers_500_gets_it_later_and_once(receiver: Receiver) -> None:
    receiver.answers = [500, 503]
    delivery = Delivery.objects.create(body="{}")
    for _ in range(2):
        webhook.deliver()
        webhook.deliver()  # not before it is due again
        hurry()
    assert [each.answered for each in receiver.received] == [500, 503]
    delivery.refresh_from_db()
    assert (delivery.tries, delivery.answer_text, delivery.delivered_at) == (2, "HTTP 503", None)
    for _ in range(3):
        hurry()
        webhook.deliver()
    assert [each.answered for each in receiver.received] == [500, 503, 200]
    assert len({each.headers["X-Pbxportal-Delivery"] for each in receiver.received}) == 1
    assert len({each.body for each in receiver.received}) == 1
    delivery.refresh_from_db()
    assert delivery.delivered_at


def test_the_pauses_grow(receiver: Receiver) -> None:
    receiver.answers = [500] * 10
    delivery = Delivery.objects.create(body="{}")
    pauses = []
    for _ in range(9):
        hurry()
        before = timezone.now()
        webhook.deliver()
        delivery.refresh_from_db()
        pauses.append(round((delivery.due_at - before).total_seconds() / 5) * 5)
    assert pauses == [5, 15, 30, 60, 120, 300, 600, 900, 900]


def test_after_a_day_it_is_given_up(receiver: Receiver) -> None:
    receiver.answers = [500]
    delivery = Delivery.objects.create(body="{}", created_at=timezone.now() - timedelta(days=1, seconds=1))
    webhook.deliver()
    delivery.refresh_from_db()
    assert delivery.given_up_at
    hurry()
    webhook.deliver()
    assert len(receiver.received) == 1


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answers = [302]
    delivery = Delivery.objects.create(body="{}")
    webhook.deliver()
    assert [each.path for each in receiver.received] == ["/alerts?team=it"]
    delivery.refresh_from_db()
    assert delivery.answer_text == "HTTP 302"


def test_where_nobody_listens_it_waits_and_keeps_no_other_from_its_turn(db: None) -> None:
    point_to(f"http://127.0.0.1:{free_port()}/")
    for _ in range(2):
        Delivery.objects.create(body="{}")
    webhook.deliver()
    assert [(each.tries, each.delivered_at) for each in Delivery.objects.all()] == [(1, None), (1, None)]
    assert "refused" in Delivery.objects.all()[0].answer_text


def test_without_a_webhook_nothing_is_sent_anywhere(receiver: Receiver) -> None:
    Preferences.objects.update(webhook_url="")
    delivery = Delivery.objects.create(body="{}")
    webhook.deliver()
    delivery.refresh_from_db()
    assert (receiver.received, delivery.answer_text) == ([], "No webhook is set up.")


def test_a_secret_that_cannot_be_opened_is_said(receiver: Receiver) -> None:
    Preferences.objects.update(sealed_webhook_secret="gAAAAnonsense")
    Delivery.objects.create(body="{}")
    webhook.deliver()
    assert (receiver.received, Delivery.objects.get().answer_text) == (
        [],
        "The signing secret cannot be decrypted. Create a new one.",
    )


@pytest.mark.parametrize(
    ("url", "at", "encrypted"),
    [
        ("http://192.168.0.9/alerts", ("192.168.0.9", 80), False),
        ("https://monitor.example.com/", ("monitor.example.com", 443), True),
        ("https://[fd00::1]:8443/", ("fd00::1", 8443), True),
        ("http://[fd00::1]:8080", ("fd00::1", 8080), False),
    ],
)
def test_the_address_that_was_checked_is_the_one_that_is_called(
    monkeypatch: pytest.MonkeyPatch, url: str, at: tuple[str, int], *, encrypted: bool
) -> None:
    called: list[Any] = []

    def reachable(host: str, port: int, *, encrypted: bool) -> str:
        called.append(((host, port), encrypted))
        return "192.0.2.7"

    def refuse(address: tuple[str, int], _seconds: float) -> None:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(webhook, "reachable", reachable)
    monkeypatch.setattr("core.events.webhook.socket.create_connection", refuse)
    with pytest.raises(ConnectionRefusedError):
        webhook.connection(urlsplit(url))
    assert called == [(at, encrypted), ("192.0.2.7", at[1])]


@pytest.mark.parametrize(
    "text",
    [
        "monitor.example.com", "ftp://example.com/", "http://", "https://a b/", "https://ada:pw@example.com/",
        "https://example.com/#part", "https://example.com:99999/", "https://exämple.com/", "https://example.com/\n",
        "https://[::1", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="Enter an address"):
        webhook.check_address(text)
