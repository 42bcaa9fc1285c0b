"""What is done right before Asterisk starts, by files alone. With it: test_embedded.py."""

import json
import os
import re
import socket
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread

import pytest

from asterisk.engine import store as engine
from asterisk.engine.columns import Dial, Login
from asterisk.engine.render import Rows
from asterisk.live import block_files, watching
from asterisk.live import store as live
from asterisk.live import voicemail_spool as spool
from asterisk.nodes import Node, from_settings
from asterisk.process import embedded
from asterisk.process.fetch import Program
from tests.asterisk.live.test_voicemail_spool import put


@pytest.fixture
def node(tmp_path: Path, empty_engine: Path) -> Node:
    file = tmp_path / "engine.sqlite3"
    file.write_bytes(empty_engine.read_bytes())
    live.prepare(tmp_path / "live.sqlite3")
    addresses = "192.0.2.7"
    return replace(
        from_settings(), directory=tmp_path, engine_file=file, live_file=tmp_path / "live.sqlite3", sip_bind=addresses
    )


def asked(node: Node, query: str) -> list[tuple[object, ...]]:
    with engine.opened(node.engine_file) as db:
        return db.execute(query).fetchall()


def test_all_that_asterisk_reads_is_written_for_its_owner_alone(node: Node, tmp_path: Path) -> None:
    given, here = tmp_path / "program", tmp_path / "var/asterisk"
    for folder in ("modules", "data/sounds", "data/moh"):
        (given / folder).mkdir(parents=True)
    (given / "modules/app_dial.so").touch()
    program = Program(("asterisk",), given / "modules", given / "data", "22.1")
    node = replace(node, directory=here, engine_file=here / "db/engine.sqlite3", sip_bind="127.0.0.1")
    before = os.umask(0o022)
    try:
        embedded.configure(program, node, "jp", "/music")
    finally:
        os.umask(before)
    for name in ("etc", "lib", "spool", "log", "db"):
        assert (here / name).stat().st_mode & 0o777 == 0o700
    with engine.opened(node.engine_file) as db:
        assert engine.token(db)
    texts = {each.name: each.read_text() for each in (here / "etc").iterdir()}
    assert {each.name for each in embedded.CONF.glob("*.conf")} <= texts.keys()
    assert [name for name, text in texts.items() if re.search("@[A-Z_]+@", text)] == []
    assert [line for line in texts["modules.conf"].splitlines() if line.startswith("load=")] == ["load=app_dial.so"]
    assert [each.name for each in (here / "modules").rglob("*.so")] == ["app_dial.so"]
    assert f"{here}/modules/in/" in texts["asterisk.conf"]
    assert "\ncountry=jp\n" in texts["indications.conf"]
    assert "bind=127.0.0.1" in texts["pjsip_transports.conf"]
    assert (here / "data/sounds").exists()
    written = ("ccss.conf", "cel.conf", block_files.BLOCKED, block_files.SCANNERS, embedded.IDENTIFIES)
    assert {texts[name] for name in written} == {""}
    (here / "etc" / block_files.BLOCKED).write_text("[blocked]")
    embedded.configure(program, node, "jp", "/music")
    assert (here / "etc" / block_files.BLOCKED).read_text() == "[blocked]"


def test_what_a_killed_one_left_goes_and_what_it_was_to_do_it_does(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "FEW", 1)
    rows = {
        number: Rows(Login(number, number, number, "MD5:00", "", "", 1), Dial(number, 30))
        for number in ("1000", "1001")
    }
    with engine.opened(node.engine_file) as db:
        engine.write(db, engine.plan(db, rows), 1)
        db.execute("INSERT INTO awake VALUES ('1000', 2)")
    with live.opened(node.live_file) as db:
        live.replace(db, {"1001": [live.Contact("a", "1001", "192.0.2.9:5060", "", "Reachable", 1, 1)]})
    message = put(node.directory, "INBOX", 0, "id-0")
    (message.parent / ".lock").touch()
    put(node.directory, "tmp", 0, "")
    (node.directory / "lib").mkdir()
    with closing(sqlite3.connect(node.directory / "lib/astdb.sqlite3")) as db, db:
        db.execute("CREATE TABLE astdb (key, value)")
        db.execute("INSERT INTO astdb VALUES ('/CustomDevstate/1000', 'INUSE'), ('/registrar/1000', 'x')")
    embedded.prepare_start(node)
    assert asked(node, "SELECT number FROM awake") == [("1001",)]
    assert asked(node, "SELECT value FROM common WHERE name = 'media_address'") == [("192.0.2.7",)]
    assert sorted(each.name for each in message.parent.iterdir()) == ["msg0000.txt", "msg0000.wav"]
    assert list((spool.box(node.directory, "1000") / "tmp").iterdir()) == []
    assert json.loads((node.directory / "started.json").read_text())[0] == ["192.0.2.7"]
    with closing(sqlite3.connect(node.directory / "lib/astdb.sqlite3")) as db:
        assert db.execute("SELECT key FROM astdb").fetchall() == [("/registrar/1000",)]
    embedded.prepare_start(replace(node, sip_bind="0.0.0.0"))  # noqa: S104 (bound nowhere)
    assert asked(node, "SELECT value FROM common WHERE name = 'media_address'") == []


def test_nothing_that_is_damaged_stops_a_start(node: Node) -> None:
    (node.directory / "lib").mkdir()
    for file in (node.engine_file, node.live_file, node.directory / "lib/astdb.sqlite3"):
        file.write_bytes(b"no table" * 99)
    embedded.prepare_start(node)
    assert asked(node, "SELECT value FROM common WHERE name = 'media_address'") == [("192.0.2.7",)]


@pytest.mark.parametrize(
    ("addresses", "one"),
    [
        (["192.0.2.7"], "192.0.2.7"),
        (["192.0.2.7", "192.0.2.8"], ""),
        (["0.0.0.0"], ""),  # noqa: S104 (bound nowhere)
        (["2001:db8::7"], ""),
        ([], ""),
    ],
)
def test_sound_is_bound_to_the_one_address_of_the_pbx(addresses: list[str], one: str) -> None:
    assert embedded.one_ipv4(addresses) == one


@pytest.mark.parametrize(
    ("bind", "loopback"),
    [
        ("127.0.0.1", "permit"),
        ("127.0.0.1, ::1", "permit"),
        ("127.0.0.1, 192.0.2.7", "deny"),
        ("0.0.0.0", "deny"),  # noqa: S104
        ("::", "deny"),
    ],
)
def test_phones_of_this_machine_are_let_in_where_there_are_no_others(node: Node, bind: str, loopback: str) -> None:
    assert embedded.conf_values(replace(node, sip_bind=bind), "us", "/music")["LOOPBACK"] == loopback


def test_what_is_filled_in_stands_in_the_place_of_its_name() -> None:
    values = {"AMI_USER": "portal", "AMI_SECRET": "a]b"}
    assert embedded.fill("[@AMI_USER@]\nsecret=@AMI_SECRET@\nx=@y@\n", values) == "[portal]\nsecret=a]b\nx=@y@\n"
    with pytest.raises(ValueError, match="AMI_USER must not contain a bracket"):
        embedded.fill("", {"AMI_USER": "a]b"})
    with pytest.raises(ValueError, match="AMI_SECRET must be one non-empty line"):
        embedded.fill("", {"AMI_SECRET": "a;b"})


@pytest.mark.parametrize(
    ("said", "booted"),
    [
        ([b"Response: Success\r\n\r\nEvent: FullyBooted\r\nUptime: 9\r\n\r\n"], True),
        ([b"Response: Success\r\n" + b"Event: X\r\n" * 50 + b"Event: FullyB", b"ooted\r\n\r\n"], True),
        ([b"Response: Error\r\nMessage: Authentication failed\r\n\r\n"], False),
        ([b"Response: Success\r\n\r\n"], False),
        ([], False),
    ],
)
def test_it_has_booted_once_it_says_so_to_who_signs_in(node: Node, said: list[bytes], *, booted: bool) -> None:
    heard = SimpleQueue[bytes]()
    with socket.create_server(("127.0.0.1", 0)) as manager:

        def answer() -> None:
            with manager.accept()[0] as link:
                heard.put(link.recv(4096))
                for each in said:
                    link.sendall(each)
                    ready.wait(0.01)

        ready, thread = Event(), Thread(target=answer)
        thread.start()
        there = replace(node, ami_port=manager.getsockname()[1], ami_user="portal", ami_secret="s3")
        assert embedded.says_fully_booted(there, time.monotonic() + 10) is booted
        thread.join()
    assert heard.get(timeout=10) == b"Action: Login\r\nUsername: portal\r\nSecret: s3\r\n\r\n"
