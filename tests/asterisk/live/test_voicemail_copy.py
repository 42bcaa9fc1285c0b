"""The lock of a mailbox's folder, which Asterisk and the portal share."""

import os
import time
from pathlib import Path

import pytest

from asterisk.live import voicemail_copy
from asterisk.live import voicemail_spool as spool
from asterisk.live.voicemail_recorder import Mailboxes
from tests.asterisk.live.test_voicemail_spool import put
from tests.pbx.office import eventually


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    place = spool.box(tmp_path, "1000") / spool.NEW
    place.mkdir(parents=True)
    return place


def test_a_folder_that_is_locked_is_waited_for(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voicemail_copy, "LOCK_SECONDS", 0.1)
    with voicemail_copy.locked(inbox), pytest.raises(FileExistsError), voicemail_copy.locked(inbox):
        raise AssertionError
    assert list(inbox.iterdir()) == []


def test_the_later_of_two_messages_of_one_id_gets_its_own(tmp_path: Path) -> None:
    texts = [put(tmp_path, folder, 0, "1796000000-00000001") for folder in ("INBOX", "Old", "Cust5")]
    alone = put(tmp_path, "Work", 0, "1796000000-00000002")
    for text, at in zip(texts, (30, 10, 20), strict=True):
        os.utime(text, (at, at))
    voicemail_copy.give_own_ids(tmp_path, "1000")
    found = {each.folder: each for each in spool.messages(tmp_path, "1000")}
    assert found["Old"].message_id == "1796000000-00000001"
    assert len({each.message_id for each in found.values()}) == 4
    assert "msg_id=1796000000-00000002\n" in alone.read_text()
    assert {(each.caller_name, each.left_at, each.seconds) for each in found.values()} == {
        ("Grace Hopper", 1796000000, 21)
    }
    assert [path.name for path in texts[0].parent.glob(".*")] == []


def test_messages_are_copied_behind_those_that_are_there_the_oldest_first_and_once(tmp_path: Path) -> None:
    for at, left_at in enumerate((1796000300, 1796000100)):
        text = put(tmp_path, "INBOX", at, f"id-{at}")
        text.write_text(text.read_text().replace("1796000000", str(left_at)))
        text.with_suffix(".wav").write_bytes(f"RIFF{at}".encode())
    put(tmp_path, "Cust5", 0, "deleted")
    there = put(tmp_path, "INBOX", 9, "id-9", number="1001")
    assert voicemail_copy.copy(tmp_path, "1000", "1001", "a") == 2
    names = [f"msg{at:04}.{end}" for at in (9, 10, 11) for end in ("txt", "wav")]
    assert sorted(each.name for each in there.parent.iterdir()) == names
    assert [each.parent.name for each in spool.box(tmp_path, "1001").rglob("*.txt")] == ["INBOX"] * 3
    copied = {each.message_id: each.sound.read_bytes() for each in spool.messages(tmp_path, "1001")}
    assert list(copied.items()) == [("id-9", b"RIFF"), ("id-1", b"RIFF1"), ("id-0", b"RIFF0")]
    assert voicemail_copy.copy(tmp_path, "1000", "1001", "a") == 0
    put(tmp_path, "Old", 0, "id-2")
    assert voicemail_copy.copy(tmp_path, "1000", "1001", "a") == 1
    heard = spool.box(tmp_path, "1001") / "Old"
    assert sorted(each.name for each in heard.iterdir()) == ["msg0000.txt", "msg0000.wav"]
    assert heard.stat().st_mode & 0o777 == 0o700
    assert voicemail_copy.copy(tmp_path, "1000", "1002", "b") == 3  # of another one nothing was copied yet
    assert len(spool.messages(tmp_path, "1000")) == 4


@pytest.mark.django_db(transaction=True)
def test_the_lock_of_one_that_was_killed_is_taken_away_and_that_of_one_who_lives_is_not(
    tmp_path: Path, inbox: Path
) -> None:
    lives = spool.box(tmp_path, "1001") / spool.NEW / ".lock"
    lives.parent.mkdir(parents=True)
    lives.touch()
    stale = inbox / ".lock"
    stale.touch()
    os.utime(stale, (time.time() - 61,) * 2)
    recorder = Mailboxes(tmp_path)
    recorder.start()
    assert eventually(lambda: not stale.exists())
    recorder.stop()
    assert not recorder._thread.is_alive()
    assert lives.exists()
