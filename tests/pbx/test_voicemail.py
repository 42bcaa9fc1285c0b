"""Messages that callers leave, and what is heard of them by phone: by real calls."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from asterisk.apply.undo import undo
from asterisk.backend import Asterisk
from asterisk.process.embedded import Embedded
from core.preferences.models import SystemChange
from extensions.calls.voicemail import messages as mailbox
from extensions.changes import record as changes
from extensions.models import SipExtension, VoicemailMessage
from extensions.pbx import Folder, MailboxOpen
from tests.node import apply, apply_preferences, connected, make_whole
from tests.pbx.office import Office, asked, channels, dial, engine_tables, eventually, lamp, refusal, saved
from tests.pbx.prompts import Ear, tones
from tests.pbx.test_preferences import wish
from tests.pbx.test_privacy import call_with, hidden
from tests.phones import rtp, sip
from tests.phones.call import OutgoingCall
from tests.phones.phone import Phone
from tests.phones.subscription import MESSAGES

PIN = "8302"
NOTE, OTHER, REMARK = 440, 350, 250  # Hz: what callers say


@pytest.fixture
def desk(office: Office) -> Iterator[Office]:
    with tones():
        yield office


def with_mailbox(office: Office, **more: Any) -> SipExtension:
    return office.extension(**{"voicemail": True, "voicemail_pin": PIN, "voicemail_says_date": False, **more})


def folder(number: str, name: str = "INBOX") -> Path:
    return Path(settings.ASTERISK_DIR) / "spool/voicemail/default" / number / name


def messages(number: str, name: str = "INBOX") -> list[dict[str, str]]:
    """What Asterisk keeps of each message beside its sound."""
    texts = [path.read_text() for path in sorted(folder(number, name).glob("msg*.txt"))]
    return [dict(line.split("=", 1) for line in text.splitlines() if "=" in line) for text in texts]


def ring_briefly(number: str) -> None:
    with engine_tables() as tables:
        tables.execute("UPDATE pbx_number SET ring_seconds = 1 WHERE number = ?", (number,))


def leave_message(caller: Phone, dialled: str, note: int = NOTE) -> None:
    call = caller.call(dialled)
    call.wait_answered()
    speak(call, note)


def speak(call: OutgoingCall, note: int = NOTE) -> None:
    """After the tone; then the caller hangs up."""
    assert Ear(call).hears("beep")
    call.say(rtp.tone(note, 0.3) * 3)
    call.hangup()


def open_mailbox(phone: Phone, dialled: str, pin: str = PIN) -> Ear:
    call = phone.call(dialled)
    ear = Ear(call)
    assert ear.hears("vm-password")
    call.press(f"{pin}#")
    assert ear.hears("vm-youhave")
    return ear


def has_light(phone: Phone, light: str) -> bool:
    return eventually(lambda: phone.light == light)


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


def test_a_phone_that_hides_its_number_opens_its_own_mailbox(desk: Office) -> None:
    extension = with_mailbox(desk, voicemail_asks_pin=False)
    call = hidden(desk, extension).call("*2")
    assert Ear(call).hears("vm-youhave")


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


@pytest.mark.parametrize("code", ["*2", "*12"])
@pytest.mark.parametrize("number", ["without mailbox", "7", "71", "77777777", "123456789", "1-0-0-0", "abc", ""])
def test_what_has_no_mailbox_does_not_exist(desk: Office, code: str, number: str) -> None:
    phone = desk.registered()
    dialled = desk.extension().number if number == "without mailbox" else number
    assert refusal(dial(phone, code + dialled)) == 404


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


@pytest.mark.parametrize("typed", ["1111#", f"{PIN}1#", PIN[:3] + "#", "#", "*#", f"{PIN[:2]}*#"])
def test_a_wrong_pin_opens_nothing(desk: Office, typed: str) -> None:
    extension = with_mailbox(desk)
    call = desk.registered().call(f"*2{extension.number}")
    ear = Ear(call)
    for _ in range(3):
        assert ear.hears("vm-password")
        call.press(typed)
        assert ear.hears("vm-incorrect")
    assert ear.hears("vm-goodbye")
    call.wait_ended()
    assert ear.heard() == ["vm-password", "vm-incorrect"] * 3 + ["vm-goodbye"]


def wrong(phone: Phone, dialled: str, count: int) -> None:
    """So many wrong PINs, three a call."""
    while count > 0:
        call = phone.call(dialled)
        ear = Ear(call)
        for _ in range(min(3, count)):
            assert ear.hears("vm-password")
            call.press("1111#")
            assert ear.hears("vm-incorrect")
        call.hangup()
        count -= 3


def typed_wrong(number: str, *seconds_ago: int) -> None:
    """As Asterisk keeps it of wrong PINs of earlier calls."""
    times = "-".join(str(int(time.time()) - seconds) for seconds in seconds_ago)
    asked("DBPut", Family="pin", Key=number, Val=times)


def is_closed(phone: Phone, dialled: str) -> bool:
    """Whether the right PIN is refused."""
    call = phone.call(dialled)
    ear = Ear(call)
    assert ear.hears("vm-password")
    call.press(f"{PIN}#")
    call.wait_ended(60)
    return ear.heard() == ["vm-password", "im-sorry"]


def test_ten_wrong_pins_in_an_hour_close_the_mailbox(desk: Office) -> None:
    extension, other = with_mailbox(desk), with_mailbox(desk)
    stranger, own = desk.registered(), desk.registered(extension)
    log = settings.ASTERISK_DIR / "log/messages.log"
    before = log.stat().st_size
    wrong(stranger, f"*2{extension.number}", 9)
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


def locks() -> list[tuple[str, str]]:
    with engine_tables() as tables:
        return tables.execute("SELECT number, caller FROM pin_locked ORDER BY id").fetchall()


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


def limits() -> list[str]:
    with connected() as ami:
        fields = [f"REALTIME_FIELD(pbx_table,name,voicemail_{name},value)" for name in ("seconds", "messages")]
        return [ami.ask("Getvar", Variable=field)["Value"] for field in fields]


def test_how_many_and_how_long_follow_the_preferences_with_an_apply(desk: Office) -> None:
    extension = with_mailbox(desk)
    wish(voicemail_minutes="2", voicemail_messages="1")
    assert [str(each) for each in SystemChange.objects.waiting()] == [
        "Longest message (minutes): 10 -> 2",
        "Messages per mailbox: 100 -> 1",
    ]
    run = apply_preferences(None)
    assert (run.outcome, run.values_compared, limits()) == ("proved", 2, ["120", "1"])
    assert not SystemChange.objects.waiting().exists()
    caller = desk.registered()
    leave_message(caller, extension.number)
    assert eventually(lambda: len(messages(extension.number)) == 1)
    call = caller.call(extension.number)
    assert Ear(call).hears("vm-mailboxfull")
    undo(run, None)
    assert apply_preferences(None).outcome == "proved"
    assert limits() == ["600", "100"]
    leave_message(caller, extension.number)
    assert eventually(lambda: len(messages(extension.number)) == 2)


def test_a_long_message_ends_where_it_may(desk: Office) -> None:
    extension = with_mailbox(desk)
    with engine_tables() as tables:
        tables.execute("INSERT OR REPLACE INTO common VALUES ('voicemail_seconds', '4')")
    call = desk.registered().call(extension.number)
    assert Ear(call).hears("beep")
    call.start_audio(NOTE)
    ear = Ear(call)
    assert ear.hears("vm-review", 30)
    call.press("1")
    assert ear.hears("vm-msgsaved")
    assert eventually(lambda: [each["duration"] for each in messages(extension.number)] in (["3"], ["4"]))
    with engine_tables() as tables:
        tables.execute("DELETE FROM common WHERE name = 'voicemail_seconds'")


def test_limits_are_there_again_in_a_table_that_was_made_anew(office: Office) -> None:
    wish(voicemail_messages="7")
    apply_preferences(None)
    with engine_tables() as tables:
        tables.execute("DELETE FROM common WHERE name IN ('complete', 'voicemail_messages')")
    make_whole()
    assert limits()[1] == "7"


SPOKEN = {
    "voicemail_says_date": "vm-received",
    "voicemail_says_caller": "vm-from",
    "voicemail_says_length": "vm-duration",
}


@pytest.mark.parametrize("said", [*SPOKEN, ""])
def test_what_is_announced_of_a_message_is_what_is_to_be(desk: Office, said: str) -> None:
    announced = {name: name == said for name in SPOKEN}
    phone = desk.registered(with_mailbox(desk, voicemail_asks_pin=False, **announced))
    leave_message(desk.registered(), f"*12{phone.number}")
    assert eventually(lambda: len(messages(phone.number)) == 1)
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
        leave_message(caller, f"*12{phone.number}", note)
    assert has_light(phone, "yes 2/0")
    return phone, caller


def menu(phone: Phone, *steps: tuple[str | int, str]) -> OutgoingCall:
    """Each time that something is heard, press a key. In a mailbox that is not asked for its PIN."""
    call = phone.call("*2")
    ear = Ear(call)
    for heard, keys in steps:
        assert ear.hears_tone(heard) if isinstance(heard, int) else ear.hears(heard), (heard, ear.heard())
        call.press(keys)
    return call


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
    call.say(rtp.tone(REMARK, 0.3) * 3)
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
    call.say(rtp.tone(REMARK, 0.3) * 3)
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
