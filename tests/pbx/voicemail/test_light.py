"""The light of a phone tells of its messages."""

from asterisk.process.embedded import Embedded
from extensions.changes import record as changes
from tests.node import apply
from tests.pbx.office import Office, eventually, lamp, saved
from tests.pbx.prompts import Ear, tones
from tests.pbx.voicemail.mailbox import NOTE, has_light, leave_message, messages, with_mailbox
from tests.phones.subscription import MESSAGES


def test_the_light_follows_messages_and_what_is_heard_of_them(desk: Office) -> None:
    phone = desk.registered(with_mailbox(desk, voicemail_asks_pin=False))
    caller = desk.registered()
    assert has_light(phone, "no 0/0")
    leave_message(caller, f"*12{phone.number}")
    assert has_light(phone, "yes 1/0")
    leave_message(caller, f"*12{phone.number}")
    assert has_light(phone, "yes 2/0")
    call = phone.call("*2")
    ear = Ear(call)
    assert ear.hears("vm-opts")
    call.press("1")
    assert ear.hears_tone(NOTE)
    call.press("7")
    assert ear.hears("vm-deleted")
    call.press("#")
    call.wait_ended()
    assert has_light(phone, "yes 1/0")
    call = phone.call("*2")
    ear = Ear(call)
    assert ear.hears("vm-opts")
    call.press("1")
    assert ear.hears_tone(NOTE)
    call.hangup()
    assert has_light(phone, "no 0/1")


def test_a_phone_that_registers_is_told_of_its_messages(desk: Office) -> None:
    extension = with_mailbox(desk)
    leave_message(desk.registered(), extension.number)
    assert eventually(lambda: len(messages(extension.number)) == 1)
    first = desk.registered(extension)
    assert has_light(first, "yes 1/0")
    first.notices.clear()
    assert first.register() == 200
    assert has_light(first, "yes 1/0")


def test_all_phones_of_a_number_have_its_light_and_others_not(desk: Office) -> None:
    extension = with_mailbox(desk, max_phones=2)
    phones = [desk.registered(extension) for _ in range(2)]
    without, other = desk.registered(), desk.registered(with_mailbox(desk))
    leave_message(without, f"*12{extension.number}")
    assert all(has_light(phone, "yes 1/0") for phone in phones)
    assert has_light(other, "no 0/0")
    assert without.light == ""


def test_a_phone_that_asks_for_its_messages_is_told(desk: Office) -> None:
    phone, other = desk.registered(with_mailbox(desk, voicemail_asks_pin=False)), desk.registered()
    watched = phone.subscribe(phone.number, package=MESSAGES)
    assert watched.status == 200
    watched.wait_state("no 0/0")
    leave_message(other, f"*12{phone.number}")
    watched.wait_state("yes 1/0")
    call = phone.call("*2")
    ear = Ear(call)
    assert ear.hears("vm-opts")
    call.press("1")
    assert ear.hears_tone(NOTE)
    call.hangup()
    watched.wait_state("no 0/1")
    assert other.subscribe(other.number, package=MESSAGES).status == 404


def test_the_light_follows_a_mailbox_that_comes_and_goes_while_the_phone_is_registered(desk: Office) -> None:
    phone, caller = desk.registered(), desk.registered()
    assert eventually(lambda: lamp(phone.number) == "Idle")  # from here on nobody writes its registration again
    assert phone.light == ""
    switch(phone.number, on=True)
    assert has_light(phone, "no 0/0")
    leave_message(caller, f"*12{phone.number}")
    assert has_light(phone, "yes 1/0")
    switch(phone.number, on=False)
    assert has_light(phone, "no ")
    switch(phone.number, on=True)
    assert has_light(phone, "yes 1/0")


def switch(number: str, *, on: bool) -> None:
    with changes.edit(number, None) as wish:
        wish.voicemail = on
    assert apply([number], None).outcome == "proved"


def test_lights_are_right_after_a_restart(company: Embedded, desk: Office) -> None:
    phone, later, caller = desk.registered(with_mailbox(desk)), desk.registered(with_mailbox(desk)), desk.registered()
    leave_message(caller, f"*12{phone.number}")
    assert has_light(phone, "yes 1/0")
    assert saved(company.node.directory, phone, later, caller)
    phone.notices.clear()
    company.restart()
    with tones():
        assert has_light(phone, "yes 1/0")
        leave_message(caller, f"*12{later.number}")
        assert has_light(later, "yes 1/0")
        leave_message(caller, f"*12{phone.number}")
        assert has_light(phone, "yes 2/0")
