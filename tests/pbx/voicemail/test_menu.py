"""What is heard and done in a mailbox by phone."""

import pytest
from django.utils import timezone

from asterisk.backend import Asterisk
from extensions.calls.voicemail import messages as mailbox
from extensions.models import SipExtension, VoicemailMessage
from extensions.pbx import Folder, MailboxOpen
from tests.pbx.office import Office, channels, eventually
from tests.pbx.prompts import Ear
from tests.pbx.voicemail.mailbox import (
    NOTE,
    OTHER,
    PIN,
    REMARK,
    has_light,
    menu,
    messages,
    open_mailbox,
    put_message,
    say,
    with_mailbox,
)
from tests.phones.phone import Phone

SPOKEN = {
    "voicemail_says_date": "vm-received",
    "voicemail_says_caller": "vm-from",
    "voicemail_says_length": "vm-duration",
}


@pytest.mark.parametrize("said", [*SPOKEN, ""])
def test_what_is_announced_of_a_message_is_what_is_to_be(desk: Office, said: str) -> None:
    announced = {name: name == said for name in SPOKEN}
    phone = desk.registered(with_mailbox(desk, voicemail_asks_pin=False, **announced))
    put_message(phone.number, desk.extension().number)
    call = phone.call("*2")
    ear = Ear(call)
    assert ear.hears("vm-opts")
    call.press("1")
    assert ear.hears_tone(NOTE)
    call.hangup()
    heard = {prompt for prompt in SPOKEN.values() if any(each.startswith(prompt) for each in ear.heard())}
    assert heard == ({SPOKEN[said]} if said else set())


@pytest.fixture
def listening(desk: Office) -> tuple[Phone, Phone]:
    """Whose mailbox has two messages, and whose they are."""
    phone, caller = desk.registered(with_mailbox(desk, voicemail_asks_pin=False)), desk.registered()
    for note in (NOTE, OTHER):
        put_message(phone.number, caller.number, note)
    return phone, caller


def test_messages_are_heard_one_after_the_other_again_and_saved(listening: tuple[Phone, Phone]) -> None:
    phone, _ = listening
    steps: list[tuple[str | int, str]] = [
        ("vm-opts", "1"),
        (NOTE, "6"),
        (OTHER, "4"),
        (NOTE, "5"),
        (NOTE, "9"),
        ("vm-savefolder", "2"),
    ]
    call = menu(phone, *steps, ("vm-savedto", "#"))
    call.wait_ended()
    assert [len(messages(phone.number, name)) for name in ("INBOX", "Old", "Work")] == [0, 1, 1]
    assert has_light(phone, "no 0/1")


def test_who_opens_a_mailbox_that_somebody_listens_to_is_asked_to_call_later(listening: tuple[Phone, Phone]) -> None:
    """Asterisk deletes by place: of two who listen, one would delete what the other has not heard."""
    phone, other = listening
    first = menu(phone, ("vm-opts", "1"))
    second = other.call(f"*2{phone.number}")
    ear = Ear(second)
    assert ear.hears("vm-password")
    second.press(f"{PIN}#")
    assert ear.hears("im-sorry")
    second.wait_ended()
    assert not first.ended
    first.hangup()
    assert eventually(lambda: not channels())
    open_mailbox(other, f"*2{phone.number}")


def to_be_marked(number: str, message: str) -> int:
    """A message that the PBX is to mark as heard."""
    return VoicemailMessage.objects.create(
        extension=SipExtension.objects.get(number=number), message_id=message, folder=Folder.NEW, seconds=1, size=1,
        left_at=timezone.now(), to_do="read",
    ).pk  # fmt: skip


def test_nothing_is_moved_on_the_page_while_somebody_listens_by_phone(listening: tuple[Phone, Phone]) -> None:
    phone, caller = listening
    asterisk = Asterisk()
    first, second = (message["msg_id"] for message in messages(phone.number))
    call = menu(phone, ("vm-opts", "1"), (NOTE, "7"))
    with pytest.raises(MailboxOpen, match="listening"):
        asterisk.move_message(phone.number, first, Folder.DELETED)
    waits, other = to_be_marked(phone.number, first), to_be_marked(caller.number, "gone")
    mailbox.tidy()
    assert [VoicemailMessage.objects.get(pk=each).to_do for each in (waits, other)] == ["read", ""]
    call.hangup()
    assert eventually(lambda: not channels())  # until then the folder is renumbered
    assert [each["msg_id"] for each in messages(phone.number)] == [second]
    call = menu(phone, ("vm-opts", "1"), (OTHER, "3"), ("vm-tocallback", "2"), ("vm-tocallnum", "1"))
    caller.wait_call().answer()
    asterisk.move_message(phone.number, second, Folder.DELETED)  # the call back is no longer in the mailbox
    assert not call.ended


def test_whoever_left_a_message_is_called_back(listening: tuple[Phone, Phone]) -> None:
    phone, caller = listening
    call = menu(phone, ("vm-opts", "1"), (NOTE, "3"), ("vm-tocallback", "2"), ("vm-tocallnum", "1"))
    incoming = caller.wait_call()
    assert incoming.caller_number == phone.number
    incoming.answer()
    call.start_audio(OTHER)
    assert eventually(lambda: abs(incoming.audio_received.frequency - OTHER) < 5)


def test_a_message_is_forwarded_with_a_remark(desk: Office, listening: tuple[Phone, Phone]) -> None:
    phone, _ = listening
    other = desk.registered(with_mailbox(desk, voicemail_asks_pin=False))
    call = menu(phone, ("vm-opts", "1"), (NOTE, "8"), ("vm-extension", f"{other.number}#"), ("vm-forwardoptions", "1"))
    assert Ear(call).hears("beep")
    say(call, REMARK)
    call.press("#")
    assert Ear(call).hears("vm-msgforwarded")
    call.hangup()
    assert has_light(other, "yes 1/0")
    heard = menu(other, ("vm-opts", "1"), (REMARK, ""), (NOTE, ""))
    heard.hangup()


def test_a_greeting_of_ones_own_is_what_callers_hear(desk: Office) -> None:
    """As the page says how to record it; for every reason why nobody talks."""
    phone = desk.registered(with_mailbox(desk, voicemail_asks_pin=False))
    call = menu(phone, ("vm-opts", "0"), ("vm-options", "4"), ("beep", ""))
    say(call, REMARK)
    call.press("#")
    ear = Ear(call)
    assert ear.hears("vm-review")
    call.press("1")
    assert ear.hears("vm-msgsaved")
    call.hangup()
    caller = desk.registered()
    declined = caller.call(phone.number)
    phone.wait_call().reject(603)
    assert phone.unregister() == 200
    for call in (declined, caller.call(phone.number)):
        ear = Ear(call)
        assert ear.hears_tone(REMARK)
        assert ear.hears("beep")
        assert not {"vm-isunavail", "vm-isonphone"} & {*ear.heard()}
