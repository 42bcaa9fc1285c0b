"""Which numbers Asterisk is shown to watch, by the table alone. With the real one: tests/pbx."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from asterisk import ari
from asterisk.engine import store as engine
from asterisk.engine.columns import Dial, Login
from asterisk.engine.render import Rows
from asterisk.live import watching
from asterisk.live.watching import AT_START, NOW, PATIENCE_SECONDS, Waker
from asterisk.nodes import Node, from_settings

NUMBERS = ("1000", "1001", "1002")
DONE = 0


@pytest.fixture
def path(empty_engine: Path, tmp_path: Path) -> Path:
    path = tmp_path / "engine.sqlite3"
    path.write_bytes(empty_engine.read_bytes())
    rows = {each: Rows(Login(each, each, each, "MD5:00", "", "", 1), Dial(each, 30)) for each in NUMBERS}
    with engine.opened(path) as db:
        engine.write(db, engine.plan(db, rows), 1)
    return path


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    with engine.opened(path) as db:
        yield db


class Pbx:
    """In its place: what it was asked to watch, and what has gone."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.gone: set[str] = set()
        self.now = 100.0

    def qualify(self, _node: Node, contact: str, seconds: str) -> bool:
        self.asked.append((contact, seconds))
        return contact not in self.gone


@pytest.fixture
def pbx(monkeypatch: pytest.MonkeyPatch) -> Pbx:
    pbx = Pbx()
    monkeypatch.setattr(ari, "qualify_contact", pbx.qualify)
    return pbx


@pytest.fixture
def waker(db: sqlite3.Connection, pbx: Pbx) -> Waker:
    return Waker(from_settings(), db, lambda: pbx.now)


def put(db: sqlite3.Connection, **listed: int) -> None:
    db.execute("DELETE FROM awake")
    db.executemany("INSERT INTO awake VALUES (?, ?)", [(name[1:], why) for name, why in listed.items()])


def awake(db: sqlite3.Connection) -> dict[str, int]:
    return dict(db.execute("SELECT number, listed FROM awake ORDER BY number"))


@pytest.mark.parametrize(
    ("few", "listed"), [(3, NUMBERS), (4, NUMBERS), (2, ("1000", "1002")), (1, ("1000",)), (0, ())]
)
def test_at_a_start_all_are_listed_while_they_are_few_and_else_those_with_a_phone(
    path: Path, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, few: int, listed: tuple[str, ...]
) -> None:
    monkeypatch.setattr(watching, "FEW", few)
    put(db, n1000=NOW, n1001=DONE)
    watching.before_start(path, ["1002", "1000", "1000", "9999"][: 3 if few == 2 else 4])
    assert awake(db) == dict.fromkeys(listed, AT_START)


def test_what_was_listed_for_the_start_is_known_after_it(path: Path, db: sqlite3.Connection) -> None:
    put(db, n1000=AT_START, n1001=NOW)
    watching.after_start(path)
    assert awake(db) == {"1000": DONE, "1001": NOW}


def test_one_whose_phone_has_registered_is_listed_until_it_is_watched(
    db: sqlite3.Connection, pbx: Pbx, waker: Waker
) -> None:
    assert not waker.busy
    waker.ask({"1000": ["a", "b"], "1001": []})
    assert waker.busy
    assert waker.step() == []
    assert pbx.asked == [("a", "30"), ("b", "30")]
    assert awake(db) == {"1000": NOW}
    waker.ask({"1000": ["c"]})
    assert waker.step() == []
    assert len(pbx.asked) == 2
    assert waker.busy
    waker.confirm("1001")
    waker.confirm("1000")
    assert awake(db) == {"1000": DONE}
    assert (waker.busy, waker.is_awake("1000"), waker.is_awake("1001")) == (False, True, False)
    waker.ask({"1000": ["c"]})
    assert not waker.busy


def test_one_of_which_nothing_is_heard_is_given_up_after_a_while(
    db: sqlite3.Connection, pbx: Pbx, waker: Waker
) -> None:
    waker.ask({"1000": ["a"]})
    waker.step()
    pbx.now += PATIENCE_SECONDS
    assert (waker.step(), waker.busy) == ([], True)
    pbx.now += 0.1
    assert (waker.step(), waker.busy) == (["1000"], False)
    assert awake(db) == {}


def test_one_whose_phones_have_gone_sleeps_at_once(db: sqlite3.Connection, pbx: Pbx, waker: Waker) -> None:
    pbx.gone = {"a", "b", "c"}
    waker.ask({"1000": ["a", "b"], "1001": ["c", "d"]})
    waker.step()
    assert awake(db) == {"1001": NOW}  # one is there


def test_few_are_begun_at_once(db: sqlite3.Connection, pbx: Pbx, waker: Waker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "AT_ONCE", 2)
    waker.ask({number: [number] for number in NUMBERS})
    waker.step()
    waker.step()
    assert [contact for contact, _ in pbx.asked] == ["1000", "1001"]
    waker.confirm("1000")
    waker.step()
    assert [contact for contact, _ in pbx.asked] == ["1000", "1001", "1002"]


def test_what_a_start_lists_is_left_to_it(db: sqlite3.Connection, pbx: Pbx, waker: Waker) -> None:
    waker.ask({"1000": ["a"], "1001": ["b"]})
    put(db, n1000=AT_START)
    waker.step()
    assert pbx.asked == [("b", "30")]
    put(db, n1000=AT_START, n1001=AT_START)  # it has ended since
    waker.confirm("1001")
    assert awake(db) == {"1000": AT_START, "1001": AT_START}


def test_a_new_connection_begins_anew(db: sqlite3.Connection, pbx: Pbx, waker: Waker) -> None:
    waker.ask({"1000": ["a"]})
    waker.step()
    waker.ask({"1002": ["c"]})
    put(db, n1000=NOW, n1001=NOW, n1002=AT_START)
    waker.begin(["1001", "1002"])
    assert awake(db) == {"1001": DONE, "1002": AT_START}
    assert not waker.busy
    assert waker.step() == []
    assert pbx.asked == [("a", "30")]
