"""A mailbox of the office: what callers leave in it, and how it is opened by phone."""

import time
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings

from extensions.models import SipExtension
from tests.pbx.office import Office, asked, engine_tables, eventually
from tests.pbx.prompts import Ear, write_tone
from tests.phones import rtp
from tests.phones.call import OutgoingCall
from tests.phones.phone import Phone

PIN = "8302"
NOTE, OTHER, REMARK = 440, 350, 250  # Hz: what callers say
SPOKEN_SECONDS = 2.4  # a message of less than two is none
TEXT = """[message]
origmailbox={number}
context=number
exten={number}
callerchan=PJSIP/{caller}-00000001
callerid="Person {caller}" <{caller}>
origdate=Sat Nov 28 05:00:00 PM UTC 2026
origtime=1796000000
msg_id={id}
flag=
duration=2
"""
ids = count(1)


def with_mailbox(office: Office, **more: Any) -> SipExtension:
    return office.extension(**{"voicemail": True, "voicemail_pin": PIN, "voicemail_says_date": False, **more})


def folder(number: str, name: str = "INBOX") -> Path:
    return Path(settings.ASTERISK_DIR) / "spool/voicemail/default" / number / name


def messages(number: str, name: str = "INBOX") -> list[dict[str, str]]:
    """What Asterisk keeps of each message beside its sound."""
    texts = [path.read_text() for path in sorted(folder(number, name).glob("msg*.txt"))]
    return [dict(line.split("=", 1) for line in text.splitlines() if "=" in line) for text in texts]


def put_message(number: str, caller: str, note: int = NOTE) -> str:
    """As if `caller` had left it by phone, which takes as long as it is spoken. Gives its id."""
    place = folder(number)
    place.mkdir(parents=True, exist_ok=True)
    text = place / f"msg{len(list(place.glob('msg*.txt'))):04}.txt"
    message_id = f"1796000000-{next(ids):08x}"
    write_tone(text.with_suffix(".wav"), note, SPOKEN_SECONDS)
    text.write_text(TEXT.format(number=number, caller=caller, id=message_id))
    return message_id


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
    say(call, note)
    call.hangup()


def say(call: OutgoingCall, note: int) -> None:
    call.say((rtp.tone(note, 0.3) * 3)[: int(SPOKEN_SECONDS * rtp.RATE)])


def open_mailbox(phone: Phone, dialled: str, pin: str = PIN) -> Ear:
    call = phone.call(dialled)
    ear = Ear(call)
    assert ear.hears("vm-password")
    call.press(f"{pin}#")
    assert ear.hears("vm-youhave")
    return ear


def has_light(phone: Phone, light: str) -> bool:
    return eventually(lambda: phone.light == light)


def menu(phone: Phone, *steps: tuple[str | int, str]) -> OutgoingCall:
    """Each time that something is heard, press a key. In a mailbox that is not asked for its PIN."""
    call = phone.call("*2")
    ear = Ear(call)
    for heard, keys in steps:
        assert ear.hears_tone(heard) if isinstance(heard, int) else ear.hears(heard), (heard, ear.heard())
        call.press(keys)
    return call


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
