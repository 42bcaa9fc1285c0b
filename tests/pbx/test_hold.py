"""What is heard on hold: by real calls."""

import pytest
from django.conf import settings

from asterisk.process import fetch
from tests.conftest import ROOT
from tests.pbx.office import Office, eventually, talking

TUNE = 1000  # Hz


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
