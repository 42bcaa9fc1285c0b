"""What the listener makes of each event, of a PBX that says what it is told to. With the real one: tests/pbx."""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from asterisk import ari
from asterisk.ami.client import AmiRefused
from asterisk.ami.protocol import Message
from asterisk.engine import store as engine
from asterisk.engine.store import EngineError
from asterisk.live import listener, sources, trunks, watching
from asterisk.live import store as live
from asterisk.live.listener import HEARD, Hearing
from asterisk.live.refused_calls import FILE
from asterisk.nodes import from_settings
from extensions.pbx import Ending

HOST = "192.0.2.7"


def contact(number: str = "1000", host: str = HOST, status: str = "Reachable", over: str = "udp") -> Message:
    return {
        "Event": "ContactStatusDetail",
        "AOR": number,
        "ID": f"{number};@{host}",
        "URI": f"sip:{number}@{host}:5060;transport={over}",
        "Status": status,
    }


def signed_in(number: str = "1000", host: str = HOST, **more: str) -> Message:
    where = f"IPV4/UDP/{host}/5060"
    said = {"Event": "SuccessfulAuth", "Service": "PJSIP", "AccountID": number, "RemoteAddress": where}
    return said | more


def told(number: str = "1000", status: str = "Reachable") -> Message:
    return {"Event": "ContactStatus", "AOR": number, "ContactStatus": status}


class Ear:
    def __init__(self) -> None:
        self.filters: list[str] = []
        self.says: list[Message] = []

    def ask(self, action: str, *, Operation: str, Filter: str) -> None:  # noqa: N803 (Asterisk's own names)
        assert (action, Operation) == ("Filter", "Add")
        self.filters.append(Filter)

    def events(self, _seconds: float) -> Iterator[Message]:
        said, self.says = self.says, []
        yield from said


class Mouth:
    def __init__(self) -> None:
        self.contacts: list[Message] = []
        self.devices: list[Message] = []
        self.refuses = False
        self.asked: list[tuple[str, str]] = []

    def ask(self, action: str, *_: object, **headers: str) -> None:
        self.asked.append((action, headers.get("Endpoint", "")))
        if self.refuses and action != "Ping":
            raise AmiRefused("Endpoint does not exist")

    def ask_for_list(self, action: str) -> list[Message]:
        return self.devices if action == "DeviceStateList" else self.contacts

    def ask_many(self, questions: Iterable[tuple[str, dict[str, str]]]) -> Iterator[list[Message]]:
        for _, headers in questions:
            yield [{"Response": "Success"}, *(each for each in self.contacts if each["AOR"] == headers["Endpoint"])]


class Site:
    """`seen`, `boxes` and so on: what was told to others."""

    def __init__(self, directory: Path, db: sqlite3.Connection, tables: sqlite3.Connection) -> None:
        self.node = replace(from_settings(), directory=directory, engine_file=directory / "engine.sqlite3")
        self.db, self.tables, self.ear, self.mouth = db, tables, Ear(), Mouth()
        self.seen: list[str] = []
        self.boxes: list[str] = []
        self.security: list[Message] = []
        self.without_port = 0
        self.allowed = "any"
        ear: Any = self.ear
        mouth: Any = self.mouth
        self.hearing = Hearing(
            self.node,
            db,
            tables,
            watching.Waker(self.node, tables),
            ear,
            mouth,
            lambda found: self.seen.extend(each.id for each in found),
            self.boxes.extend,
            lambda _: self.allowed,
            self.security.append,
            self.no_port,
        )

    def no_port(self) -> None:
        self.without_port += 1

    def hear(self, *said: Message) -> None:
        self.ear.says.extend(said)
        self.hearing.round()

    def start(self) -> None:
        self.hear({"Event": "FullyBooted"})

    def qualified(self) -> list[str]:
        return [number for action, number in self.mouth.asked if action == "PJSIPQualify"]

    def phones(self, number: str = "1000") -> list[str]:
        return [each.id for each in live.phones(self.db, [number]).get(number, [])]

    def ending(self) -> Ending | None:
        found = live.offline(self.db, ["1000"]).get("1000")
        return Ending(found.ending) if found else None

    def attempts(self) -> list[tuple[Any, ...]]:
        found = live.attempts(self.db, ["1000"], 9)
        assert all(abs(time.time() - each.last_at) < 60 for each in found)
        return [(each.cause, each.host, each.address, each.transport, each.times) for each in found]


class Ari:
    """What is asked of contacts over HTTP."""

    def __init__(self) -> None:
        self.deleted: list[str] = []
        self.watched: list[str] = []
        self.watches = True

    def delete_contact(self, _node: object, name: str) -> None:
        self.deleted.append(name)

    def qualify_contact(self, _node: object, name: str, _seconds: str) -> bool:
        self.watched.append(name)
        return self.watches


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch) -> Ari:
    made = Ari()
    monkeypatch.setattr(ari, "delete_contact", made.delete_contact)
    monkeypatch.setattr(ari, "qualify_contact", made.qualify_contact)
    return made


@pytest.fixture
def site(tmp_path: Path, empty_engine: Path, http: Ari, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(listener, "AFTER_SIGN_IN", (0.0,))
    copy(empty_engine, tmp_path / "engine.sqlite3")
    live.prepare(tmp_path / "live.sqlite3")
    (tmp_path / "log").mkdir()
    with live.opened(tmp_path / "live.sqlite3") as db, engine.opened(tmp_path / "engine.sqlite3") as tables:
        yield Site(tmp_path, db, tables)


def test_nothing_is_asked_or_said_to_be_fresh_before_the_pbx_has_booted(site: Site) -> None:
    assert site.ear.filters == [f"Event: {each}" for each in HEARD]
    site.mouth.contacts = [contact()]
    site.hear(told())
    assert (site.mouth.asked, site.phones(), live.is_fresh(site.db)) == ([], [], False)
    site.start()
    assert (site.mouth.asked, site.phones(), live.is_fresh(site.db)) == ([("Ping", "")], [contact()["ID"]], True)
    site.hear()
    assert site.mouth.asked == [("Ping", "")]  # not in each round


def test_what_it_finds_at_the_start_is_there_and_nothing_else(site: Site, http: Ari) -> None:
    live.replace(site.db, {"1002": [live.contact_of(contact("1002"))]})
    site.mouth.contacts = [contact(), contact(host="192.0.2.8"), contact("1001"), {"AOR": "1003"}]
    site.mouth.devices = [
        {"Device": "PJSIP/1000", "State": "NOT_INUSE"},
        {"Device": "PJSIP/1001", "State": "UNAVAILABLE"},
        {"Device": "Custom:1001", "State": "INUSE"},
    ]
    site.start()
    assert site.phones() == sorted(each["ID"] for each in site.mouth.contacts[:2])
    assert (len(site.phones("1001")), site.phones("1002"), site.phones("1003")) == (1, [], [])
    assert live.states(site.db, ["1000", "1001", "1002"]) == {"1000": "NOT_INUSE", "1001": "INUSE"}
    assert live.offline(site.db, ["1002"])["1002"].ending == Ending.UNKNOWN.value
    assert set(site.seen) == {each["ID"] for each in site.mouth.contacts[:3]}
    assert sorted(http.watched) == sorted(each["ID"] for each in site.mouth.contacts[:3])


def awake(site: Site) -> dict[str, int]:
    return dict(site.tables.execute("SELECT number, listed FROM awake").fetchall())


@pytest.mark.parametrize(
    ("said", "listed"),
    [
        ({"Event": "DeviceStateChange", "Device": "PJSIP/1000", "State": "NOT_INUSE"}, 0),
        ({"Event": "DeviceStateChange", "Device": "PJSIP/1000", "State": "UNAVAILABLE"}, watching.NOW),
        (told(status="Reachable"), 0),
        (told(status="Unreachable"), 0),
        (told(status="NonQualified"), watching.NOW),
    ],
)
def test_a_number_is_watched_once_the_pbx_says_what_it_says_of_those(
    site: Site, http: Ari, said: Message, listed: int
) -> None:
    site.mouth.contacts = [contact()]
    site.start()
    assert awake(site) == {"1000": watching.NOW}
    site.hear(said)
    assert (awake(site), http.watched) == ({"1000": listed}, [contact()["ID"]])


def test_one_that_the_pbx_does_not_watch_is_begun_again_when_it_registers(site: Site, http: Ari) -> None:
    http.watches = False
    site.mouth.contacts = [contact()]
    site.start()
    assert awake(site) == {}
    site.hear(signed_in())
    assert (awake(site), http.watched) == ({}, [contact()["ID"]] * 2)


def test_states_that_change_are_kept(site: Site) -> None:
    site.start()
    site.hear({"Event": "DeviceStateChange", "Device": "PJSIP/1000", "State": "RINGING"})
    assert live.states(site.db, ["1000"]) == {"1000": "RINGING"}
    site.hear({"Event": "DeviceStateChange", "Device": "PJSIP/trunk-1", "State": "RINGING"})
    assert live.count_by_state(site.db) == {"RINGING": 1}


def test_a_phone_that_registers_is_there_and_one_that_goes_is_gone(site: Site) -> None:
    site.start()
    site.mouth.contacts = [contact()]
    site.hear(signed_in())
    assert (site.phones(), site.seen, site.ending()) == ([contact()["ID"]], [contact()["ID"]], None)
    site.mouth.contacts = []
    site.hear(told(status="Removed"))
    assert (site.phones(), site.ending()) == ([], Ending.SIGNED_OFF)
    site.mouth.contacts = [contact()]
    site.hear(told())
    site.hearing._sources = sources.Sources(lambda: time.monotonic() + 60)
    site.mouth.contacts = []
    site.hear(told(status="Removed"))
    assert (site.phones(), site.ending()) == ([], Ending.EXPIRED)
    assert site.seen == [contact()["ID"]] * 2


@pytest.mark.parametrize(
    "said",
    [
        signed_in(Service="SIP"),
        signed_in(RemoteAddress="IPV4/UDP/192.0.2.7"),
        signed_in("reg-1000"),
        {**told(), "AOR": "reg-1000"},
    ],
)
def test_what_is_no_sign_in_of_an_extension_is_left_alone(site: Site, said: Message) -> None:
    site.allowed = "tls"
    site.start()
    site.mouth.contacts = [contact()]
    site.hear(said)
    assert (site.phones(), site.attempts(), site.seen) == ([], [], [])


@pytest.mark.parametrize(
    ("allowed", "over", "stays"), [("udp", "udp", True), ("any", "tls", True), ("tls", "udp", False)]
)
def test_a_phone_over_another_transport_is_removed(site: Site, http: Ari, allowed: str, over: str, stays: bool) -> None:
    site.allowed = allowed
    site.start()
    site.mouth.contacts = [contact(over=over)]
    site.hear(signed_in())
    assert (bool(site.phones()), http.deleted) == ((True, []) if stays else (False, [contact()["ID"]]))
    assert site.attempts() == ([] if stays else [("transport", HOST, f"{HOST}:5060", "UDP", 1)])
    if not stays:
        site.hear(signed_in())
        assert site.attempts()[0][-1] == 2


def test_a_registration_where_no_phone_of_the_number_is_is_removed_after_a_while(
    site: Site, http: Ari, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site.start()
    site.mouth.contacts = [contact(), contact(host="198.51.100.1")]
    site.hear(signed_in())
    assert (site.phones(), http.deleted) == ([contact()["ID"]], [])
    site.hear(told())
    assert http.deleted == []
    monkeypatch.setattr(sources, "PATIENCE_SECONDS", 0.0)
    site.hear(told())
    assert (site.phones(), http.deleted) == ([contact()["ID"]], ["1000;@198.51.100.1"])
    assert "Removed a registration of 1000 at 198.51.100.1:5060, where none of its phones is" in caplog.text


def test_a_doubtful_registration_is_looked_at_again_by_itself(
    site: Site, http: Ari, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "PATIENCE_SECONDS", 0.0)
    site.start()
    site.mouth.contacts = [contact(host="198.51.100.1")]
    site.hear(signed_in())
    monkeypatch.setattr(sources, "PATIENCE_SECONDS", 0.0)
    site.hear()
    assert http.deleted == ["1000;@198.51.100.1"]


def test_a_phone_too_many_has_the_others_asked_whether_they_are_there(site: Site) -> None:
    full = {
        "Event": "FailedACL",
        "ACLName": listener.FULL,
        "Service": "PJSIP",
        "RemoteAddress": f"IPV4/UDP/{HOST}/5060",
    }
    site.start()
    site.hear({**full, "AccountID": "1000"}, {**full, "AccountID": "1000"}, {**full, "AccountID": "1001"})
    site.hear({**full, "AccountID": "reg-1000"}, {**full, "AccountID": "1002", "ACLName": "not_match_endpoint_acl"})
    assert site.qualified() == ["1000", "1001"]
    site.hearing._asked_at["1000"] -= listener.ASK_AGAIN_SECONDS
    site.mouth.refuses = True
    site.hear({**full, "AccountID": "1000"})
    assert site.qualified() == ["1000", "1001", "1000"]
    assert site.attempts() == [("limit", HOST, f"{HOST}:5060", "UDP", 3)]
    assert len(site.security) == 6


@pytest.mark.parametrize("said", [[told(status="Unreachable"), signed_in()], [signed_in(), told(status="Unreachable")]])
def test_a_vanished_phone_that_signs_in_again_is_asked_at_once(site: Site, said: list[Message]) -> None:
    site.start()
    site.mouth.refuses = True
    site.hear(told("1001", "Unreachable"), signed_in("1002"), *said)
    assert site.qualified() == ["1000"]
    site.hear()
    assert site.qualified() == ["1000"]
    site.hear(signed_in())  # no phone of it is unreachable any more
    assert site.qualified() == ["1000"]


def test_one_that_is_unreachable_still_is_asked_whenever_it_signs_in(site: Site) -> None:
    site.mouth.contacts = [contact(status="Unreachable")]
    site.start()
    site.hear(signed_in())
    site.hear(signed_in())
    assert site.qualified() == ["1000", "1000"]


def test_news_of_mailboxes_calls_and_refusals_are_passed_on(site: Site) -> None:
    site.start()
    refused = {**signed_in(), "Event": "InvalidPassword"}
    begun = {"Event": "Newchannel", "Channel": "PJSIP/1000-00000001", "Uniqueid": "1", "Linkedid": "1"}
    boxes = [{"Event": "MessageWaiting", "Mailbox": each} for each in ("1000@default", "x@default", "1001@default")]
    site.hear(*boxes, begun, {**begun, "Uniqueid": "2"}, {**begun, "Linkedid": "3", "Uniqueid": "3"}, refused)
    assert (site.boxes, site.security) == (["1000", "1001"], [refused])
    assert live.calls_since(site.db, time.time()) == 2
    assert site.attempts() == [("credentials", HOST, f"{HOST}:5060", "UDP", 1)]
    site.hear()
    assert live.calls_since(site.db, time.time()) == 2
    assert site.attempts()[0][-1] == 1


def test_calls_without_a_common_sound_are_noted_of_phones_that_are_known(site: Site) -> None:
    site.start()
    site.hear(signed_in())
    lines = [
        "ERROR[7] res_pjsip_session.c:  1000: Couldn't negotiate stream",
        "ERROR[8] res_pjsip_session.c:  1001: Couldn't negotiate stream",
    ]
    log = site.node.directory / "log" / FILE
    log.write_text("".join(f"{line}\n" for line in lines))
    site.hear()
    assert site.attempts() == [("sound", HOST, f"{HOST}:5060", "UDP", 1)]
    assert (live.attempts(site.db, ["1001"], 9), site.without_port) == ([], 0)
    with log.open("a") as file:
        file.write("ERROR[9] res_rtp_asterisk.c: Oh dear, couldn't allocate a port\n")
    site.hear()
    assert site.without_port == 1


def test_a_registration_that_the_portal_removes_is_looked_at_until_it_is_gone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "REMOVED_SECONDS", 0.0)
    site.mouth.contacts = [contact()]
    site.start()
    live.mark_removed(site.db, [contact()["ID"]])
    site.hear()
    assert site.phones() == [contact()["ID"]]
    site.mouth.contacts = []
    site.hear()
    assert (site.phones(), site.ending()) == ([], Ending.REMOVED)


def test_what_was_not_heard_is_corrected_and_said(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.start()
    site.hear(signed_in())
    assert "Corrected" not in caplog.text
    site.mouth.contacts = [contact()]
    site.hear()
    assert site.phones() == []  # it compares but now and then
    site.hearing._compare_at = 0.0
    site.hear()
    assert "Corrected phone status that differed from Asterisk (1 in all): 1000" in caplog.text
    assert site.phones() == [contact()["ID"]]
    assert site.hearing._compare_at >= time.monotonic() + listener.COMPARE_SECONDS - 5
    site.hear()
    assert site.seen == [contact()["ID"]]


def test_where_nothing_can_be_listed_a_reload_by_hand_is_not_followed_by_another(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.start()
    site.tables.execute("INSERT INTO awake VALUES ('1000', 0)")

    def locked(*_: object) -> None:
        raise EngineError("locked")

    def reload_by_hand() -> int:
        site.hear({"Event": "Reload", "Module": "res_pjsip.so"})
        return sum(action == "Reload" for action, _ in site.mouth.asked)

    with monkeypatch.context() as patch:
        patch.setattr(watching, "before_start", locked)
        assert [reload_by_hand() for _ in range(3)] == [0, 0, 0]
    assert reload_by_hand() == 1


def test_one_that_has_just_registered_as_the_listener_begins_is_looked_at_again(site: Site) -> None:
    site.tables.execute("INSERT INTO awake VALUES ('1000', 0)")
    site.mouth.contacts = [contact(status="NonQualified")]
    site.start()
    assert [action for action, _ in site.mouth.asked if action == "Reload"] == []
    assert site.hearing._compare_at <= time.monotonic() + listener.DARK_SECONDS
    site.hearing._compare_at = 0.0
    site.mouth.contacts, site.mouth.devices = [contact()], [{"Device": "PJSIP/1000", "State": "NOT_INUSE"}]
    site.hear()
    assert [action for action, _ in site.mouth.asked if action == "Reload"] == []


def test_asterisk_is_made_to_reload_once_for_whom_it_forgot(site: Site) -> None:
    """Not for one that has just registered, and not again where it does not help."""
    site.start()
    site.mouth.contacts = [contact(status="NonQualified")]
    reloads = []
    for round_of in range(5):
        site.tables.execute("DELETE FROM awake")
        if round_of:
            site.tables.execute("INSERT INTO awake VALUES ('1000', 0)")
        site.hearing._compare_at = 0.0
        site.hear()
        reloads.append(sum(action == "Reload" for action, _ in site.mouth.asked))
    assert reloads == [0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("said", "looks"),
    [
        ({"Event": "Registry", "ChannelType": "PJSIP"}, 1),
        ({"Event": "Registry", "ChannelType": "IAX2"}, 0),
        (told("trunk-1"), 1),
        (told("1000"), 0),
    ],
)
def test_trunks_are_looked_at_when_one_may_have_changed(
    site: Site, monkeypatch: pytest.MonkeyPatch, said: Message, looks: int
) -> None:
    looked: list[object] = []
    monkeypatch.setattr(trunks, "look", lambda *given: looked.append(given))
    site.start()
    assert looked == [(site.mouth, site.tables, site.db)]
    site.hear()
    before = len(looked)
    site.hear(said)
    site.hear()
    assert len(looked) - before == looks
