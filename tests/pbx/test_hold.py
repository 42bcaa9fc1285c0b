"""What is heard on hold: by real calls."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk.apply.errors import ApplyError
from asterisk.apply.undo import undo
from asterisk.models import ApplyRun
from asterisk.process import fetch, hold_music
from asterisk.process.embedded import Embedded
from core.preferences.models import Preferences, SystemChange
from tests.conftest import ROOT
from tests.node import apply_preferences, catch_up, connected
from tests.pbx.office import Office, eventually, not_a_file, talking
from tests.pbx.prompts import write_tone
from tests.phones.call import Call

TUNE = 1000  # Hz
Outcome = ApplyRun.Outcome


def test_the_music_is_there() -> None:
    """Fetched with Asterisk, or by its own Debian package."""
    assert fetch.is_whole(ROOT / "var/asterisk-program") or fetch.of_system()


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_who_is_put_on_hold_hears_music_until_the_call_goes_on(office: Office, who: str) -> None:
    outgoing, incoming = talking(office.registered(), office.registered())
    holding, held = (incoming, outgoing) if who == "caller" else (outgoing, incoming)
    holding.start_audio(0)
    assert eventually(lambda: held.audio_received.level == 0)
    holding.hold()
    assert eventually(lambda: held.audio_received.level > 0.01)
    holding.resume()
    assert eventually(lambda: held.audio_received.level == 0)
    holding.start_audio(TUNE)
    assert eventually(lambda: abs(held.audio_received.frequency - TUNE) < 5)


def test_without_music_there_is_silence_and_the_call_goes_on(office: Office) -> None:
    music = settings.ASTERISK_DIR / "data/moh"
    kept = music.rename(music.with_name("kept"))
    music.mkdir()
    try:
        outgoing, incoming = talking(office.registered(), office.registered())
        incoming.hold()
        incoming.resume()
        incoming.start_audio(TUNE)
        assert eventually(lambda: abs(outgoing.audio_received.frequency - TUNE) < 5)
    finally:
        music.rmdir()
        kept.rename(music)


# --- another music, of the preferences ---

JINGLE = 700  # Hz


@pytest.fixture
def adas(client: Client, ada: User, asterisk: Embedded) -> Iterator[Client]:
    client.force_login(ada)
    yield client
    Preferences.objects.update(hold_music="")
    SystemChange.objects.all().delete()
    hold_music.put(settings.ASTERISK_DIR)
    with connected() as ami:
        hold_music.reload(ami)


def upload(adas: Client, folder: Path, frequency: int = JINGLE) -> None:
    write_tone(folder / "jingle.wav", frequency, 1)
    sound = SimpleUploadedFile("jingle.wav", (folder / "jingle.wav").read_bytes())
    assert adas.post("/preferences/music/", {"music": sound}).status_code == 302


def is_jingle(held: Call, frequency: int = JINGLE) -> bool:
    return held.audio_received.tone_level(frequency) > 0.2


def hears_jingle(holding: Call, held: Call) -> bool:
    """On hold; else the built-in music. The call then goes on, and is silent."""
    holding.hold()
    assert eventually(lambda: held.audio_received.level > 0.01)
    jingle = eventually(lambda: is_jingle(held), 1)
    holding.resume()
    assert eventually(lambda: held.audio_received.level == 0)
    return jingle


def test_who_is_put_on_hold_after_the_apply_hears_what_was_uploaded(
    office: Office, adas: Client, tmp_path: Path
) -> None:
    held, holding = talking(office.registered(), office.registered())
    holding.start_audio(0)
    upload(adas, tmp_path)
    assert not hears_jingle(holding, held)
    run = apply_preferences(None)
    assert (run.outcome, run.explanation_text) == (Outcome.PROVED, "Asterisk reloaded its music on hold.")
    assert hears_jingle(holding, held)
    adas.post("/preferences/music/", {"then": "built_in"})
    assert apply_preferences(None).outcome == Outcome.PROVED
    assert not hears_jingle(holding, held)


def test_who_is_on_hold_meanwhile_goes_on_hearing_the_music_of_before(
    office: Office, adas: Client, tmp_path: Path
) -> None:
    held, holding = talking(office.registered(), office.registered())
    upload(adas, tmp_path)
    apply_preferences(None)
    holding.hold()
    assert eventually(lambda: is_jingle(held))
    upload(adas, tmp_path, 900)
    apply_preferences(None)
    played = held.audio_received.packets
    assert eventually(lambda: held.audio_received.packets > played + 150)  # the file is over in between
    assert is_jingle(held)
    holding.resume()
    holding.hold()
    assert eventually(lambda: is_jingle(held, 900))


def test_it_is_heard_after_a_restart_and_an_undo_brings_the_built_in_music_back(
    office: Office, adas: Client, tmp_path: Path
) -> None:
    upload(adas, tmp_path)
    run = apply_preferences(None)
    written = (settings.ASTERISK_DIR / "etc/musiconhold.conf").read_text()
    assert f"directory={hold_music.folder(settings.ASTERISK_DIR)}\n" in written
    shutil.rmtree(settings.ASTERISK_DIR / "music")
    assert hold_music.folder(settings.ASTERISK_DIR) in written
    assert [each.name for each in (settings.ASTERISK_DIR / "music").glob("*/*")] == ["music.wav"]
    undo(run, None)
    apply_preferences(None)
    assert "directory=moh\n" in (settings.ASTERISK_DIR / "etc/musiconhold.conf").read_text()


def test_while_the_pbx_is_away_it_is_kept_and_then_in_force(
    office: Office, adas: Client, tmp_path: Path, settings: Settings
) -> None:
    held, holding = talking(office.registered(), office.registered())
    holding.start_audio(0)
    port, settings.AMI_PORT = settings.AMI_PORT, 9
    upload(adas, tmp_path)
    assert apply_preferences(None).outcome == Outcome.WAITING
    assert not hears_jingle(holding, held)
    settings.AMI_PORT = port
    catch_up()
    assert hears_jingle(holding, held)


def test_a_file_that_cannot_be_written_is_refused_and_said(adas: Client, tmp_path: Path) -> None:
    upload(adas, tmp_path)
    with (
        not_a_file(settings.ASTERISK_DIR / "etc/musiconhold.conf"),
        pytest.raises(ApplyError, match=r"musiconhold\.conf cannot be written: Is a directory"),
    ):
        apply_preferences(None)
    assert [str(each) for each in SystemChange.objects.waiting()] == ["Music on hold: Built-in music -> jingle.wav"]
    assert "directory=moh\n" in (settings.ASTERISK_DIR / "etc/musiconhold.conf").read_text()
