"""The greeting: which files are taken, what becomes of them, and who may hear and change it."""

import io
import math
import struct
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lameenc
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.profile.uploads import LARGEST_SOUND
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.calls import decoder, sound_file
from extensions.calls.voicemail.greeting import LONGEST
from extensions.changes.emails import extension_changed
from extensions.models import Change, SipExtension
from tests.pages import html_of
from tests.people import make_extension, make_user
from tests.phones.rtp import tone_level

SOUNDS = Path(__file__).with_name("sounds")
URL = "/extensions/1000/voicemail/greeting/"
SOUND = f"{URL}sound/"
TONE = 440  # Hz


def as_wav(data: bytes) -> bytes:
    return sound_file.as_wav(data, LONGEST)


def samples(seconds: float, rate: int, channels: int = 1) -> bytes:
    frames = (round(16_000 * math.sin(2 * math.pi * TONE * n / rate)) for n in range(int(seconds * rate)))
    return b"".join(struct.pack("<h", each) * channels for each in frames)


def wav(seconds: float = 1.5, rate: int = 44_100, channels: int = 2) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(samples(seconds, rate, channels))
    return out.getvalue()


def mp3() -> bytes:
    encoder = lameenc.Encoder()
    encoder.set_in_sample_rate(44_100)
    encoder.set_channels(1)
    encoder.silence()
    return bytes(encoder.encode(samples(1.5, 44_100)) + encoder.flush())


def crc(data: bytes, width: int, polynomial: int) -> int:
    value = 0
    for byte in data:
        value ^= byte << (width - 8)
        for _ in range(8):
            value = (value << 1) ^ (polynomial if value >> (width - 1) else 0)
            value &= (1 << width) - 1
    return value


def silent_flac(hours: int) -> bytes:
    """At 8 kHz, in frames of 65,535 samples that are said to be all the same: 8 seconds in some 14 bytes."""
    frames = hours * 3600 * 8000 // 65_535
    info = (
        struct.pack(">HH", 65_535, 65_535)
        + bytes(6)
        + (8000 << 44 | 15 << 36 | frames * 65_535).to_bytes(8)
        + bytes(16)
    )
    parts = [b"fLaC", b"\x80", len(info).to_bytes(3), info]
    for number in range(frames):
        head = b"\xff\xf8\x74\x08" + chr(number).encode() + struct.pack(">H", 65_534)
        head += bytes([crc(head, 8, 0x07)]) + b"\x00\x00\x00"
        parts.append(head + crc(head, 16, 0x8005).to_bytes(2))
    return b"".join(parts)


def id3_that_is_huge() -> bytes:
    return b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(1000)


def riff(rate: int = 8000, channels: int = 1, size: int = 0xFFFFFFFF, body: bytes = b"") -> bytes:
    chunk = struct.pack("<HHIIHH", 1, channels, rate, rate * 2 & 0xFFFFFFFF, 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", size)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + chunk
        + b"data"
        + struct.pack("<I", size)
        + body
    )


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("greeting.wav", wav())
    return out.getvalue()


def heard(data: bytes) -> tuple[float, float]:
    """How long it is, and how loud its tone."""
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        found = file.readframes(file.getnframes())
    levels = [each / 32_768 for (each,) in struct.iter_unpack("<h", found)]
    return len(levels) / 8000, tone_level(levels, TONE)


TAKEN: dict[str, Callable[[], bytes]] = {
    "wav": wav,
    "wav of a telephone": lambda: wav(rate=8000, channels=1),
    "mp3": mp3,
    "ogg": (SOUNDS / "tone.ogg").read_bytes,
    "flac": (SOUNDS / "tone.flac").read_bytes,
    "wav with a length that is not true": lambda: riff(body=samples(1.5, 8000)),
}


@pytest.mark.parametrize("kind", TAKEN)
def test_a_sound_becomes_one_of_the_pbx(kind: str) -> None:
    seconds, level = heard(as_wav(TAKEN[kind]()))
    assert 1.4 < seconds < 1.7
    assert 0.35 < level < 0.6


REFUSED: dict[str, Callable[[], bytes]] = {
    "a zip": zipped,
    "text": lambda: b"Hello, nobody is here. " * 100,
    "a picture": lambda: b"\x89PNG\r\n\x1a\n" + bytes(1000),
    "opus": (SOUNDS / "opus.ogg").read_bytes,
    "an aiff": lambda: b"FORM\x00\x00\x10\x00AIFFCOMM" + bytes(1000),
    "half a flac header": lambda: (SOUNDS / "tone.flac").read_bytes()[:40],
    "an ogg of zeros": lambda: b"OggS" + bytes(5000),
    "an mp3 of nothing": lambda: b"\xff\xfb" + bytes(5000),
    "an id3 tag that is said to be huge": id3_that_is_huge,
    "a wav without a sound": lambda: riff(size=0),
    "a wav of no channels": lambda: riff(channels=0, body=bytes(1000)),
    "a wav of four thousand million samples a second": lambda: riff(rate=0xFFFFFFFF, body=bytes(10_000)),
    "a wav of very many channels": lambda: riff(channels=65_535, body=bytes(10_000)),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_sound_is_refused_by_words_that_say_which_are(kind: str) -> None:
    with pytest.raises(ValidationError) as refused:
        as_wav(REFUSED[kind]())
    assert refused.value.messages == [
        "This file is not a sound that can be read. Choose a WAV, MP3, OGG (Vorbis) or FLAC file."
    ]


def test_ten_hours_of_silence_are_not_read_to_their_end() -> None:
    data = silent_flac(10)
    assert len(data) < 100_000
    assert len(decoder.decoded(data, 60 * 8000)) <= 2 * 62 * 8000
    with pytest.raises(ValidationError, match="longer than 3 minutes"):
        as_wav(data)


def test_the_longest_is_taken_and_a_longer_one_refused() -> None:
    quiet = bytes(2 * 8000)
    assert heard(as_wav(riff(size=LONGEST * 16_000, body=quiet * LONGEST)))[0] == LONGEST
    with pytest.raises(ValidationError, match="longer than 3 minutes"):
        as_wav(riff(size=(LONGEST + 1) * 16_000, body=quiet * (LONGEST + 1)))
    with pytest.raises(ValidationError, match="shorter than half a second"):
        as_wav(riff(size=2000, body=bytes(2000)))


# --- the page ---


@pytest.fixture
def box(settings: Settings, tmp_path: Path) -> Path:
    settings.ASTERISK_DIR = tmp_path
    return tmp_path / "spool/voicemail/default/1000"


@pytest.fixture
def grace(db: None, box: Path) -> SipExtension:
    extension = make_extension("1000", user=make_user("Grace"), voicemail=True)
    Change.objects.all().delete()
    return extension


@pytest.fixture
def graces(client: Client, grace: SipExtension) -> Client:
    client.force_login(grace.user)
    return client


def upload(client: Client, data: bytes, name: str = "hello.wav") -> Any:
    return client.post(URL, {"greeting": SimpleUploadedFile(name, data)})


def test_an_upload_is_what_callers_hear_for_every_reason(graces: Client, box: Path) -> None:
    assert "Callers hear the system greeting." in html_of(graces, URL)
    box.mkdir(parents=True)
    (box / "temp.wav").write_bytes(b"recorded by phone")
    answer = upload(graces, wav())
    assert (answer.status_code, answer.headers["Location"]) == (302, URL)
    assert sorted(each.name for each in box.iterdir()) == ["busy.wav", "unavail.wav"]
    assert heard((box / "unavail.wav").read_bytes())[1] > 0.35
    assert (box / "busy.wav").read_bytes() == (box / "unavail.wav").read_bytes()
    page = html_of(graces, URL)
    assert "Greeting saved. Callers hear it now." in page
    assert f'<audio controls preload="metadata" src="{SOUND}?v=' in page
    record = AuditRecord.objects.get(action="extension.greeting_changed")
    assert (record.number, [(str(each.label), each.is_masked) for each in record.fields]) == (
        "1000",
        [("Greeting", True)],
    )


def test_it_is_played_by_parts_and_removed(graces: Client, box: Path) -> None:
    upload(graces, wav())
    whole = (box / "unavail.wav").read_bytes()
    answer = graces.get(SOUND)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "audio/wav")
    assert b"".join(answer) == whole
    part = graces.get(SOUND, headers={"Range": "bytes=100-199"})
    assert (part.status_code, b"".join(part)) == (206, whole[100:200])
    answer = graces.post(URL, {"then": "remove"}, follow=True)
    assert "Callers hear the system greeting again." in answer.content.decode()
    assert list(box.iterdir()) == []
    assert graces.get(SOUND).status_code == 404
    assert "Callers hear the system greeting." in html_of(graces, URL)


def test_what_was_recorded_by_phone_is_played(graces: Client, box: Path) -> None:
    box.mkdir(parents=True)
    (box / "unavail.wav").write_bytes(b"by phone")
    assert b"".join(graces.get(SOUND)) == b"by phone"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04" + bytes(100), "Choose a WAV, MP3, OGG (Vorbis) or FLAC file."),
        (b"RIFF" + bytes(LARGEST_SOUND), "larger than 8 MB"),
    ],
)
def test_a_bad_file_is_refused_at_its_field(graces: Client, box: Path, data: bytes, words: str) -> None:
    answer = upload(graces, data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not box.exists()


def test_nothing_chosen_says_what_to_choose(graces: Client) -> None:
    answer = graces.post(URL, {})
    assert answer.status_code == 422
    assert "Choose a WAV, MP3, OGG (Vorbis) or FLAC file." in answer.content.decode()


def test_a_large_file_is_taken_whole(graces: Client, box: Path) -> None:
    data = riff(rate=22_050, size=170 * 44_100, body=samples(1, 22_050) * 170)
    assert 1024 * 1024 < len(data) < LARGEST_SOUND
    assert upload(graces, data).status_code == 302
    assert heard((box / "unavail.wav").read_bytes())[0] > 169


def test_nobody_decodes_without_end(graces: Client) -> None:
    for _ in range(10):
        assert upload(graces, b"x" * 100).status_code == 422
    assert "You uploaded too many sounds." in upload(graces, wav()).content.decode()


def test_before_the_pbx_has_the_extension_nothing_is_put_there(client: Client, box: Path, ada: User) -> None:
    make_extension("1000", voicemail=True)
    client.force_login(ada)
    answer = upload(client, wav())
    assert answer.status_code == 409
    assert "The PBX does not have this extension yet." in answer.content.decode()
    assert not box.exists()


def test_its_person_and_who_manages_the_extension_change_it(
    client: Client, grace: SipExtension, box: Path, ada: User
) -> None:
    client.force_login(ada)
    assert f'href="{URL}"' in html_of(client, "/extensions/1000/edit/")
    assert upload(client, wav()).status_code == 302
    client.force_login(make_extension("1001", user=make_user("Vic")).user)
    assert [client.get(URL).status_code, upload(client, wav()).status_code, client.get(SOUND).status_code] == [404] * 3
    client.force_login(grace.user)
    assert client.get(URL).status_code == 200
    Preferences.objects.update(self_service=[])
    assert [client.get(URL).status_code, upload(client, wav()).status_code] == [403] * 2


def test_the_person_is_told_when_somebody_else_changes_it(
    client: Client, grace: SipExtension, box: Path, ada: User
) -> None:
    client.force_login(grace.user)
    upload(client, wav())
    assert not Email.objects.exists()
    client.force_login(ada)
    upload(client, wav())
    client.post(URL, {"then": "remove"})
    [email] = Email.objects.all()
    assert (email.kind, email.to) == ("extension_changed", grace.user.email)
    words = extension_changed(email)
    assert words
    assert "changed your extension 1000." in words.text
    assert "Greeting: removed" in words.text


def test_where_it_cannot_be_written_the_page_says_why(graces: Client, box: Path) -> None:
    box.parent.mkdir(parents=True)
    box.write_bytes(b"in the way")
    answer = upload(graces, wav())
    assert answer.status_code == 409
    assert "The greeting was not changed." in answer.content.decode()
