"""The e-mail of a new message: with its recording where the person wishes, and of nobody else's."""

import wave
from datetime import UTC, datetime
from pathlib import Path

import miniaudio
import pytest
from django.utils import timezone

from accounts.models import User
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions import pbx
from extensions.calls.sound_file import is_known
from extensions.calls.voicemail import emails
from extensions.calls.voicemail.sound import as_mp3
from extensions.models import SipExtension, VoicemailMessage
from extensions.pbx import Folder, PbxError
from tests.people import make_extension, make_user


class Recordings:
    """A PBX that has the file, or none."""

    def __init__(self, file: Path | None) -> None:
        self.file = file

    def sound_of(self, _number: str, _message: str) -> Path:
        if self.file is None:
            raise PbxError("it is away")
        return self.file


@pytest.fixture
def recorded(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "message.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    monkeypatch.setattr(pbx, "get", lambda: Recordings(path))
    return path


@pytest.fixture
def message(recorded: Path) -> VoicemailMessage:
    Preferences.objects.update(mail_host="mail.example.com", mail_from="portal@example.com")
    extension = make_extension("1000", user=make_user("Grace"), voicemail=True)
    return VoicemailMessage.objects.create(
        extension=extension, message_id="1", folder=Folder.NEW, caller_number="1001", caller_name="Ada", seconds=21,
        size=9, left_at=datetime(2026, 6, 11, 8, 30, tzinfo=UTC),
    )  # fmt: skip


def email(message: VoicemailMessage, user: User | None = None) -> Email:
    to = user or message.extension.user
    return Email.objects.create(kind="voicemail", user=to, to=to.email or "", facts={"message": message.pk})


def test_it_says_who_called_and_has_the_recording(message: VoicemailMessage) -> None:
    words = emails.new_message(email(message))
    assert words
    assert words.subject == "New voicemail from Ada (1001)"
    (attached,) = words.attachments
    assert (attached.name.startswith("voicemail-20260611-"), attached.name.endswith(".mp3")) == (True, True)
    assert len(attached.content) > 100
    message.caller_name = message.caller_number = ""
    message.save()
    unknown = emails.new_message(email(message))
    assert unknown
    assert unknown.subject == "New voicemail from an unknown caller"


def test_the_recording_is_small_in_one_channel_and_as_long_as_it_was(recorded: Path) -> None:
    content = as_mp3(recorded)
    info = miniaudio.mp3_get_info(content)
    assert (info.nchannels, info.sample_rate) == (1, 16_000)
    assert 0.5 <= info.duration < 0.8
    assert len(content) == pytest.approx(info.duration * 4_000, rel=0.2)


def test_without_a_recording_it_is_sent_all_the_same(
    message: VoicemailMessage, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (attached,) = emails.recording(message)
    monkeypatch.setattr(emails, "LARGEST", len(attached.content))
    assert emails.recording(message)
    monkeypatch.setattr(emails, "LARGEST", len(attached.content) - 1)
    assert emails.recording(message) == ()
    monkeypatch.undo()
    monkeypatch.setattr(pbx, "get", lambda: Recordings(None))
    assert emails.recording(message) == ()
    recorded.write_bytes(b"no sound")
    for file in (recorded, recorded.with_name("gone")):
        monkeypatch.setattr(pbx, "get", lambda file=file: Recordings(file))
        assert emails.recording(message) == ()
    words = emails.new_message(email(message))
    assert words
    assert words.attachments == ()


def test_who_wants_no_recording_gets_none(message: VoicemailMessage) -> None:
    message.extension.voicemail_email = "note"
    assert emails.recording(message) == ()


def test_of_a_message_that_is_gone_or_anothers_none_is_sent(message: VoicemailMessage) -> None:
    own = email(message)
    assert emails.new_message(email(message, make_user("Eve"))) is None
    assert emails.message_of(own) == message
    VoicemailMessage.objects.update(gone_at=timezone.now())
    assert emails.new_message(own) is None
    emails.taken(own)
    VoicemailMessage.objects.all().delete()
    assert emails.message_of(own) is None
    emails.taken(own)


@pytest.mark.parametrize("then", ["keep", "read", "delete"])
def test_once_it_is_taken_the_message_is_as_its_person_wished(message: VoicemailMessage, then: str) -> None:
    SipExtension.objects.update(voicemail_after_email=then)
    emails.taken(email(message))
    message.refresh_from_db()
    assert message.to_do == ("" if then == "keep" else then)


@pytest.mark.parametrize(
    ("data", "known"),
    [
        (b"RIFF____WAVEfmt ", True),
        (b"RIFF____AVI LIST", False),
        (b"fLaC", True),
        (b"OggS", True),
        (b"ID3\x04", True),
        (b"\xff\xe0", True),
        (b"\xff\xfb", True),
        (b"\xff\xdf", False),
        (b"\xfe\xfb", False),
        (b"\xff", False),
        (b"", False),
        (b"%PDF", False),
    ],
)
def test_a_sound_is_known_by_how_it_begins(data: bytes, known: bool) -> None:
    assert is_known(data) is known
