"""Calls that failed for their sound, by what Asterisk writes into its log; and packets that fill it."""

from pathlib import Path

from asterisk.live.refused_calls import Refused, RefusedCalls
from asterisk.process.refused_lines import RefusedLines

SOUND = "[Nov 30] ERROR[{thread}]: res_pjsip_session.c:  {endpoint}: Couldn't negotiate stream 0:audio\n"
NO_PORT = "[Nov 30] ERROR[{thread}]: res_rtp_asterisk.c: Oh dear, we couldn't allocate a port for RTP\n"
NO_STREAM = "[Nov 30] ERROR[{thread}]: res_pjsip_session.c:  {endpoint}: Couldn't add sdp stream\n"


def test_what_was_written_since_the_last_look_is_told_once(tmp_path: Path) -> None:
    log = tmp_path / "problems.log"
    log.write_text(SOUND.format(thread=1, endpoint="1000"))
    calls = RefusedCalls(tmp_path)
    line = SOUND.format(thread=1, endpoint="1002")
    assert calls.take() == Refused()  # that was before
    with log.open("a") as file:
        file.write(SOUND.format(thread=1, endpoint="1001") * 2 + "another line\n" + line[:30])
    assert calls.take() == Refused(["1001", "1001"])
    with log.open("a") as file:
        file.write(line[30:])
    assert calls.take() == Refused(["1002"])  # begun before, and whole by now
    assert calls.take() == Refused()
    log.write_text(SOUND.format(thread=1, endpoint="1003"))  # emptied, as Asterisk does with a full one
    assert calls.take() == Refused(["1003"])
    log.unlink()
    assert calls.take() == Refused()


def test_a_call_without_a_port_is_no_call_without_common_sound(tmp_path: Path) -> None:
    calls = RefusedCalls(tmp_path)
    (tmp_path / "problems.log").write_text(
        NO_PORT.format(thread=1)
        + SOUND.format(thread=2, endpoint="1002")
        + SOUND.format(thread=1, endpoint="1001")
        + SOUND.format(thread=1, endpoint="1003")
        + NO_STREAM.format(thread=3, endpoint="1004")
        + NO_PORT.format(thread=3)
    )
    assert calls.take() == Refused(["1002", "1003"], 2)
    with (tmp_path / "problems.log").open("a") as file:
        file.write(NO_STREAM.format(thread=3, endpoint="1005") + SOUND.format(thread=3, endpoint="1006"))
    assert calls.take() == Refused(["1006"])


REFUSED = (
    "[Nov 30] WARNING[1] acl.c: SIP ACL: Rejecting '192.0.2.1' due to a failure\n"
    "[Nov 30] NOTICE[1] res_pjsip_acl.c: Incoming SIP message from 192.0.2.1 did not pass ACL\n"
    "[Nov 30] NOTICE[1] res_pjsip: Request from 192.0.2.1 - Not match Endpoint ACL\n"
)


def test_refused_packets_are_taken_out_of_the_logs_and_all_else_stays(tmp_path: Path) -> None:
    look = RefusedLines(tmp_path)
    look()
    assert list(tmp_path.iterdir()) == []
    for name in ("messages.log", "problems.log", "full.log"):
        (tmp_path / name).write_text(f"first\n{REFUSED}second\n")
    look()
    assert [(tmp_path / name).read_text() for name in ("messages.log", "problems.log")] == ["first\nsecond\n"] * 2
    assert (tmp_path / "full.log").read_text() == f"first\n{REFUSED}second\n"
    log = tmp_path / "messages.log"
    with log.open("a") as file:
        file.write(f"{REFUSED}third\n")
    look()
    look()
    assert log.read_text() == "first\nsecond\nthird\n"
    log.write_text("")  # emptied, as Asterisk does with a full one
    look()
    log.write_text(REFUSED)
    look()
    assert log.read_text() == ""
