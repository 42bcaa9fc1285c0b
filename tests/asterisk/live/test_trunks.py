"""What trunks do, by what Asterisk says of them and writes into its log."""

import time
from pathlib import Path

import pytest

from asterisk.engine import store as engine
from asterisk.live import calls, trunks
from asterisk.live import store as live
from asterisk.nodes import from_settings
from tests.asterisk.manager import Manager
from tests.node import connected


def look() -> dict[str, str]:
    """Trunk -> its word."""
    node = from_settings()
    with connected() as ami, engine.opened(node.engine_file) as tables, live.opened(node.live_file) as db:
        trunks.look(ami, tables, db)
        return {name: each.status for name, each in live.trunks(db).items()}


def put_trunks(manager: Manager, *rows: tuple[str, int, int]) -> None:
    with engine.opened(manager.engine_file) as db:
        db.execute("DELETE FROM trunk")
        for name, registers, keep_alive in rows:
            values = [name, "", "", "", registers, *[""] * 8, 0, keep_alive]
            db.execute(f"INSERT INTO trunk VALUES ({', '.join('?' * 15)})", values)


def test_a_trunk_does_what_its_registration_or_its_server_does(manager: Manager) -> None:
    put_trunks(manager, ("trunk-1", 1, 30), ("trunk-2", 0, 30), ("trunk-3", 0, 0), ("trunk-4", 1, 0))
    manager.registrations["trunk-1"] = {"Status": "Registered"}
    for name, status in (("trunk-2", "Reachable"), ("trunk-3", "Reachable"), ("trunk-1", "Unreachable")):
        manager.contacts[name] = [{"Event": "ContactStatusDetail", "AOR": name, "ID": name, "Status": status}]
    assert look() == {"trunk-1": "Registered", "trunk-2": "Reachable", "trunk-3": "", "trunk-4": ""}
    assert [headers["Endpoint"] for _, headers in manager.named("PJSIPShowEndpoint")] == ["trunk-2"]
    with live.opened(from_settings().live_file) as db:
        before = live.trunks(db)
        assert abs(before["trunk-1"].since - time.time()) < 60
    manager.registrations["trunk-1"] = {"Status": "Rejected"}
    put_trunks(manager, ("trunk-1", 1, 30), ("trunk-2", 0, 30))
    assert look() == {"trunk-1": "Rejected", "trunk-2": "Reachable"}
    with live.opened(from_settings().live_file) as db:
        now = live.trunks(db)
    assert now["trunk-2"] == before["trunk-2"]  # it keeps the time since when
    assert now["trunk-1"].since > before["trunk-1"].since


def test_without_a_registration_none_is_asked_for_and_none_is_there(manager: Manager) -> None:
    put_trunks(manager, ("trunk-2", 0, 0))
    look()
    assert manager.named("PJSIPShowRegistrationsOutbound") == []
    put_trunks(manager, ("trunk-1", 1, 0))
    manager.refuses["PJSIPShowRegistrationsOutbound"] = "No registrations"
    assert look() == {"trunk-1": ""}


@pytest.mark.parametrize(
    ("message", "is_one"),
    [
        ({"Event": "Registry", "ChannelType": "PJSIP"}, True),
        ({"Event": "Registry", "ChannelType": "IAX2"}, False),
        ({"Event": "ContactStatus", "AOR": "trunk-12"}, True),
        ({"Event": "ContactStatus", "AOR": "trunk-12x"}, False),
        ({"Event": "ContactStatus", "AOR": "1000"}, False),
        ({"Event": "Hangup", "AOR": "trunk-12"}, False),
        ({}, False),
    ],
)
def test_only_what_is_about_a_trunk_has_them_looked_at(message: dict[str, str], is_one: bool) -> None:
    assert trunks.is_about_one(message) is is_one


SAID = (
    "[Nov 30 00:00:00] WARNING[1] res_pjsip_outbound_registration.c: {said} on registration attempt to"
    " 'sip:{who}'{end}\n"
)


def test_the_last_answer_of_each_provider_counts(tmp_path: Path) -> None:
    assert trunks.last_answers(tmp_path) == {}
    words = [("'403' fatal", "a@x"), ("No response received", "b@x"), ("'503' temporal", "c@x"), ("'401' fatal", "a@x")]
    text = "".join(SAID.format(said=said, who=who, end=", retrying in '20'") for said, who in words)
    log = tmp_path / "problems.log"
    log.write_text(text + text.replace("WARNING", "NOTICE").replace("503", "500"))
    assert trunks.last_answers(tmp_path) == {"sip:a@x": "401", "sip:b@x": "", "sip:c@x": "503"}
    log.write_text(SAID.format(said="'403' fatal", who="old@x", end="") + "-" * trunks.MOST_BYTES + "\n" + text)
    assert "sip:old@x" not in trunks.last_answers(tmp_path)  # of a long log the end


def test_calls_are_counted_by_what_belongs_together(manager: Manager) -> None:
    assert calls.count(from_settings()) == 0
    manager.channels = [{"Event": "CoreShowChannel", "Linkedid": each} for each in ("1", "1", "2")]
    assert calls.count(from_settings()) == 2
