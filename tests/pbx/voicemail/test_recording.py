"""Messages that callers leave: by real calls."""

import pytest

from asterisk.process.embedded import Embedded
from tests.pbx.office import Office, dial, engine_tables, eventually, refusal
from tests.pbx.prompts import Ear
from tests.pbx.test_privacy import call_with, hidden
from tests.pbx.voicemail.mailbox import (
    NOTE,
    folder,
    leave_message,
    messages,
    ring_briefly,
    speak,
    with_mailbox,
)
from tests.phones import rtp


@pytest.mark.parametrize("why", ["nobody answers", "busy", "declined", "nobody is registered", "own number"])
def test_a_caller_can_leave_a_message_where(desk: Office, why: str) -> None:
    extension = with_mailbox(desk)
    caller = desk.registered()
    callee = desk.phone(extension) if why == "nobody is registered" else desk.registered(extension)
    ring_briefly(extension.number)
    if why == "own number":
        caller = callee
    call = caller.call(extension.number)
    if why == "busy":
        callee.wait_call().reject(486)
    elif why == "declined":
        callee.wait_call().reject(603)
    call.wait_answered()
    ear = Ear(call)
    assert ear.hears("vm-isonphone" if why in ("busy", "declined", "own number") else "vm-isunavail")
    assert ear.hears("vm-intro")
    speak(call)
    assert eventually(lambda: len(messages(extension.number)) == 1)
    (message,) = messages(extension.number)
    assert (message["callerid"], message["origmailbox"]) == (
        f'"Person {caller.number}" <{caller.number}>',
        extension.number,
    )
    assert folder(extension.number).joinpath("msg0000.wav").stat().st_size > 2 * rtp.RATE * 2


def test_somebody_who_hangs_up_at_the_tone_leaves_none(desk: Office) -> None:
    extension = with_mailbox(desk)
    call = desk.registered().call(extension.number)
    call.wait_answered()
    assert Ear(call).hears("beep")
    call.hangup()
    leave_message(desk.registered(), extension.number)
    assert eventually(lambda: len(messages(extension.number)) == 1)
    (message,) = messages(extension.number)
    assert int(message["duration"]) >= 2


@pytest.mark.parametrize("prefix", ["", "*12"])
def test_who_asks_for_privacy_stands_in_no_message(desk: Office, prefix: str) -> None:
    extension = with_mailbox(desk)
    caller = desk.registered()
    call = call_with(caller, prefix + extension.number, ("Privacy", "id"))
    call.wait_answered()
    speak(call)
    assert eventually(lambda: len(messages(extension.number)) == 1)
    (message,) = messages(extension.number)
    assert message["callerid"] == "Unknown"
    assert not [value for value in message.values() if f"<{caller.number}>" in value]


def test_nor_does_one_that_hides_its_number_stand_in_a_message(desk: Office) -> None:
    extension, other = with_mailbox(desk), desk.extension()
    leave_message(hidden(desk, other), f"*12{extension.number}")
    assert eventually(lambda: len(messages(extension.number)) == 1)
    (message,) = messages(extension.number)
    assert not [value for value in message.values() if other.number in value]


def test_a_message_can_be_left_without_ringing(desk: Office) -> None:
    callee = desk.registered(with_mailbox(desk))
    leave_message(desk.registered(), f"*12{callee.number}")
    assert eventually(lambda: len(messages(callee.number)) == 1)
    assert not callee.was_called()


def test_a_long_message_ends_where_it_may(desk: Office) -> None:
    extension = with_mailbox(desk)
    with engine_tables() as tables:
        tables.execute("INSERT OR REPLACE INTO common VALUES ('voicemail_seconds', '5')")
    call = desk.registered().call(extension.number)
    assert Ear(call).hears("beep")
    call.start_audio(NOTE)
    ear = Ear(call)
    assert ear.hears("vm-review", 30)
    call.press("1")
    assert ear.hears("vm-msgsaved")
    assert eventually(lambda: len(messages(extension.number)) == 1)
    (message,) = messages(extension.number)
    assert int(message["duration"]) <= 6  # less where a busy machine lost some of it


def test_what_has_no_mailbox_does_not_exist(desk: Office) -> None:
    phone, without = desk.registered(), desk.extension().number
    for number in (without, "7", "71", "77777777", "123456789", "1-0-0-0", "abc", ""):
        for code in ("*2", "*12"):
            assert refusal(dial(phone, code + number)) == 404, code + number


def test_what_a_caller_was_saying_when_asterisk_was_killed_is_gone_after_its_next_start(
    desk: Office, asterisk: Embedded
) -> None:
    extension = with_mailbox(desk)
    call = desk.registered().call(f"*12{extension.number}")
    assert Ear(call).hears("beep")
    call.start_audio(NOTE)
    unfinished = folder(extension.number, "tmp")
    assert eventually(lambda: unfinished.is_dir() and any(unfinished.iterdir()))
    asterisk.kill()
    assert list(unfinished.iterdir()) != []
    asterisk.start()
    assert list(unfinished.iterdir()) == []
