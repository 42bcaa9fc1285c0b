"""PBX Settings > Preferences > Music on Hold."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Role, User
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.preferences import models
from core.preferences.models import HoldMusic, Preferences, SystemChange
from extensions.changes.state import CannotPutBack
from extensions.review import preferences as preference_changes
from tests.extensions.calls.voicemail.test_greeting import heard, mp3, riff, samples, wav, zipped
from tests.pages import html_of
from tests.people import make_user

URL = "/preferences/music/"
SOUND = f"{URL}sound/"


@pytest.fixture
def adas(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def upload(client: Client, data: bytes, name: str = "jingle.wav") -> Any:
    return client.post(URL, {"music": SimpleUploadedFile(name, data)}, follow=True)


def waiting() -> list[str]:
    return [str(each) for each in SystemChange.objects.waiting()]


def test_an_upload_waits_for_an_apply_and_is_played_on_the_page(adas: Client) -> None:
    assert "<p>Built-in music</p>" in html_of(adas, URL)
    page = upload(adas, mp3(), "jingle.mp3").content.decode()
    assert "Preferences saved. Apply to update the PBX." in page
    assert "<bdi>jingle.mp3</bdi>" in page
    assert f'<audio controls preload="metadata" src="{SOUND}?v=' in page
    assert waiting() == ["Music on hold: Built-in music -> jingle.mp3"]
    answer = adas.get(SOUND)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "audio/wav")
    seconds, level = heard(answer.content)
    assert 1.4 < seconds < 1.7
    assert level > 0.35
    part = adas.get(SOUND, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, answer.content[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(answer.content)}"
    assert adas.get(SOUND, headers={"Range": "bytes=99999999-"}).status_code == 416


def test_back_to_the_built_in_music(adas: Client) -> None:
    upload(adas, wav())
    page = adas.post(URL, {"then": "built_in"}, follow=True).content.decode()
    assert "<p>Built-in music</p>" in page
    assert waiting() == []
    assert adas.get(SOUND).status_code == 404


def test_the_log_names_both(adas: Client) -> None:
    upload(adas, wav(), "a.wav")
    upload(adas, mp3(), "b.mp3")
    adas.post(URL, {"then": "built_in"})
    records = AuditRecord.objects.filter(action="preferences.changed").order_by("pk")
    shown = [(str(each.label), str(each.old), str(each.new)) for record in records for each in record.fields]
    assert shown == [
        ("Music on hold", "Built-in music", "a.wav"),
        ("Music on hold", "a.wav", "b.mp3"),
        ("Music on hold", "b.mp3", "Built-in music"),
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (zipped(), "Choose a WAV, MP3, OGG (Vorbis) or FLAC file."),
        (b"ID3" + bytes(models.KEPT_MUSIC), "Choose a WAV, MP3, OGG (Vorbis) or FLAC file."),
        (b"RIFF" + bytes(8 * 1024 * 1024), "larger than 8 MB"),
        (riff(size=301 * 16_000, body=bytes(301 * 16_000)), "longer than 5 minutes"),
        (riff(size=2000, body=bytes(2000)), "shorter than half a second"),
    ],
    ids=["empty", "zip", "no mp3", "large", "long", "short"],
)
def test_a_bad_file_is_refused_at_its_field(adas: Client, data: bytes, words: str) -> None:
    answer = upload(adas, data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Preferences.load().hold_music == ""
    assert not HoldMusic.objects.exists()


def test_the_name_of_the_file_is_shown_as_a_text_of_one_line(adas: Client) -> None:
    page = upload(adas, wav(), "<b>a\u202e\tb" + "x" * 90 + ".wav").content.decode()
    assert HoldMusic.objects.get().name == "<b>ab" + "x" * 55
    assert "<bdi>&lt;b&gt;ab" in page


def test_the_same_sound_again_changes_nothing(adas: Client) -> None:
    upload(adas, wav())
    assert "Nothing was changed." in upload(adas, wav()).content.decode()
    assert Preferences.load().version == 2


def test_old_uploads_go_and_those_of_the_pbx_stay(adas: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "KEPT_MUSIC", 1)
    upload(adas, wav(), "of the pbx.wav")
    SystemChange.objects.all().delete()  # as after an apply
    for seconds in (2, 3, 4):
        upload(adas, riff(size=seconds * 16_000, body=samples(seconds, 8000)), f"{seconds}.wav")
    kept = set(HoldMusic.objects.values_list("name", flat=True))
    assert {"of the pbx.wav", "4.wav"} <= kept
    assert "2.wav" not in kept
    adas.post("/preferences/discard/")
    assert HoldMusic.name_of(Preferences.load().hold_music) == "of the pbx.wav"


def test_to_go_back_to_music_that_is_gone_is_refused_and_said(ada: User) -> None:
    with pytest.raises(CannotPutBack, match="no longer stored"):
        preference_changes.choose(ada, preference_changes.Field.HOLD_MUSIC, "gone")
    assert Preferences.load().hold_music == ""


def test_nobody_decodes_without_end(adas: Client) -> None:
    for _ in range(10):
        assert upload(adas, b"x" * 100).status_code == 422
    assert "You uploaded too many sounds." in upload(adas, wav()).content.decode()


def test_who_may_only_look_hears_it_and_changes_nothing(client: Client, ada: User) -> None:
    client.force_login(ada)
    upload(client, wav())
    role = Role.objects.create(name="Auditor", granted=[Permission.VIEW_PREFERENCES])
    client.force_login(make_user("Olga", custom=role))
    page = html_of(client, URL)
    assert "<audio" in page
    assert "Upload music" not in page
    assert client.get(SOUND).status_code == 200
    assert [upload(client, wav()).status_code, client.post(URL, {"then": "built_in"}).status_code] == [403, 403]
    client.force_login(make_user("Vic"))
    assert [client.get(URL).status_code, client.get(SOUND).status_code] == [404, 404]
