"""A PIN that is changed by phone is a change of the wish, and wrong ones are told: by real calls."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from accounts.models import User
from asterisk import check
from asterisk.apply import by_phone
from asterisk.apply.by_phone import Taking
from asterisk.engine import store as engine
from asterisk.nodes import from_settings
from core.audit.fields import MASK
from core.audit.models import AuditRecord
from core.mail.models import Email
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from extensions.review import review
from tests.conftest import TOLD_OF_CHANGES
from tests.node import apply
from tests.pbx.office import Office, channels, engine_tables, eventually
from tests.pbx.prompts import Ear
from tests.pbx.voicemail.mailbox import NOTE, PIN, has_light, leave_message, menu, typed_wrong, with_mailbox, wrong
from tests.people import make_user
from tests.phones import rtp
from tests.phones.phone import Phone

NEW = "640917"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def taking(desk: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Taking]:
    """As beside the listener of `run`."""
    monkeypatch.setattr(by_phone, "AGAIN_SECONDS", 0.1)
    taking = Taking(from_settings())
    taking.start()
    TOLD_OF_CHANGES.append(taking.notice)
    yield taking
    TOLD_OF_CHANGES.remove(taking.notice)
    taking.stop()


def change_pin(phone: Phone, old: str, new: str) -> None:
    call = phone.call("*2")
    ear = Ear(call)
    for prompt, keys in (
        ("vm-password", f"{old}#"), ("vm-opts", "0"), ("vm-options", "5"), ("vm-newpassword", f"{new}#"),
        ("vm-reenterpassword", f"{new}#"),
    ):  # fmt: skip
        assert ear.hears(prompt), (prompt, ear.heard())
        call.press(keys)
    assert ear.hears("vm-passchanged")
    call.hangup()


def opens(phone: Phone, pin: str) -> bool:
    call = phone.call("*2")
    ear = Ear(call)
    assert ear.hears("vm-password")
    call.press(f"{pin}#")
    assert eventually(lambda: len(ear.heard()) > 1)
    call.hangup()
    return ear.heard()[1] == "vm-youhave"


def wished_pin(number: str) -> str:
    return SipExtension.objects.get(number=number).voicemail_pin


def engine_pin(number: str) -> str:
    with engine_tables() as tables:
        return str(tables.execute("SELECT pin FROM mailbox WHERE number = ?", (number,)).fetchone()[0])


def is_taken() -> bool:
    with engine_tables() as tables:
        return not engine.has_news_by_phone(tables)


def put_by_phone(number: str, pin: str) -> None:
    """As Asterisk does."""
    with engine_tables() as tables:
        tables.execute("UPDATE voicemail SET password = ? WHERE mailbox = ?", (pin, number))


def last_entry(action: str) -> AuditRecord:
    return AuditRecord.objects.filter(action=action).latest("pk")


def drifts() -> list[object]:
    return list(check.check(from_settings()).drifts)


def test_a_pin_changed_by_phone_is_the_wish_and_waits_for_nothing(taking: Taking, desk: Office) -> None:
    phone = desk.registered(with_mailbox(desk))
    change_pin(phone, PIN, NEW)
    assert eventually(is_taken)
    assert wished_pin(phone.number) == NEW
    assert not Change.objects.waiting().exists()
    entry = last_entry("extension.pin_changed_by_phone")
    assert (entry.on, entry.by_name, entry.detail) == (phone.number, "", {"fields": {"voicemail_pin": ["", MASK]}})
    assert opens(phone, NEW)
    assert not opens(phone, PIN)
    assert drifts() == []
    call_command("apply", "--yes", "--all", stdout=StringIO())
    assert (engine_pin(phone.number), wished_pin(phone.number)) == (NEW, NEW)


def test_a_pin_changed_while_the_portal_was_away_is_taken_by_the_next_apply(desk: Office) -> None:
    phone = desk.registered(with_mailbox(desk))
    change_pin(phone, PIN, NEW)
    assert eventually(lambda: not channels())  # what the dial plan notes at the end of the call is there
    assert wished_pin(phone.number) == PIN
    apply([phone.number], None)
    assert (engine_pin(phone.number), wished_pin(phone.number)) == (NEW, NEW)
    assert is_taken()
    assert opens(phone, NEW)


def test_a_check_finds_no_drift_in_what_nobody_has_taken_yet(desk: Office) -> None:
    extension = with_mailbox(desk)
    put_by_phone(extension.number, NEW)
    assert drifts() == []
    assert wished_pin(extension.number) == NEW
    put_by_phone(extension.number, "27185")
    assert drifts() == []
    assert wished_pin(extension.number) == "27185"


def test_one_that_is_changed_while_an_apply_is_under_way_refuses_it_not(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    extension = with_mailbox(desk)
    write = engine.write

    def write_and_be_changed(*written: Any) -> None:
        write(*written)
        put_by_phone(extension.number, NEW)

    monkeypatch.setattr(engine, "write", write_and_be_changed)
    with changes.edit(extension.number, None) as wish:
        wish.max_phones = 3
    assert apply([extension.number], None).outcome == "proved"
    monkeypatch.undo()
    assert apply([extension.number], None).outcome == "proved"
    assert (engine_pin(extension.number), wished_pin(extension.number)) == (NEW, NEW)


def test_one_that_an_apply_overwrote_meanwhile_is_good_again(desk: Office, taking: Taking) -> None:
    extension = with_mailbox(desk)
    with engine_tables() as tables:
        tables.execute("BEGIN IMMEDIATE")
        tables.execute("INSERT INTO pin_by_phone (number, pin) VALUES (?, ?)", (extension.number, NEW))
        tables.execute("COMMIT")
    assert eventually(is_taken)
    assert (engine_pin(extension.number), wished_pin(extension.number)) == (NEW, NEW)


def test_discarding_a_change_that_waited_brings_no_old_pin_back(desk: Office, taking: Taking, ada: User) -> None:
    extension = with_mailbox(desk)
    with changes.edit(extension.number, None) as wish:
        wish.max_phones = 3
    put_by_phone(extension.number, NEW)
    assert eventually(is_taken)
    review.discard(extension.number, ada)
    assert SipExtension.objects.get(number=extension.number).max_phones == 1
    assert wished_pin(extension.number) == NEW
    assert drifts() == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("123", "123"), ("12*34", "1234"), ("1" * 20, "1" * 15), ("1*2*", PIN), ("12A45", PIN), ("", PIN), ("a'b", PIN)],
)
def test_a_pin_is_kept_as_the_dial_plan_takes_what_is_typed(desk: Office, typed: str, kept: str) -> None:
    extension = with_mailbox(desk)
    put_by_phone(extension.number, typed)
    assert engine_pin(extension.number) == kept
    apply([extension.number], None)
    assert wished_pin(extension.number) == kept


def test_the_pin_of_one_who_is_gone_stops_no_other(desk: Office, taking: Taking) -> None:
    extension, gone = with_mailbox(desk, number="2001"), with_mailbox(desk, number="2000")
    SipExtension.objects.get(number=gone.number).delete()
    put_by_phone(gone.number, NEW)
    put_by_phone(extension.number, NEW)
    assert eventually(is_taken)
    assert wished_pin(extension.number) == NEW


def test_a_locked_mailbox_stands_in_the_log_and_its_person_is_told(desk: Office, taking: Taking) -> None:
    extension = with_mailbox(desk, user=make_user("Vic"), number="1000")
    phone = desk.registered()
    typed_wrong(extension.number, *[60] * 9)
    wrong(phone, "*21000", 1)
    assert eventually(is_taken)
    entry = last_entry("extension.voicemail_locked")
    assert (entry.on, entry.number, entry.detail) == ("1000", "1000", {"caller": phone.number})
    [email] = Email.objects.all()
    assert (email.kind, email.to) == ("voicemail_locked", "vic@example.com")
    assert email.facts == {"number": "1000", "caller": phone.number}


def test_a_greeting_that_was_recorded_by_phone_stands_in_the_log_and_survives(taking: Taking, desk: Office) -> None:
    phone = desk.registered(with_mailbox(desk, voicemail_asks_pin=False))
    call = menu(phone, ("vm-opts", "0"), ("vm-options", "1"), ("vm-rec-unv", ""), ("beep", ""))
    call.say(rtp.tone(440, 0.3) * 2)
    call.press("#")
    ear = Ear(call)
    assert ear.hears("vm-review")
    call.press("1")
    assert ear.hears("vm-msgsaved")
    call.hangup()
    assert eventually(lambda: AuditRecord.objects.filter(action="extension.greeting_by_phone").exists())
    assert last_entry("extension.greeting_by_phone").on == phone.number
    assert eventually(is_taken)
    greeting = settings.ASTERISK_DIR / "spool/voicemail/default" / phone.number / "unavail.wav"
    recorded = greeting.read_bytes()
    assert drifts() == []
    call_command("apply", "--yes", "--all", stdout=StringIO())
    assert greeting.read_bytes() == recorded


def test_a_greeting_recorded_before_a_call_back_stands_in_the_log_too(taking: Taking, desk: Office) -> None:
    phone, caller = desk.registered(with_mailbox(desk, voicemail_asks_pin=False)), desk.registered()
    leave_message(caller, f"*12{phone.number}")
    assert has_light(phone, "yes 1/0")
    call = menu(phone, ("vm-opts", "0"), ("vm-options", "1"), ("vm-rec-unv", ""), ("beep", ""))
    call.say(rtp.tone(440, 0.3) * 2)
    call.press("#")
    ear = Ear(call)
    for heard, keys in (("vm-review", "1"), ("vm-options", "*"), ("vm-opts", "1")):
        assert ear.hears(heard), (heard, ear.heard())
        call.press(keys)
    assert ear.hears_tone(NOTE)
    for keys, heard in (("3", "vm-tocallback"), ("2", "vm-tocallnum")):
        call.press(keys)
        assert ear.hears(heard), (heard, ear.heard())
    call.press("1")
    caller.wait_call().answer()
    call.hangup()
    assert eventually(lambda: AuditRecord.objects.filter(action="extension.greeting_by_phone").exists())
    assert last_entry("extension.greeting_by_phone").on == phone.number


def test_who_only_listens_has_changed_nothing(desk: Office) -> None:
    phone = desk.registered(with_mailbox(desk, voicemail_asks_pin=False))
    menu(phone, ("vm-opts", "#")).wait_ended()
    assert eventually(lambda: not is_taken())
    apply([phone.number], None)
    assert is_taken()
    assert not AuditRecord.objects.filter(action="extension.greeting_by_phone").exists()


def test_the_pin_stands_in_no_log_and_no_table_in_clear(desk: Office, taking: Taking) -> None:
    phone = desk.registered(with_mailbox(desk, voicemail_pin="73519046"))
    change_pin(phone, "73519046", "90462715")
    assert eventually(is_taken)
    written = [path for path in (settings.ASTERISK_DIR / "log").rglob("*") if path.is_file()]
    written += [path for path in (settings.ASTERISK_DIR / "lib").rglob("*") if path.is_file()]
    found = [path.name for path in written for pin in (b"73519046", b"90462715") if pin in path.read_bytes()]
    assert found == []
    out = StringIO()
    call_command("dumpdata", stdout=out)
    assert phone.number in out.getvalue()
    assert "73519046" not in out.getvalue()
    assert "90462715" not in out.getvalue()
