"""What a full disk leaves in a mailbox is no message: it is mended, or goes."""

import os
import time
from pathlib import Path

import pytest

from asterisk.live import voicemail_copy, voicemail_repair
from asterisk.live import voicemail_spool as spool
from asterisk.live.voicemail_repair import BYTES_A_SECOND, HEADER, damaged, mend
from tests.asterisk.live.test_voicemail_spool import put

LEFT_AT = int(time.time()) - 1000


def without_words(text: Path, sound: int, text_at: int = LEFT_AT) -> Path:
    """`sound`: its bytes."""
    text.write_bytes(b"")
    text.with_suffix(".wav").write_bytes(bytes(sound))
    os.utime(text, (text_at, text_at))
    os.utime(text.with_suffix(".wav"), (LEFT_AT, LEFT_AT))
    return text


def test_one_whose_sound_is_there_is_a_message_again(tmp_path: Path) -> None:
    put(tmp_path, spool.NEW, 0, "1796000000-00000001")
    text = without_words(put(tmp_path, spool.NEW, 1, ""), HEADER + 21 * BYTES_A_SECOND)
    assert len(spool.messages(tmp_path, "1000")) == 1
    assert mend(tmp_path, "1000") == (1, 0)
    _, message = spool.messages(tmp_path, "1000")
    assert (message.seconds, message.left_at, message.caller_number) == (21, LEFT_AT - 21, "Unknown")
    assert message.message_id
    assert [path.name for path in text.parent.glob(".*")] == []
    assert damaged(tmp_path, "1000") == []


@pytest.mark.parametrize("sound", [0, HEADER, HEADER + 800])
def test_one_without_sound_goes(tmp_path: Path, sound: int) -> None:
    kept = put(tmp_path, spool.NEW, 0, "1796000000-00000001")
    text = without_words(put(tmp_path, spool.NEW, 1, ""), sound)
    assert mend(tmp_path, "1000") == (0, 1)
    assert sorted(path.name for path in text.parent.iterdir()) == ["msg0000.txt", "msg0000.wav"]
    assert [each.sound for each in spool.messages(tmp_path, "1000")] == [kept.with_suffix(".wav")]


def test_one_whose_sound_alone_is_missing_goes(tmp_path: Path) -> None:
    text = put(tmp_path, spool.NEW, 0, "1796000000-00000001")
    os.utime(text, (LEFT_AT, LEFT_AT))
    text.with_suffix(".wav").unlink()
    assert mend(tmp_path, "1000") == (0, 1)
    assert not text.exists()


def test_what_may_be_being_written_is_left_alone(tmp_path: Path) -> None:
    text = without_words(put(tmp_path, spool.NEW, 0, ""), 0, int(time.time()) - 10)
    assert damaged(tmp_path, "1000") == []
    assert mend(tmp_path, "1000") == (0, 0)
    assert text.exists()


def test_what_cannot_be_mended_now_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voicemail_copy, "LOCK_SECONDS", 0.1)
    text = without_words(put(tmp_path, spool.NEW, 0, ""), 0)
    with voicemail_copy.locked(text.parent):  # as by Asterisk
        assert mend(tmp_path, "1000") == (0, 0)
    assert mend(tmp_path, "1000") == (0, 1)


def test_what_nobody_goes_on_recording_goes(tmp_path: Path) -> None:
    message = put(tmp_path, spool.NEW, 0, "1796000000-00000001")
    unfinished = put(tmp_path, "tmp", 0, "")
    voicemail_repair.forget_unfinished(tmp_path)
    assert list(unfinished.parent.iterdir()) == []
    assert message.exists()
