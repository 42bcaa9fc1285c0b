"""112 in every situation that keeps other calls back: it goes out, and who is to know is told within five seconds."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import User
from asterisk.apply.by_phone import Taking
from asterisk.engine import store as engine
from asterisk.nodes import from_settings
from core.mail.models import Email
from extensions import actions
from extensions.models import SipExtension
from tests.conftest import TOLD_OF_CHANGES
from tests.node import apply
from tests.pbx.lines import (
    OTHER_PROVIDER,
    apply_lines,
    closed_now,
    emergency,
    in_country,
    provider,
    route_over,
    trunk_to,
)
from tests.pbx.office import Office, engine_tables, eventually, refusal
from tests.phones.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)
RECEPTION = "1500"
TOLD_SECONDS = 5
DEAD_SECONDS = 12  # until a server that says nothing counts as gone


@dataclass
class Situation:
    """`caller`: whose phone calls. `answers`: the provider that takes the call. `stack`: what ends with the test."""

    office: Office
    world: Phone
    ada: User
    stack: ExitStack
    caller: SipExtension
    phone: Phone
    answers: Phone

    def starts_telling(self) -> None:
        taking = Taking(from_settings())
        taking.start()
        TOLD_OF_CHANGES.append(taking.notice)
        self.stack.callback(taking.stop)
        self.stack.callback(TOLD_OF_CHANGES.remove, taking.notice)


def disabled(of: Situation) -> None:
    actions.disable(of.caller.number, of.ada)
    apply([of.caller.number], of.ada)
    assert refusal(of.phone.call(RECEPTION)) == 404


def disabled_and_hides_its_number_which_is_its_name(of: Situation) -> None:
    of.caller.registration_name = of.caller.number
    of.caller.save()
    of.phone = of.office.phone(of.caller, number="anonymous")
    disabled(of)


def offboarded(of: Situation) -> None:
    actions.leave(of.caller.number, of.ada, None, None)
    apply([of.caller.number], of.ada)
    assert refusal(of.phone.call(RECEPTION)) == 404


def may_dial_nothing(of: Situation) -> None:
    of.caller = of.office.extension(outbound_calls="none")
    of.phone = of.office.registered(of.caller)
    assert refusal(of.phone.call("01711234567")) == 403


def has_as_many_calls_as_it_may(of: Situation) -> None:
    of.caller = of.office.extension(outbound_calls_at_once=1)
    of.phone = of.office.registered(of.caller)
    of.phone.call("01711234567")
    of.world.wait_call().answer()
    assert refusal(of.phone.call("01711234567")) == 403


def is_locked_for_toll_fraud(of: Situation) -> None:
    with engine_tables() as tables:
        tables.execute("INSERT INTO outbound_lock (number, dialed) VALUES (?, '0900')", (of.caller.number,))
    assert refusal(of.phone.call("01711234567")) == 403


def routes_are_for_others(of: Situation) -> None:
    route_over(trunk_to(of.world, "Another", carries_emergency=False), name="112", patterns="112", restricted=True)
    apply_lines()


def is_closed_today(of: Situation) -> None:
    """Neither the extension nor a route calls outside now."""
    closed_now()
    of.caller = of.office.extension(outbound_in_hours=True)
    of.phone = of.office.registered(of.caller)
    apply_lines()
    assert refusal(of.phone.call("01711234567")) == 403


def may_use_another_transport_alone(of: Situation) -> None:
    of.caller = of.office.extension(transport="tls")
    of.phone = of.office.phone(of.caller)
    assert refusal(of.phone.call("01711234567")) == 403


def hides_its_number(of: Situation) -> None:
    of.phone = of.office.phone(of.caller, number="anonymous")


def is_not_registered(of: Situation) -> None:
    of.phone = of.office.phone(of.caller)


def all_lines_are_busy(of: Situation) -> None:
    talker = of.office.registered()
    for _ in range(2):
        talker.call("01711234567")
        of.world.wait_call().answer()
    assert eventually(lambda: refusal(of.phone.call("01711234567")) == 503)


def the_first_trunk_is_dead(of: Situation) -> None:
    of.answers = of.stack.enter_context(provider(OTHER_PROVIDER))
    trunk_to(of.answers, "Second")
    apply_lines()
    of.world.reachable = False


def the_first_trunk_takes_the_call_and_does_nothing(of: Situation) -> None:
    the_first_trunk_is_dead(of)
    of.world.reachable, of.world.auto_ring = True, False


def an_apply_goes_on(of: Situation) -> None:
    """And what was changed by phone waits for its end."""
    of.stack.enter_context(engine.locked(settings.ENGINE_FILE))
    with engine_tables() as tables:
        tables.execute("INSERT INTO mailbox_visit (number, since) VALUES (?, 0)", (of.caller.number,))
    TOLD_OF_CHANGES[-1]()


SITUATIONS: list[Callable[[Situation], None]] = [
    is_not_registered,
    disabled,
    disabled_and_hides_its_number_which_is_its_name,
    offboarded,
    may_dial_nothing,
    has_as_many_calls_as_it_may,
    is_locked_for_toll_fraud,
    routes_are_for_others,
    is_closed_today,
    may_use_another_transport_alone,
    hides_its_number,
    all_lines_are_busy,
    the_first_trunk_is_dead,
    the_first_trunk_takes_the_call_and_does_nothing,
    an_apply_goes_on,
]


@pytest.fixture
def situation(office: Office, asterisk: object, ada: User) -> Iterator[Situation]:
    with ExitStack() as stack:
        world = stack.enter_context(provider())
        in_country()
        route_over(trunk_to(world, "First", max_calls=2))
        emergency(people=[ada.pk], phones=RECEPTION)
        apply_lines()
        caller = office.extension()
        yield Situation(office, world, ada, stack, caller, office.registered(caller), world)


def goes_out(of: Situation, reception: Phone) -> None:
    """112 is answered outside, and the reception's phone rings with who calls."""
    outgoing = of.phone.call("112")
    began = time.monotonic()
    alert = reception.wait_call()
    assert time.monotonic() - began < TOLD_SECONDS
    assert alert.caller_number == of.caller.number
    call = of.answers.wait_call(DEAD_SECONDS)
    assert call.invite.start.split()[1].startswith("sip:112@")
    call.answer()
    outgoing.wait_answered()


def told(of: Situation) -> bool:
    return Email.objects.filter(kind="emergency_call", facts__caller=of.caller.number).exists()


@pytest.mark.parametrize("begins", SITUATIONS, ids=lambda each: each.__name__)
def test_an_emergency_call_goes_out_and_is_told(situation: Situation, begins: Callable[[Situation], None]) -> None:
    reception = situation.office.registered(situation.office.extension(number=RECEPTION))
    situation.starts_telling()
    begins(situation)
    goes_out(situation, reception)
    assert eventually(lambda: told(situation), TOLD_SECONDS)


def test_while_the_portal_is_stopped_it_goes_out_and_is_told_afterwards(situation: Situation) -> None:
    reception = situation.office.registered(situation.office.extension(number=RECEPTION))
    goes_out(situation, reception)
    assert not told(situation)
    situation.starts_telling()
    assert eventually(lambda: told(situation), TOLD_SECONDS)


def test_while_the_database_is_stopped_it_goes_out_and_is_told_afterwards(situation: Situation) -> None:
    reception = situation.office.registered(situation.office.extension(number=RECEPTION))
    situation.starts_telling()
    with nobody_writes():
        goes_out(situation, reception)
        assert not told(situation)
    assert eventually(lambda: told(situation), 20)


@contextmanager
def nobody_writes() -> Iterator[None]:
    """To the portal's database, however long they wait."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    with closing(connection.copy()) as beside, beside.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"LOCK TABLE {Email._meta.db_table} IN ACCESS EXCLUSIVE MODE")
        yield
        cursor.execute("ROLLBACK")
