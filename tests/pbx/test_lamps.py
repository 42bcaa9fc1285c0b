"""What a number does, as a lamp shows it: among few extensions, and among so many that few are listed."""

import time
from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path
from threading import Event

import pytest
from django.conf import settings

from asterisk.ami.client import Ami, AmiUnreachable
from asterisk.engine import store as engine
from asterisk.live import listener, removal, watching
from asterisk.live import store as live
from asterisk.live.listener import Hearing
from asterisk.live.network_recorder import ignored
from asterisk.nodes import Node, from_settings
from asterisk.process.embedded import Embedded
from extensions.models import SipExtension
from extensions.pbx import Ending
from tests.node import connected
from tests.pbx.conftest import FIRST, MANY
from tests.pbx.office import Office, contacts, engine_tables, eventually, lamp, qualify, talking
from tests.phones import sip
from tests.phones.phone import Phone


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def shows(number: str, state: str) -> bool:
    return eventually(lambda: lamp(number) == state)


def statuses(number: str) -> list[str]:
    return [each["Status"] for each in contacts(number)]


def heard_of(ear: Ami, number: str) -> list[str]:
    """What Asterisk says of the phones of the number meanwhile."""
    return [said.get("ContactStatus", "") for said in ear.events(0.1) if said.get("AOR") == number]


def awake() -> dict[str, int]:
    with engine_tables() as tables:
        return dict(tables.execute("SELECT number, listed FROM awake").fetchall())


def live_phones(*numbers: str) -> set[str]:
    """Those of which the portal knows a phone."""
    with live.opened(settings.LIVE_FILE) as db:
        return {*live.phones(db, numbers)}


def test_a_lamp_follows_a_phone_from_its_first_registration_on(company: Embedded, office: Office) -> None:
    extension = office.extension()
    watcher = office.registered()
    subscription = watcher.subscribe(extension.number)
    assert lamp(extension.number) == "Unavailable"
    phone = office.registered(extension)
    assert shows(extension.number, "Idle")
    call = watcher.call(extension.number)
    incoming = phone.wait_call()
    assert shows(extension.number, "Ringing")
    subscription.wait_state("early")
    incoming.answer()
    call.wait_answered()
    assert shows(extension.number, "InUse")
    subscription.wait_state("confirmed")
    call.hangup()
    assert shows(extension.number, "Idle")
    subscription.wait_state("terminated")
    phone.unregister()
    assert shows(extension.number, "Unavailable")
    phone.register()
    assert shows(extension.number, "Idle")


def test_a_phone_that_vanishes_is_noticed(company: Embedded, office: Office) -> None:
    extension = office.extension()
    phone = office.registered(extension)
    assert shows(extension.number, "Idle")
    phone.close()
    qualify(extension.number)
    assert shows(extension.number, "Unavailable")
    office.registered(extension, port=phone.port)
    qualify(extension.number)
    assert shows(extension.number, "Idle")


def test_a_phone_that_had_vanished_rings_as_soon_as_it_has_registered_again(company: Embedded, office: Office) -> None:
    phone, caller = office.registered(), office.registered()
    assert shows(phone.number, "Idle")
    phone.reachable = False
    qualify(phone.number)
    assert shows(phone.number, "Unavailable")
    phone.reachable = True
    assert phone.register() == 200
    assert eventually(lambda: statuses(phone.number) == ["Reachable"])
    caller.call(phone.number)
    phone.wait_call().reject()


def test_a_phone_that_registers_while_it_is_asked_in_vain_is_asked_once_more(company: Embedded, office: Office) -> None:
    phone = office.registered()
    assert shows(phone.number, "Idle")
    answer = phone.wire.on_request
    asked: list[sip.Message] = []
    phone.wire.on_request = asked.append
    with connected(events="system") as ear:
        qualify(phone.number)
        assert eventually(lambda: len(asked) == 5)  # it is not asked a sixth time before Asterisk gives up
        phone.wire.on_request = answer
        assert phone.register() == 200
        assert eventually(lambda: "Unreachable" in heard_of(ear, phone.number), 10)
    assert eventually(lambda: statuses(phone.number) == ["Reachable"])


def test_what_was_missed_is_found_by_comparing(
    asterisk: Embedded, office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    phone, other = office.registered(), office.registered()
    numbers = [phone.number, other.number]
    idle = dict.fromkeys(numbers, "NOT_INUSE")
    node = replace(from_settings(), live_file=tmp_path / "live.sqlite3")
    live.prepare(node.live_file)
    with (
        live.opened(node.live_file) as db,
        engine.opened(node.engine_file) as tables,
        connected(events="system,call,security") as ear,
        connected() as mouth,
    ):
        hearing = Hearing(node, db, tables, watching.Waker(node, tables), ear, mouth, ignored)

        def hears(true: Callable[[], bool]) -> bool:
            def after_a_round() -> bool:
                hearing.round()
                return true()

            return eventually(after_a_round)

        seen = hears(lambda: set(live.phones(db, numbers)) == set(numbers) and live.states(db, numbers) == idle)
        assert seen, (live.phones(db, numbers), live.states(db, numbers))
        talking(phone, other)
        assert hears(lambda: live.states(db, numbers) == dict.fromkeys(numbers, "INUSE"))
        hearing._compare()
        assert not caplog.records, "what was heard is what Asterisk says"
        db.execute("DELETE FROM phone WHERE number = ?", (phone.number,))
        live.set_states(db, {phone.number: "UNAVAILABLE"})
        hearing._compare_at = 0
        assert hears(lambda: set(live.phones(db, numbers)) == set(numbers))
        assert live.states(db, numbers) == dict.fromkeys(numbers, "INUSE")
    assert [each.getMessage() for each in caplog.records] == [
        f"Corrected phone status that differed from Asterisk (1 in all): {phone.number}"
    ]


def test_a_phone_that_is_removed_is_seen_to_be_gone(
    asterisk: Embedded, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever Asterisk says of it, or does not."""
    phone = office.registered()
    node = replace(from_settings(), live_file=tmp_path / "live.sqlite3")
    live.prepare(node.live_file)
    with (
        live.opened(node.live_file) as db,
        engine.opened(node.engine_file) as tables,
        connected(events="system,call,security") as ear,
        connected() as mouth,
    ):
        hearing = Hearing(node, db, tables, watching.Waker(node, tables), ear, mouth, ignored)

        def hears(true: Callable[[], bool]) -> bool:
            hearing.round()
            return true()

        assert eventually(lambda: hears(lambda: phone.number in live.phones(db, [phone.number])))
        (contact,) = live.phones(db, [phone.number])[phone.number]
        monkeypatch.setattr(hearing, "_hear", lambda _: None)
        monkeypatch.setattr(hearing._waker, "step", list)
        hearing._looks.clear()
        removal.remove(node, [contact.id])
        assert eventually(lambda: hears(lambda: not live.phones(db, [phone.number])), 10)
        assert live.offline(db, [phone.number])[phone.number].ending == Ending.REMOVED.value


def test_lamps_are_right_again_after_a_restart(company: Embedded, office: Office) -> None:
    before, later = office.extension(), office.extension()
    office.registered(before)
    assert shows(before.number, "Idle")
    company.restart()
    assert shows(before.number, "Idle")
    assert lamp(later.number) == "Unavailable"
    office.registered(later)
    assert shows(later.number, "Idle")
    assert lamp(before.number) == "Idle"


def by_hand(name: str) -> Callable[[Node, Ami], None]:
    """As Asterisk's command line takes it, and names it afterwards; "": all modules."""

    def reload(_: Node, ami: Ami) -> None:
        if name:
            ami.ask("Reload", Module=name)
        else:
            ami.ask("Reload")

    return reload


NAMES = [watching.MODULE, "res_pjsip", "RES_PJSIP.SO", ""]


@pytest.mark.parametrize("reload", [watching.reload, *map(by_hand, NAMES)], ids=["reload", *NAMES[:3], "all"])
def test_lamps_are_right_after_asterisk_has_read_its_settings_again(
    company: Embedded, office: Office, reload: Callable[[Node, Ami], None]
) -> None:
    """As it does for each address that is blocked, a renewed certificate, and a trunk."""
    before = office.registered()
    assert shows(before.number, "Idle")
    with connected() as ami:
        reload(from_settings(), ami)
    assert shows(before.number, "Idle")
    assert eventually(lambda: before.number in awake() and not any(awake().values()))
    later = office.registered()
    assert shows(later.number, "Idle")
    for phone in (before, later):
        assert eventually(lambda: phone.number in live_phones(before.number, later.number))  # noqa: B023 (at once)
        phone.unregister()
        assert shows(phone.number, "Unavailable")
        assert eventually(lambda: phone.number not in live_phones(before.number, later.number), 5)  # noqa: B023


def is_right(phone: Phone) -> bool:
    phone.unregister()
    return shows(phone.number, "Unavailable") and phone.register() == 200 and shows(phone.number, "Idle")


def test_lamps_are_right_after_a_reload_that_nobody_heard_of(
    company: Embedded, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = office.registered()
    assert shows(phone.number, "Idle")
    assert eventually(lambda: phone.number in awake() and not any(awake().values()))
    with monkeypatch.context() as patch:
        gone = Event()

        def go(_: Hearing) -> None:
            gone.set()
            raise AmiUnreachable("held")

        patch.setattr(Hearing, "round", go)
        assert gone.wait(10)
        with connected() as ami:
            by_hand(watching.MODULE)(from_settings(), ami)
        assert shows(phone.number, "Unavailable")
    assert shows(phone.number, "Idle")
    assert is_right(phone)


def test_lamps_are_right_after_a_reload_whose_news_got_lost(
    company: Embedded, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = office.registered()
    assert shows(phone.number, "Idle")
    assert eventually(lambda: phone.number in awake() and not any(awake().values()))
    with connected() as ami, monkeypatch.context() as patch:
        listening: list[Hearing] = []
        patch.setattr(Hearing, "_have_reloaded", lambda self: listening.append(self))  # noqa: PLW0108 (C binds no self)
        by_hand(watching.MODULE)(from_settings(), ami)
        assert eventually(lambda: len(listening) == 1)
        assert shows(phone.number, "Unavailable")
    monkeypatch.setattr(listener, "COMPARE_SECONDS", 0.3)
    listening[0]._compare_at = 0.0
    assert shows(phone.number, "Idle")
    assert is_right(phone)


def test_many_phones_that_register_at_once_all_get_their_lamp(company: Embedded, office: Office) -> None:
    extensions = [office.extension() for _ in range(40)]
    for extension in extensions:
        office.registered(extension)
    numbers = [each.number for each in extensions]
    assert eventually(lambda: {lamp(number) for number in numbers} == {"Idle"})
    assert eventually(lambda: not any(awake().values()))


def test_a_phone_that_goes_as_soon_as_it_came_has_its_lamp_when_it_comes_back(
    company: Embedded, office: Office
) -> None:
    phones = []
    for wait in (0.05, 0.1, 0.15, 0.2, 0.205, 0.21, 0.215, 0.22, 0.25, 0.3):
        phones.append(office.registered())
        time.sleep(wait)
        phones[-1].unregister()
    assert eventually(lambda: not any(awake().values()), watching.PATIENCE_SECONDS + 5)
    for phone in phones:
        assert phone.register() == 200
    numbers = [phone.number for phone in phones]
    assert eventually(lambda: {lamp(number) for number in numbers} == {"Idle"})
    with live.opened(settings.LIVE_FILE) as db:
        assert eventually(lambda: set(live.phones(db, numbers)) == set(numbers))


def test_what_asterisk_did_not_begin_to_watch_is_not_held_for_awake(asterisk: Embedded, office: Office) -> None:
    phone = office.phone(office.extension())
    with engine.opened(settings.ENGINE_FILE) as tables:
        waker = watching.Waker(from_settings(), tables, clock := Clock())
        waker.ask({phone.number: [f"{phone.number};@{'0' * 32}"]})
        waker.step()
        assert not waker.busy
        assert phone.number not in awake()  # the phone had gone before Asterisk could be told
    assert phone.register() == 200
    assert shows(phone.number, "Idle")
    assert eventually(lambda: awake().get(phone.number) == 0)  # the listener has done with it
    with engine.opened(settings.ENGINE_FILE) as tables:
        tables.execute("DELETE FROM awake WHERE number = ?", (phone.number,))
        waker = watching.Waker(from_settings(), tables, clock)
        waker.ask({phone.number: [each["ID"] for each in contacts(phone.number)]})
        assert waker.step() == []
        clock.now += watching.PATIENCE_SECONDS + 1
        assert waker.step() == [phone.number]  # nothing was heard of it
        assert phone.number not in awake()


def test_two_phones_of_a_number_share_its_lamp(company: Embedded, office: Office) -> None:
    extension: SipExtension = office.extension(max_phones=2)
    one, other = office.registered(extension), office.registered(extension)
    assert shows(extension.number, "Idle")
    one.unregister()
    assert shows(extension.number, "Idle")
    outgoing, _ = talking(office.registered(), other)
    assert shows(extension.number, "InUse")
    outgoing.hangup()
    other.unregister()
    assert shows(extension.number, "Unavailable")


def test_only_a_short_list_is_shown_to_asterisk_among_many(asterisk: Embedded, office: Office) -> None:
    known = office.extension()
    with engine_tables() as tables, engine.transaction(tables):
        held = engine.read(tables, [known.number])[known.number].login
        assert held
        for number in map(str, range(FIRST, FIRST + MANY)):
            login = replace(held, id=number, number=number, registration_name=f"name-{number}")
            tables.execute(engine.INSERT["sip_login"], astuple(login))
    watching.before_start(settings.ENGINE_FILE, [known.number, "77777777"])
    try:
        assert awake() == {known.number: watching.AT_START}
        watching.after_start(settings.ENGINE_FILE)
        assert awake() == {known.number: 0}
    finally:
        with engine_tables() as tables:
            tables.execute(f"DELETE FROM sip_login WHERE number >= '{FIRST}'")


def test_a_waker_that_was_killed_is_followed_by_one_that_begins_again(office: Office) -> None:
    phone = office.registered()
    assert shows(phone.number, "Idle")
    assert eventually(lambda: not any(awake().values()))
    registered = {phone.number: [each["ID"] for each in contacts(phone.number)]}
    with engine.opened(settings.ENGINE_FILE) as tables:
        tables.execute("UPDATE awake SET listed = ? WHERE number = ?", (watching.NOW, phone.number))
        waker = watching.Waker(from_settings(), tables)
        waker.begin([])  # from here to the step the listener must not look, or it is the one that wakes
        waker.ask(registered)
        waker.step()
        assert awake()[phone.number] == watching.NOW
        waker.begin([phone.number])
        assert awake()[phone.number] == 0
        assert not waker.busy
    assert shows(phone.number, "Idle")


@pytest.mark.parametrize("late", ["an answer", "no answer", "its turn"])
def test_what_a_late_waker_does_takes_no_number_from_the_list_of_the_next_start(office: Office, late: str) -> None:
    phone = office.registered()
    assert shows(phone.number, "Idle")
    assert eventually(lambda: not any(awake().values()))
    registered = {phone.number: [each["ID"] for each in contacts(phone.number)]}
    with engine.opened(settings.ENGINE_FILE) as tables:
        waker = watching.Waker(from_settings(), tables, clock := Clock())
        with engine.transaction(tables):  # the listener sees nothing to do in between
            tables.execute("DELETE FROM awake WHERE number = ?", (phone.number,))
            waker.ask(registered)
            if late == "its turn":
                tables.execute("INSERT INTO awake VALUES (?, 0)", (phone.number,))
            else:
                waker.step()
        watching.before_start(settings.ENGINE_FILE, [phone.number])
        if late == "an answer":
            waker.confirm(phone.number)  # of the Asterisk before
        else:
            clock.now += watching.PATIENCE_SECONDS + 1
            waker.step()
        assert awake()[phone.number] == watching.AT_START
        assert not waker.busy
    watching.after_start(settings.ENGINE_FILE)
