"""What is read of the files in which Asterisk keeps a mailbox."""

import os
from pathlib import Path

import pytest

from asterisk.live import voicemail_spool as spool

TEXT = """;
; Message Information file
;
[message]
origmailbox=1000
context=number
macrocontext=
exten=1000
rdnis=unknown
priority=9
callerchan=PJSIP/1001-00000001
callerid={caller}
origdate=Sat Nov 28 05:00:00 PM UTC 2026
origtime=1796000000
category=
msg_id={id}
flag=
duration=21
"""


def put(
    directory: Path,
    folder: str,
    at: int,
    message_id: str,
    caller: str = '"Grace Hopper" <1001>',
    *,
    number: str = "1000",
) -> Path:
    place = spool.box(directory, number) / folder
    place.mkdir(parents=True, exist_ok=True)
    text = place / f"msg{at:04}.txt"
    text.write_text(TEXT.format(id=message_id, caller=caller))
    text.with_suffix(".wav").write_bytes(b"RIFF")
    return text


def test_the_messages_of_all_folders_are_found(tmp_path: Path) -> None:
    put(tmp_path, "INBOX", 0, "1796000000-00000001")
    put(tmp_path, "Old", 0, "1796000000-00000002", "1001")
    put(tmp_path, "Cust5", 3, "1796000000-00000003", '"" <>')
    put(tmp_path, "Urgent", 0, "1796000000-00000004")
    put(tmp_path, "Friends", 0, "1796000000-00000005")
    put(tmp_path, "tmp", 0, "1796000000-00000006")
    found = spool.messages(tmp_path, "1000")
    assert [(each.message_id[-1], each.folder, each.caller_name, each.caller_number) for each in found] == [
        ("1", "INBOX", "Grace Hopper", "1001"),
        ("4", "Urgent", "Grace Hopper", "1001"),
        ("2", "Old", "", "1001"),
        ("5", "Friends", "Grace Hopper", "1001"),
        ("3", "Cust5", "", ""),
    ]
    assert {(each.left_at, each.seconds, each.size) for each in found} == {(1796000000, 21, 4)}
    assert spool.numbers(tmp_path) == ["1000"]
    assert spool.messages(tmp_path, "1001") == []
    assert spool.numbers(tmp_path / "nothing") == []


def test_one_that_is_being_written_or_is_damaged_hides_no_other(tmp_path: Path) -> None:
    put(tmp_path, "INBOX", 0, "1796000000-00000001").with_suffix(".wav").unlink()
    put(tmp_path, "INBOX", 1, "")
    put(tmp_path, "INBOX", 2, "1796000000-00000003").write_text("[message]\nmsg_id=1796000000-00000003\n")
    put(tmp_path, "INBOX", 3, "1796000000-00000004").write_text(TEXT.format(id="x", caller="").replace("=21", "=long"))
    without = put(tmp_path, "INBOX", 6, "1796000000-00000007")
    without.write_text(without.read_text().replace("origtime", "time"))
    put(tmp_path, "INBOX", 4, "1796000000-00000005").write_bytes(b"\xff\x00" * 100_000)
    put(tmp_path, "INBOX", 5, "1796000000-00000006")
    assert [each.message_id for each in spool.messages(tmp_path, "1000")] == ["1796000000-00000006"]


@pytest.mark.parametrize("seconds", ["-1", str(-(2**63)), str(2**31), "9" * 100])
def test_an_impossible_length_hides_no_message(tmp_path: Path, seconds: str) -> None:
    text = put(tmp_path, "INBOX", 0, "1796000000-00000001")
    text.write_text(text.read_text().replace("duration=21", f"duration={seconds}"))
    (found,) = spool.messages(tmp_path, "1000")
    assert found.seconds == (0 if seconds[0] == "-" else spool.LONGEST)


@pytest.mark.parametrize("left_at", ["-1", "0", "253402300800", "9" * 100])
def test_a_message_left_at_an_impossible_time_was_left_when_its_file_was_written(tmp_path: Path, left_at: str) -> None:
    text = put(tmp_path, "INBOX", 0, "1796000000-00000001")
    text.write_text(text.read_text().replace("origtime=1796000000", f"origtime={left_at}"))
    os.utime(text, (1796000042, 1796000042))
    (found,) = spool.messages(tmp_path, "1000")
    assert found.left_at == 1796000042


@pytest.mark.parametrize(
    "caller", ['"x" <1001>\nmsg_id=another', "a" * 9_000, '"' + "ä" * 400 + '" <' + "1" * 90 + ">"]
)
def test_what_a_caller_writes_stays_the_callers_name(tmp_path: Path, caller: str) -> None:
    put(tmp_path, "INBOX", 0, "1796000000-00000001", caller)
    (found,) = spool.messages(tmp_path, "1000")
    assert len(found.caller_name) <= 255
    assert len(found.caller_number) <= 63


@pytest.mark.parametrize("odd", "\r\x00\x0b\x85\u2028\u202e")
def test_the_name_of_a_caller_is_one_line_of_text(tmp_path: Path, odd: str) -> None:
    """No mail can have another in its subject."""
    text = put(tmp_path, "INBOX", 0, "1796000000-00000001")
    text.write_bytes(TEXT.format(id="1", caller=f'"Grace{odd}Bcc: x" <1001{odd}>').encode())
    (found,) = spool.messages(tmp_path, "1000")
    assert (found.caller_name, found.caller_number) == ("Grace Bcc: x", "1001 ")


def test_a_message_is_found_by_its_id_wherever_it_lies(tmp_path: Path) -> None:
    put(tmp_path, "Old", 7, "1796000000-00000001")
    found = spool.find(tmp_path, "1000", "1796000000-00000001")
    assert found
    assert found.sound == spool.box(tmp_path, "1000") / "Old" / "msg0007.wav"
    assert spool.find(tmp_path, "1000", "../../etc/passwd") is None
