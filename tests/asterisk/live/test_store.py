"""What is kept of phones: how they went, and a file of an earlier version."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk.live import store as live
from asterisk.live.store import Contact, Trunk
from extensions.pbx import Ending

PHONE = Contact("1001;@a", "1001", "192.0.2.7:5060", "Desk", "Reachable", 10.0, 20.0)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    live.prepare(tmp_path / "live.sqlite3")
    with live.opened(tmp_path / "live.sqlite3") as db:
        live.replace(db, {"1001": [PHONE]})
        yield db


def test_a_trunk_keeps_its_time_until_its_state_changes(db: sqlite3.Connection) -> None:
    live.set_trunks(db, {"a": Trunk("a", "Registered", 1.0), "b": Trunk("b", "Registered", 1.0)})
    live.set_trunks(db, {"a": Trunk("a", "Registered", 2.0), "b": Trunk("b", "Rejected", 2.0)})
    assert live.trunks(db) == {"a": Trunk("a", "Registered", 1.0), "b": Trunk("b", "Rejected", 2.0)}
    live.set_trunks(db, {"b": Trunk("b", "Rejected", 3.0)})
    assert live.trunks(db) == {"b": Trunk("b", "Rejected", 2.0)}


def ending(db: sqlite3.Connection, number: str = "1001") -> Ending:
    return Ending(live.offline(db, [number])[number].ending)


def test_how_the_last_phone_went(db: sqlite3.Connection) -> None:
    assert live.offline(db, ["1001"]) == {}
    live.replace(db, {"1001": []})
    assert ending(db) is Ending.EXPIRED
    live.replace(db, {"1001": [PHONE]})
    live.replace(db, {"1001": []}, lambda number: number == "1001")
    assert ending(db) is Ending.SIGNED_OFF
    live.replace(db, {"1001": [PHONE]})
    live.mark_removed(db, [PHONE.id])
    live.replace(db, {"1001": []}, lambda _: True)
    assert ending(db) is Ending.REMOVED
    live.replace(db, {"1001": [PHONE]})
    live.replace_all(db, [], {})
    assert ending(db) is Ending.UNKNOWN
    live.replace(db, {"1001": [PHONE]})
    live.mark_removed(db, [PHONE.id])
    live.replace_all(db, [], {})
    assert ending(db) is Ending.REMOVED


def test_which_numbers_are_gone_since(db: sqlite3.Connection) -> None:
    began = time.time()
    assert live.gone_since(db, began) == []
    live.replace(db, {"1001": []})
    assert live.gone_since(db, began) == ["1001"]
    assert live.gone_since(db, time.time() + 1) == []
    live.replace(db, {"1001": [PHONE]})
    assert live.gone_since(db, began) == []


def test_calls_are_counted_by_the_quarter_of_an_hour_and_forgotten_after_days(db: sqlite3.Connection) -> None:
    noon = 1_800_000_000 // 86_400 * 86_400.0
    for at, begun in ((noon - 1, 7), (noon, 1), (noon + 899, 2), (noon + 900, 3)):
        live.add_calls(db, begun, at)
    assert [live.calls_since(db, noon + each) for each in (-1, 0, 900, 1800)] == [13, 6, 3, 0]
    live.add_calls(db, 1, noon + 4 * 86_400)
    assert live.calls_since(db, noon - 900) == 1


def test_one_that_does_not_answer_is_offline_since_then(db: sqlite3.Connection) -> None:
    live.replace(db, {"1001": [replace(PHONE, status="Unreachable", status_since=30.0)]})
    live.replace(db, {"1001": [replace(PHONE, status="Unreachable", status_since=40.0)]})
    live.replace(db, {"1001": []})
    assert live.offline(db, ["1001"])["1001"] == live.Offline(30.0, Ending.UNANSWERED.value)


def test_a_number_is_offline_when_its_last_phone_is_gone(db: sqlite3.Connection) -> None:
    other = replace(PHONE, id="1001;@b")
    live.replace(db, {"1001": [PHONE, other]})
    live.replace(db, {"1001": [other]})
    assert live.offline(db, ["1001"]) == {}


def test_a_file_of_an_earlier_version_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(path)) as old:
        old.execute("CREATE TABLE phone (id TEXT PRIMARY KEY)")
    live.prepare(path)
    with live.opened(path) as db:
        live.replace(db, {"1001": [PHONE]})
    live.prepare(path)
    with live.opened(path) as db:
        assert live.registered_numbers(db) == ["1001"]


def test_a_file_that_another_holds_for_long_is_not_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BUSY_SECONDS", 0.05)
    path = tmp_path / "held.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE phone (id TEXT PRIMARY KEY)")
        other.execute("BEGIN IMMEDIATE")
        before = path.stat().st_ino
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            live.prepare(path)
        assert path.stat().st_ino == before


def test_a_file_that_cannot_be_read_is_thrown_away_and_a_new_one_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "live.sqlite3"
    other = tmp_path / "live.other"
    for each in (path, tmp_path / "live.sqlite3-wal", other):
        each.write_bytes(b"no table" * 99)
    live.prepare(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert other.exists()
    with live.opened(path) as db:
        assert live.registered_numbers(db) == []
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with live.opened(tmp_path / "deep/live.sqlite3"):
        assert (tmp_path / "deep").stat().st_mode & 0o777 == 0o700


def test_what_is_asked_of_phones_is_counted(db: sqlite3.Connection) -> None:
    live.replace(
        db, {"1002": [replace(PHONE, id="1002;@b", number="1002", address="[2001:db8::7]:5061", transport="tls")]}
    )
    live.set_states(db, {"1001": "INUSE", "1002": "NOT_INUSE", "1003": "NOT_INUSE"})
    assert (live.count_of_phones(db), live.count_of_plain(db)) == (2, (1, 2))
    assert live.count_by_state(db) == {"INUSE": 1, "NOT_INUSE": 2}
    assert live.hosts(db) == {"192.0.2.7", "2001:db8::7"}
    assert live.hosts(db, "1002") == {"2001:db8::7"}
    assert live.states(db, ["1002", "1009"]) == {"1002": "NOT_INUSE"}
    assert live.registered_numbers(db, 1) == ["1001"]
    live.mark_removed(db, ["1002;@b", "nobody"])
    assert live.being_removed(db, 5) == ["1002"]
    assert live.phones(db, ["1002"])["1002"][0].removed
    assert live.replace_all(db, [PHONE], {"1001": "INUSE"}) == {"1002", "1003"}
    assert live.states(db, ["1001", "1002", "1003"]) == {"1001": "INUSE"}
    assert live.replace_all(db, [replace(PHONE, status="Unreachable")], {"1001": "INUSE"}) == {"1001"}
    assert live.replace_all(db, [replace(PHONE, status="Unreachable")], {"1001": "BUSY"}) == {"1001"}


def test_only_the_latest_attempts_are_kept(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_ATTEMPTS", 2)
    attempts = [live.Attempt(str(at), "account", "h", "h:1", "udp", 2, at, at) for at in (3.0, 1.0, 2.0)]
    live.add_attempts(db, attempts[:2])
    assert len(live.attempts_since(db, 0, None)) == 2
    live.add_attempts(db, attempts[2:])
    assert {each.account for each in live.attempts_since(db, 0, None)} == {"3.0", "2.0"}
    again = replace(attempts[0], times=-5, first_at=9.0, last_at=9.0, transport="tls")
    live.add_attempts(db, [again])
    assert live.attempts(db, ["3.0"], 5) == [replace(attempts[0], times=1, last_at=9.0, transport="tls")]
