"""The messages of somebody who leaves: kept, copied to the colleague, or deleted; and back again."""

from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import User
from asterisk.apply.undo import undo
from asterisk.live import voicemail_spool as spool
from asterisk.models import ApplyRun
from asterisk.process.embedded import Embedded
from extensions import actions
from extensions.fields import MessagesThen
from extensions.models import SipExtension
from tests.node import apply
from tests.pbx.office import Office, eventually
from tests.pbx.prompts import Ear, tones
from tests.pbx.voicemail.mailbox import NOTE, PIN, has_light, leave_message, with_mailbox
from tests.phones.phone import Phone


def there(number: str) -> list[str]:
    return [each.message_id for each in spool.messages(settings.ASTERISK_DIR, number)]


def greeting(number: str) -> Path:
    return spool.box(settings.ASTERISK_DIR, number) / "unavail.wav"


@pytest.fixture
def grace(office: Office) -> SipExtension:
    """With a message and a greeting."""
    extension = with_mailbox(office)
    with tones():
        leave_message(office.registered(), f"*12{extension.number}")
    assert eventually(lambda: len(there(extension.number)) == 1)
    apply([extension.number], None)
    greeting(extension.number).write_bytes(b"hello")
    return extension


def leave(extension: SipExtension, by: User, to: SipExtension | None, then: MessagesThen) -> ApplyRun:
    actions.leave(extension.number, by, to.number if to else None, None, then)
    return apply([extension.number], by)


def test_the_colleague_sees_the_light_and_hears_the_copies(office: Office, grace: SipExtension, ada: User) -> None:
    linus = with_mailbox(office)
    phone = office.registered(linus)
    assert has_light(phone, "no 0/0")
    run = leave(grace, ada, linus, MessagesThen.COPY)
    assert there(linus.number) == there(grace.number) != []
    assert has_light(phone, "yes 1/0")
    assert hears_message(phone)
    apply([grace.number, linus.number], ada)
    assert len(there(linus.number)) == 1
    undo(run, ada)
    apply([grace.number], ada)
    assert len(there(grace.number)) == 1


def hears_message(phone: Phone) -> bool:
    with tones():
        call = phone.call("*2")
        ear = Ear(call)
        assert ear.hears("vm-password")
        call.press(f"{PIN}#")
        assert ear.hears("vm-youhave")
        call.press("1")
        return ear.hears_tone(NOTE)


def test_what_is_deleted_comes_back_with_the_person_and_by_an_undo(
    office: Office, grace: SipExtension, ada: User
) -> None:
    before = there(grace.number)
    leave(grace, ada, None, MessagesThen.DELETE)
    assert there(grace.number) == []
    assert not greeting(grace.number).exists()
    apply([grace.number], ada)
    assert there(grace.number) == []
    assert actions.come_back(grace.number, ada)
    apply([grace.number], ada)
    assert there(grace.number) == before
    assert greeting(grace.number).read_bytes() == b"hello"
    run = leave(grace, ada, None, MessagesThen.DELETE)
    assert there(grace.number) == []
    undo(run, ada)
    apply([grace.number], ada)
    assert there(grace.number) == before


def test_after_asterisk_was_killed_over_a_mailbox_nothing_that_is_left_there_is_lost(
    office: Office, grace: SipExtension, asterisk: Embedded
) -> None:
    assert asterisk.process
    asterisk.process.kill()
    asterisk.process.wait()
    (spool.box(settings.ASTERISK_DIR, grace.number) / "INBOX/.lock").touch()
    asterisk.start()
    with tones():
        leave_message(office.registered(), f"*12{grace.number}")
    assert eventually(lambda: len(there(grace.number)) == 2)
