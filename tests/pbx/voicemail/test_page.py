"""A message from the call to the page and the e-mail: seen by the listener, moved by Asterisk, told of once."""

from collections.abc import Iterator

import miniaudio
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from asterisk.apply import message_lights
from asterisk.live import voicemail_recorder, voicemail_repair
from asterisk.live import voicemail_spool as spool
from asterisk.live.voicemail_recorder import Mailboxes
from core.audit.models import AuditRecord
from core.events.models import Event
from core.mail.models import Email
from core.mail.smtp.protocol import Limits
from core.mail.worker import Postman
from extensions import pbx
from extensions.calls.voicemail import messages as mailbox
from extensions.models import SipExtension, VoicemailMessage
from tests.conftest import MAILBOXES
from tests.core.mail.conftest import use
from tests.core.mail.postbox import Postbox
from tests.node import connected
from tests.pages import html_of
from tests.pbx.office import Office, eventually
from tests.pbx.prompts import Ear, tones
from tests.pbx.voicemail.mailbox import NOTE, folder, has_light, leave_message, open_mailbox, with_mailbox
from tests.people import make_user
from tests.phones import rtp, speech
from tests.phones.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(voicemail_recorder, "AGAIN_SECONDS", 0.2)
    recorder = Mailboxes(settings.ASTERISK_DIR)
    recorder.start()
    MAILBOXES.append(recorder.take)
    with tones():
        yield office
    MAILBOXES.remove(recorder.take)
    recorder.stop()


@pytest.fixture
def vics(desk: Office) -> SipExtension:
    return with_mailbox(desk, user=make_user("Vic"))


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    box.start()
    use(box)
    yield box
    box.stop()


def rows() -> list[tuple[str, str]]:
    return list(VoicemailMessage.objects.there().values_list("caller_number", "folder"))


def post(client: Client, how: str) -> int:
    message = VoicemailMessage.objects.get()
    path = f"/extensions/{message.extension.number}/voicemail/{message.pk}/{how}/"
    return client.post(path).status_code


def deliver() -> None:
    postman = Postman(Limits(connect=5, reply=5, opening=5, after_the_dot=5))
    while postman.round():
        pass
    postman.leave()


def forward(sender: Phone, to: str, keys: str = "1") -> None:
    """The first message that is heard after the keys."""
    ear = open_mailbox(sender, "*2")
    assert ear.hears("vm-opts")
    ear.call.press(keys)
    assert ear.hears_tone(NOTE)
    ear.call.press("8")
    for heard, typed in (("vm-extension", f"{to}#"), ("vm-forwardoptions", "2")):
        assert ear.hears(heard), heard
        ear.call.press(typed)
    assert ear.hears("vm-msgforwarded")
    ear.call.hangup()


def test_a_message_is_on_the_page_and_its_buttons_move_it_on_the_pbx(
    desk: Office, vics: SipExtension, client: Client
) -> None:
    phone = desk.registered(vics)
    leave_message(desk.registered(), f"*12{vics.number}")
    assert eventually(lambda: len(rows()) == 1)
    assert has_light(phone, "yes 1/0")
    client.force_login(vics.user)
    page = html_of(client, f"/extensions/{vics.number}/")
    assert VoicemailMessage.objects.get().caller in page
    assert "Mark as heard" in page
    for how, light, where in (
        ("heard", "no 0/1", "Old"),
        ("new", "yes 1/0", "INBOX"),
        ("delete", "no 0/0", spool.DELETED),
        ("restore", "no 0/1", "Old"),
    ):
        assert post(client, how) == 302
        assert "could not move the message" not in html_of(client, f"/extensions/{vics.number}/"), how
        assert len(list(folder(vics.number, where).glob("msg*.txt"))) == 1, how
        assert has_light(phone, light), how
    assert eventually(lambda: [each for _, each in rows()] == ["heard"])


def test_the_email_has_the_recording_and_comes_once(desk: Office, vics: SipExtension, postbox: Postbox) -> None:
    leave_message(desk.registered(), f"*12{vics.number}")
    assert eventually(lambda: Email.objects.filter(kind="voicemail").count() == 1)
    deliver()
    (received,) = postbox.received
    (recording,) = received.mail.iter_attachments()
    assert recording.get_content_type() == "audio/mpeg"
    assert str(recording.get_filename()).startswith("voicemail-")
    sound = miniaudio.decode(recording.get_content(), nchannels=1, sample_rate=8000)
    assert 1.5 <= sound.duration <= 8
    samples = [each / 32768 for each in sound.samples[4000:12000]]
    assert rtp.tone_level(samples, NOTE) > 10 * rtp.tone_level(samples, NOTE * 3 // 2)
    deliver()
    assert len(postbox.received) == 1


def test_what_was_said_for_20_seconds_is_on_the_page_and_in_the_email(
    desk: Office, vics: SipExtension, postbox: Postbox, client: Client
) -> None:
    said = speech.spoken(20)
    call = desk.registered().call(f"*12{vics.number}")
    call.wait_answered()
    assert Ear(call).hears("beep")
    call.say(said)
    call.hangup()
    assert eventually(lambda: Email.objects.filter(kind="voicemail").count() == 1)
    message = VoicemailMessage.objects.get()
    assert message.seconds in (19, 20, 21)
    client.force_login(vics.user)
    played = client.get(f"/extensions/{vics.number}/voicemail/{message.pk}/sound/")
    assert heard_in(b"".join(played), said, 0.97) == pytest.approx(20, abs=1)
    deliver()
    (received,) = postbox.received
    (recording,) = received.mail.iter_attachments()
    assert heard_in(recording.get_content(), said, 0.7) == pytest.approx(20, abs=1)


def heard_in(recording: bytes, said: bytes, same: float) -> float:
    """For how many seconds it lasts: all that was said is in it, and as loud."""
    samples = list(miniaudio.decode(recording, nchannels=1, sample_rate=rtp.RATE).samples)
    sent = [rtp.linear(byte) for byte in said]
    assert speech.missing(sent, samples, same) == []
    assert speech.level(samples) == pytest.approx(speech.level(sent), rel=0.1)
    return len(samples) / rtp.RATE


@pytest.mark.parametrize(("wish", "where"), [("keep", "INBOX"), ("read", "Old"), ("delete", spool.DELETED)])
def test_after_the_email_the_message_is_as_its_person_wished(
    desk: Office, vics: SipExtension, postbox: Postbox, wish: str, where: str
) -> None:
    SipExtension.objects.filter(pk=vics.pk).update(voicemail_after_email=wish, voicemail_email="note")
    leave_message(desk.registered(), f"*12{vics.number}")
    assert eventually(lambda: Email.objects.filter(kind="voicemail").count() == 1)
    assert len(list(folder(vics.number).glob("msg*.txt"))) == 1
    deliver()
    (received,) = postbox.received
    assert list(received.mail.iter_attachments()) == []
    mailbox.tidy()
    assert len(list(folder(vics.number, where).glob("msg*.txt"))) == 1


def test_one_that_its_caller_marked_as_urgent_is_on_the_page_and_in_an_email(
    desk: Office, vics: SipExtension, client: Client
) -> None:
    phone = desk.registered(vics)
    call = desk.registered().call(f"*12{vics.number}")
    call.wait_answered()
    ear = Ear(call)
    assert ear.hears("beep")
    call.say(rtp.tone(NOTE, 0.3) * 9)
    call.press("#")
    assert ear.hears("vm-review")
    call.press("41")
    assert ear.hears("vm-msgsaved")
    call.hangup()
    assert has_light(phone, "yes 1/0")
    assert len(list(folder(vics.number, spool.URGENT).glob("msg*.txt"))) == 1
    assert eventually(lambda: [each for _, each in rows()] == ["new"])
    assert Email.objects.filter(kind="voicemail").count() == 1
    client.force_login(vics.user)
    assert post(client, "heard") == 302
    assert has_light(phone, "no 0/1")


def test_one_that_was_saved_by_phone_stays_on_the_page_wherever_it_was_saved_to(
    desk: Office, vics: SipExtension, client: Client
) -> None:
    phone = desk.registered(vics)
    leave_message(desk.registered(), f"*12{vics.number}")
    assert has_light(phone, "yes 1/0")
    ear = open_mailbox(phone, "*2")
    for heard, key in (("vm-opts", "1"), ("vm-message", "9"), ("vm-savefolder", "2"), ("vm-savedto", "#")):
        assert ear.hears(heard)
        ear.call.press(key)
    ear.call.wait_ended()
    assert len(list(folder(vics.number, "Work").glob("msg*.txt"))) == 1
    assert eventually(lambda: [each for _, each in rows()] == ["heard"])
    client.force_login(vics.user)
    assert post(client, "delete") == 302
    assert list(folder(vics.number, "Work").glob("msg*.txt")) == []


def test_one_that_is_forwarded_back_is_another_on_the_page_and_in_an_email(
    desk: Office, vics: SipExtension, client: Client
) -> None:
    SipExtension.objects.filter(pk=vics.pk).update(voicemail_email="note")
    phone, other = desk.registered(vics), desk.registered(with_mailbox(desk))
    leave_message(desk.registered(), f"*12{vics.number}")
    assert has_light(phone, "yes 1/0")
    for sender, receiver, light in ((phone, other, "yes 1/0"), (other, phone, "yes 1/1")):
        forward(sender, receiver.number)
        assert has_light(receiver, light)
    there = VoicemailMessage.objects.there().filter(extension=vics)
    assert eventually(lambda: sorted(each.folder for each in there.all()) == ["heard", "new"])
    assert Email.objects.filter(kind="voicemail", user=vics.user).count() == 2
    client.force_login(vics.user)
    path = f"/extensions/{vics.number}/voicemail/{there.get(folder='new').pk}/heard/"
    assert client.post(path).status_code == 302
    assert has_light(phone, "no 0/2")


def test_one_that_is_forwarded_again_after_it_was_erased_is_mailed_again(desk: Office, vics: SipExtension) -> None:
    phone, other = desk.registered(vics), desk.registered(with_mailbox(desk))
    leave_message(desk.registered(), f"*12{other.number}")
    assert has_light(other, "yes 1/0")
    forward(other, vics.number)
    assert has_light(phone, "yes 1/0")
    there = VoicemailMessage.objects.there().filter(extension=vics)
    assert eventually(lambda: there.count() == 1)
    pbx.get().erase_message(vics.number, there.get().message_id)
    assert eventually(lambda: there.count() == 0)
    forward(other, vics.number, "11")  # it was heard: among the old ones
    assert has_light(phone, "yes 1/0")
    assert eventually(lambda: [each.folder for each in there.all()] == ["new"])
    assert Email.objects.filter(kind="voicemail", user=vics.user).count() == 2


def test_a_message_that_was_left_while_nobody_listened_is_found(
    office: Office, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    vics = with_mailbox(office, user=make_user("Vic"))
    with tones():
        leave_message(office.registered(), f"*12{vics.number}")
    assert eventually(lambda: len(list(folder(vics.number).glob("msg*.txt"))) == 1)
    assert rows() == []
    recorder = Mailboxes(settings.ASTERISK_DIR)
    recorder.start()
    assert eventually(lambda: len(rows()) == 1)
    recorder.stop()


def test_a_busy_database_delays_it_and_loses_nothing(desk: Office, vics: SipExtension) -> None:
    caller = desk.registered()
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE extensions_voicemailmessage")
        leave_message(caller, f"*12{vics.number}")
        assert eventually(lambda: len(list(folder(vics.number).glob("msg*.txt"))) == 1)
    assert eventually(lambda: len(rows()) == 1)
    assert Email.objects.filter(kind="voicemail").count() == 1


def test_what_a_full_disk_left_in_a_mailbox_goes_with_its_light_and_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voicemail_repair, "SETTLED_SECONDS", 0.0)
    monkeypatch.setattr(voicemail_recorder, "LOOK_AGAIN_SECONDS", 0.2)
    phone = office.registered(with_mailbox(office))
    folder(phone.number).mkdir(parents=True)
    (folder(phone.number) / "msg0000.txt").touch()
    with connected() as ami:
        message_lights.look(ami, phone.number)
    assert has_light(phone, "yes 1/0")
    recorder = Mailboxes(settings.ASTERISK_DIR)
    recorder.start()
    assert has_light(phone, "no 0/0")
    found = AuditRecord.objects.filter(action="extension.voicemail_damaged", number=phone.number)
    assert eventually(found.exists)
    recorder.stop()
    assert found.get().detail == {"messages_kept": 0, "messages_lost": 1}
    assert Event.objects.open().get().detail_text == (
        f"The mailbox of {phone.number} had a damaged message. Was the disk full? Check the log."
    )
