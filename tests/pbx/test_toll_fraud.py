"""A stolen registration is stopped before it costs much, and somebody is told."""

import time
from collections.abc import Iterator

import pytest
from django.test import Client

from accounts.models import User
from asterisk.apply.by_phone import Taking
from asterisk.nodes import from_settings
from core.audit.models import AuditRecord
from core.events.models import Event
from core.preferences.models import Preferences
from tests.conftest import TOLD_OF_CHANGES
from tests.node import apply_preferences
from tests.pages import html_of
from tests.pbx.lines import apply_lines, in_country, provider, route_over, trunk_to
from tests.pbx.office import Office, engine_tables, eventually, refusal
from tests.pbx.test_dialed_words import words
from tests.pbx.test_preferences import wish
from tests.phones.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(asterisk: object) -> Iterator[Phone]:
    with provider() as phone:
        in_country()
        route_over(trunk_to(phone))
        apply_lines()
        yield phone
    with engine_tables() as tables:  # which the next test finds as this one leaves them
        tables.execute("UPDATE common SET value = '20' WHERE name = 'outbound_a_minute'")


@pytest.fixture
def told() -> Iterator[None]:
    taking = Taking(from_settings())
    taking.start()
    TOLD_OF_CHANGES.append(taking.notice)
    yield
    TOLD_OF_CHANGES.remove(taking.notice)
    taking.stop()


def calls_until_refused(phone: Phone, world: Phone, most: int) -> int:
    for count in range(most):
        call = phone.call("09001234567")
        assert eventually(lambda: call.status >= 400 or world.was_called())  # noqa: B023 (asked at once)
        if call.status >= 400:
            assert refusal(call) == 403
            return count
        world.wait_call().reject(486)
    return most


def test_a_hundred_calls_to_premium_numbers_are_stopped_and_told(
    office: Office, world: Phone, told: None, ada: User, client: Client
) -> None:
    extension, colleague = office.extension(outbound_calls="all"), office.registered()
    stolen = office.registered(extension)
    assert calls_until_refused(stolen, world, 100) == Preferences.current().outbound_a_minute
    locked = time.monotonic()
    assert eventually(lambda: Event.objects.open().filter(kind="outbound_locked").exists())
    assert time.monotonic() - locked < 2
    assert Event.objects.open().get(kind="outbound_locked").subject == extension.number
    assert AuditRecord.objects.filter(action="extension.outbound_locked", number=extension.number).count() == 1
    assert refusal(stolen.call("01711234567")) == 403
    assert words(extension, "01711234567") == [
        f"Outbound calls of {extension.number} are locked, because it called outside too often (403)."
    ]
    stolen.call(colleague.number)
    assert colleague.wait_call()
    stolen.call("112")
    assert world.wait_call()
    client.force_login(ada)
    assert "Outbound calls are locked" in html_of(client, extension.get_absolute_url())
    client.post(f"{extension.get_absolute_url()}outbound/release/")
    assert not Event.objects.open().filter(kind="outbound_locked").exists()
    assert "Outbound calls are locked" not in html_of(client, extension.get_absolute_url())
    stolen.call("01711234567")
    assert world.wait_call()


def test_many_calls_at_once_are_no_more(office: Office, world: Phone) -> None:
    wish(outbound_a_minute="4")
    assert apply_preferences(None).outcome == "proved"
    stolen = office.registered(office.extension(outbound_calls="all"))
    calls = [stolen.call("09001234567") for _ in range(10)]
    assert eventually(lambda: sum(call.status == 403 for call in calls) >= 6)
    for _ in range(4):
        world.wait_call()
    assert not world.was_called()


def test_a_lock_that_cannot_be_written_holds_all_the_same(office: Office, world: Phone) -> None:
    wish(outbound_a_minute="2")
    assert apply_preferences(None).outcome == "proved"
    stolen = office.registered(office.extension(outbound_calls="all"))
    with engine_tables() as tables:
        tables.execute("BEGIN IMMEDIATE")
        assert calls_until_refused(stolen, world, 3) == 2
        assert calls_until_refused(stolen, world, 1) == 0
        tables.execute("ROLLBACK")
    assert calls_until_refused(stolen, world, 1) == 0
    with engine_tables() as tables:
        assert tables.execute("SELECT number FROM outbound_lock").fetchall() == [(stolen.number,)]
