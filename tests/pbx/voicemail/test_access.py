"""Who opens a mailbox by phone, and whom wrong PINs close it to."""

import pytest
from django.conf import settings

from tests.pbx.office import Office, engine_tables, eventually
from tests.pbx.prompts import Ear
from tests.pbx.test_privacy import hidden
from tests.pbx.voicemail.mailbox import (
    PIN,
    leave_message,
    messages,
    open_mailbox,
    typed_wrong,
    with_mailbox,
    wrong,
)
from tests.phones import sip
from tests.phones.phone import Phone


def test_the_own_mailbox_asks_for_the_pin(desk: Office) -> None:
    phone = desk.registered(with_mailbox(desk))
    ear = open_mailbox(phone, "*2")
    assert ear.hears("vm-opts")


def test_the_own_mailbox_opens_without_a_pin_where_it_is_not_to_be_asked(desk: Office) -> None:
    extension = with_mailbox(desk, voicemail_asks_pin=False)
    call = desk.registered(extension).call("*2")
    assert Ear(call).hears("vm-opts")
    assert Ear(call).heard()[0] != "vm-password"
    call.hangup()
    ear = open_mailbox(desk.registered(), f"*2{extension.number}")  # another's phone is asked
    assert ear.hears("vm-opts")


def test_a_phone_that_hides_its_number_opens_its_own_mailbox(desk: Office) -> None:
    extension = with_mailbox(desk, voicemail_asks_pin=False)
    call = hidden(desk, extension).call("*2")
    assert Ear(call).hears("vm-youhave")


def test_a_phone_that_redirects_its_caller_to_a_mailbox_opens_none(desk: Office) -> None:
    callee = desk.registered(with_mailbox(desk, voicemail_asks_pin=False))
    caller = desk.registered(with_mailbox(desk, voicemail_asks_pin=False))
    call = caller.call(callee.number)
    incoming = callee.wait_call()
    incoming.dialog.contact = f"<{sip.sip_uri('*2', *callee.wire.server)}>"
    incoming.reject(302)
    call.wait_answered()  # by the mailbox of the callee, as where a phone declines
    assert Ear(call).hears("beep")
    assert "vm-youhave" not in Ear(call).heard()


def test_a_pin_of_15_digits_opens_it_and_what_ends_it_is_no_key_of_the_menu(desk: Office) -> None:
    pin = "830291746502938"
    phone = desk.registered(with_mailbox(desk, voicemail_pin=pin))
    ear = open_mailbox(phone, "*2", pin)
    assert ear.hears("vm-opts")
    assert "vm-goodbye" not in ear.heard()


@pytest.mark.parametrize("typed", [("1111#", f"{PIN}1#", PIN[:3] + "#"), ("#", "*#", f"{PIN[:2]}*#")])
def test_a_wrong_pin_opens_nothing(desk: Office, typed: tuple[str, ...]) -> None:
    extension = with_mailbox(desk)
    call = desk.registered().call(f"*2{extension.number}")
    ear = Ear(call)
    for keys in typed:
        assert ear.hears("vm-password")
        call.press(keys)
        assert ear.hears("vm-incorrect")
    assert ear.hears("vm-goodbye")
    call.wait_ended()
    assert ear.heard() == ["vm-password", "vm-incorrect"] * 3 + ["vm-goodbye"]


def is_closed(phone: Phone, dialled: str) -> bool:
    """Whether the right PIN is refused."""
    call = phone.call(dialled)
    ear = Ear(call)
    assert ear.hears("vm-password")
    call.press(f"{PIN}#")
    call.wait_ended(60)
    return ear.heard() == ["vm-password", "im-sorry"]


def locks() -> list[tuple[str, str]]:
    with engine_tables() as tables:
        return tables.execute("SELECT number, caller FROM pin_locked ORDER BY id").fetchall()


def test_ten_wrong_pins_in_an_hour_close_the_mailbox(desk: Office) -> None:
    extension, other = with_mailbox(desk), with_mailbox(desk)
    stranger, own = desk.registered(), desk.registered(extension)
    log = settings.ASTERISK_DIR / "log/messages.log"
    before = log.stat().st_size
    typed_wrong(extension.number, *[60] * 6)
    wrong(stranger, f"*2{extension.number}", 3)
    assert locks() == []
    wrong(own, "*2", 1)
    assert locks() == [(extension.number, own.number)]
    assert is_closed(stranger, f"*2{extension.number}")
    assert is_closed(own, "*2")
    assert locks() == [(extension.number, own.number)]
    assert open_mailbox(stranger, f"*2{other.number}").hears("vm-opts")
    leave_message(stranger, f"*12{extension.number}")
    assert eventually(lambda: len(messages(extension.number)) == 1)
    assert b"func_" not in log.read_bytes()[before:]  # where Asterisk cuts a name, half a character may stand


def test_a_locked_mailbox_opens_on_the_own_phone_that_is_not_asked(desk: Office) -> None:
    extension = with_mailbox(desk, voicemail_asks_pin=False)
    typed_wrong(extension.number, *[60] * 10)
    assert Ear(desk.registered(extension).call("*2")).hears("vm-opts")
    assert is_closed(desk.registered(), f"*2{extension.number}")


def test_a_right_pin_forgets_the_wrong_ones(desk: Office) -> None:
    extension = with_mailbox(desk)
    phone = desk.registered(extension)
    typed_wrong(extension.number, *[60] * 9)
    open_mailbox(phone, "*2").call.hangup()
    wrong(phone, "*2", 3)
    assert locks() == []
    assert open_mailbox(phone, "*2").hears("vm-opts")


def test_an_hour_later_the_mailbox_opens_again(desk: Office) -> None:
    extension = with_mailbox(desk)
    phone = desk.registered(extension)
    typed_wrong(extension.number, *[3700] * 5, *[60] * 5)
    wrong(phone, "*2", 1)
    assert locks() == []
    typed_wrong(extension.number, 3700, *[60] * 9)
    wrong(phone, "*2", 1)
    assert locks() == [(extension.number, phone.number)]
    assert is_closed(phone, "*2")
    typed_wrong(extension.number, *[3700] * 10)
    assert open_mailbox(phone, "*2").hears("vm-opts")


def test_many_calls_at_once_have_no_more_tries(desk: Office) -> None:
    extension = with_mailbox(desk)
    phone = desk.registered()
    typed_wrong(extension.number, *[60] * 8)
    calls = [phone.call(f"*2{extension.number}") for _ in range(5)]
    ears = [Ear(call) for call in calls]
    assert all(ear.hears("vm-password") for ear in ears)
    for call in calls:
        call.audio.press("1111#")
    assert eventually(lambda: all(len(ear.heard()) > 1 for ear in ears), 30)
    for call in calls:
        call.hangup()
    assert sorted(ear.heard()[1] for ear in ears) == ["im-sorry"] * 3 + ["vm-incorrect"] * 2
    assert len(locks()) == 1
