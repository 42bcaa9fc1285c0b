"""A real Asterisk, apart from the one that the other tests share."""

import hashlib
import re
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import astuple, replace
from pathlib import Path
from threading import Event, Thread

import pytest

from asterisk.engine.columns import Dial, Login
from asterisk.engine.store import INSERT
from asterisk.nodes import Node
from asterisk.process import data_folder, embedded, fetch
from asterisk.process.embedded import Embedded
from asterisk.process.fetch import Program
from pbxportal.supervisor import Child, stop
from tests.pbx.office import eventually, saved
from tests.phones.phone import CallFailedError, Phone
from tests.settings import free_port

NUMBERS = ("1001", "1002", "1003")


def configure(program: Program, node: Node, tone_zone: str = "us") -> None:
    embedded.configure(program, node, tone_zone, data_folder.MUSIC)


def node_at(directory: Path) -> Node:
    sip, tls, ami, ari = (int(free_port()) for _ in range(4))
    files, here = directory / "db", "127.0.0.1"
    return Node(
        directory=directory, engine_file=files / "engine.sqlite3", live_file=files / "live.sqlite3",
        sip_bind=here, sip_port=sip, sip_tls_port=tls, rtp_first=17000, rtp_last=17400,
        ami_host=here, ami_port=ami, ami_user="portal", ami_secret="ami-s",
        ari_host=here, ari_port=ari, ari_user="portal", ari_secret="ari-s",
    )  # fmt: skip


def extend(node: Node) -> None:
    with closing(sqlite3.connect(node.engine_file)) as db, db:
        for number in NUMBERS:
            digest = hashlib.md5(f"name-{number}:pbx:secret".encode()).hexdigest()  # noqa: S324 (SIP's own)
            login = Login(number, number, f"name-{number}", f"MD5:{digest}", number, f'"{number}" <{number}>', 3)
            db.execute(INSERT["sip_login"], astuple(login))
            db.execute(INSERT["pbx_number"], astuple(Dial(number, 1)))


@pytest.fixture(scope="module")
def own(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    with Embedded(program, node_at(tmp_path_factory.mktemp("asterisk"))) as own:
        extend(own.node)
        yield own


def phone(own: Embedded, number: str) -> Phone:
    return Phone(number, f"name-{number}", "secret", ("127.0.0.1", own.node.sip_port))


def dial(caller: Phone, target: str) -> int:
    with pytest.raises(CallFailedError) as refused:
        caller.call(target).wait_answered()
    return refused.value.status


# --- the process ---


def test_it_boots_and_after_a_crash_boots_again(own: Embedded) -> None:
    with phone(own, "1001") as ada, phone(own, "1002") as bob:
        assert (ada.register(), bob.register()) == (200, 200)
        assert saved(own.node.directory, ada, bob)
        own.kill()
        own.start()
        call = ada.call("1002")
        bob.wait_call().answer()
        call.wait_answered()
        own.restart()
        assert bob.unregister() == 200


def test_a_restart_asked_of_the_core_is_one_by_the_supervisor(program: Program, tmp_path: Path) -> None:
    node, said = node_at(tmp_path), list[str]()
    configure(program, node)
    log = node.directory / "log/start.log"
    child = Child("Asterisk", embedded.command(program, node), [log], before_start=lambda: embedded.prepare_start(node))
    try:
        child.start()
        embedded.wait_until_booted(node, 30)
        assert child.process
        console = [*program.command, "-C", str(node.directory / "etc/asterisk.conf"), "-rx", "core restart now"]
        process, answers = child.process, list[str]()

        def is_ended() -> bool:
            asked = subprocess.run(console, capture_output=True, text=True, timeout=30, check=False)
            answers.append(asked.stdout + asked.stderr)
            return eventually(lambda: process.poll() is not None, 10)

        assert eventually(is_ended, 40), answers
        assert process.returncode == 0
        child.check(said.append)

        def is_started() -> bool:
            child.check(said.append)
            return child.process is not None

        assert eventually(is_started, 30)
        assert [words.partition(".")[0] for words in said] == ["Asterisk stopped (code 0)"]
    finally:
        stop([child])


def test_its_directory_is_private_and_its_log_has_no_complaint(own: Embedded) -> None:
    files = [path for path in (own.node.directory / "etc").iterdir() if path.stat().st_mode & 0o077]
    assert files == []
    assert " ERROR[" not in (own.node.directory / "log/messages.log").read_text()


def test_a_deep_directory_does_not_keep_it_from_starting(program: Program, tmp_path: Path) -> None:
    node = node_at(tmp_path / "/".join(["a-long-name"] * 10))
    with Embedded(program, node):
        assert (node.directory / "run/asterisk.ctl").is_socket()
        run = (node.directory / "run").resolve()
        assert embedded.run_directory(node) == run
    for path in run.iterdir():
        path.unlink()
    run.rmdir()


def test_waiting_for_one_that_does_not_answer_ends(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        embedded.wait_until_booted(node_at(tmp_path), 0.2)


def test_waiting_with_a_wrong_secret_ends(own: Embedded) -> None:
    with pytest.raises(TimeoutError):
        embedded.wait_until_booted(replace(own.node, ami_secret="wrong"), 0.2)


def test_it_dies_with_who_started_it(own: Embedded) -> None:
    command = embedded.command(own.program, own.node)
    assert command[:3] == ["setpriv", "--pdeathsig", "TERM"]
    parent = subprocess.Popen(
        ("sh", "-c", "setpriv --pdeathsig TERM -- sh -c 'echo $$; exec sleep 60' & wait"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    with parent.stdout:
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
        assert parent.stdout.read() == ""  # ends when the last holder of the pipe, the child, has ended
    assert not Path(f"/proc/{child}/root").exists()


def test_the_asterisk_of_a_system_is_started_by_a_name_that_ends_it() -> None:
    shown = subprocess.run(
        (*fetch.NAMED, "/bin/sh", "-c", "tr '\\0' ' ' < /proc/$$/cmdline"), stdout=subprocess.PIPE, check=True
    )
    assert shown.stdout.startswith(b"true -c ")


# --- the configuration ---


@pytest.mark.parametrize("secret", ["a;b", "a\nb", "", " a", "a ", ">a", "a\0b"])
def test_a_value_that_would_read_as_something_else_is_refused(own: Embedded, tmp_path: Path, secret: str) -> None:
    with pytest.raises(ValueError, match="AMI_SECRET must be one non-empty line"):
        configure(own.program, replace(node_at(tmp_path), ami_secret=secret))


def test_a_user_name_cannot_open_a_section(own: Embedded, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ARI_USER"):
        configure(own.program, replace(node_at(tmp_path), ari_user="a]["))


def test_modules_that_an_asterisk_does_not_have_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "app_dial.so").touch()
    text = "[modules]\nautoload=no\nload=app_dial.so\nload=app_new.so\n"
    assert embedded.only_existing(text, tmp_path) == "[modules]\nautoload=no\nload=app_dial.so\n"


def test_every_placeholder_has_a_value(own: Embedded) -> None:
    written = list((own.node.directory / "etc").glob("*.conf"))
    assert "pjsip.conf" in {path.name for path in written}
    assert not [path.name for path in written if re.search("@[A-Z_]+@", path.read_text())]


def test_the_tones_of_its_country_are_written_before_it_starts(own: Embedded, tmp_path: Path) -> None:
    configure(own.program, node_at(tmp_path), "jp")
    assert "\ncountry=jp\n" in (tmp_path / "etc/indications.conf").read_text()


def test_secrets_do_not_print(tmp_path: Path) -> None:
    assert "ami-s" not in repr(node_at(tmp_path))


# --- the dial plan ---


def test_what_is_not_a_number_of_ours_does_not_exist(own: Embedded) -> None:
    with phone(own, "1001") as ada:
        ada.register()
        for target in ("4711", "123456789", "10-02", "+1002", "1002a", "abc", "1002&1003", "1002,30", "1002/1",
                       "1002@x", "*44", "#", "s", "i", "h", "1002;x=y", "${EXTEN}", '1002"'):  # fmt: skip
            assert (target, dial(ada, target)) == (target, 404)


def test_nobody_there_or_oneself(own: Embedded) -> None:
    with phone(own, "1001") as ada:
        ada.register()
        assert dial(ada, "1003") == 480
        assert dial(ada, "1001") == 486


@pytest.mark.parametrize(("answer", "heard"), [(486, 486), (603, 486), (403, 486), (480, 480), (0, 480)])
def test_how_a_call_that_is_not_taken_ends(own: Embedded, answer: int, heard: int) -> None:
    with phone(own, "1001") as ada, phone(own, "1002") as bob:
        ada.register()
        bob.register()
        call = ada.call("1002")
        rung = bob.wait_call()
        if answer:
            rung.reject(answer)
        with pytest.raises(CallFailedError) as refused:
            call.wait_answered()
        assert refused.value.status == heard
        bob.unregister()


def test_the_echo(own: Embedded) -> None:
    with phone(own, "1001") as ada:
        call = ada.call("*43")
        call.wait_answered()
        call.hangup()


@pytest.mark.parametrize("uri", ["sip:1002@{};x=&PJSIP/1003", "sip:1002&PJSIP%2f1003@{}", "sip:10(02@{}"])
def test_a_contact_cannot_ring_another_phone(own: Embedded, uri: str) -> None:
    with phone(own, "1001") as ada, phone(own, "1002") as bob, phone(own, "1003") as eve:
        ada.register()
        eve.register()
        bob._registration.contact = f"<{uri.format(f'127.0.0.1:{bob.port}')}>"
        assert bob.register() == 200
        assert dial(ada, "1002") == 480
        assert not eve.was_called()
        bob.unregister()
        eve.unregister()


@pytest.mark.parametrize("uri", ["sip:1002-0x5a@{};ob;transport=udp", "sip:10+02_~!*@{};line=ab/cd", "sip:%22x@{}"])
def test_contacts_of_real_phones_ring(own: Embedded, uri: str) -> None:
    with phone(own, "1001") as ada, phone(own, "1002") as bob:
        ada.register()
        bob._registration.contact = f"<{uri.format(f'127.0.0.1:{bob.port}')}>"
        bob.register()
        call = ada.call("1002")
        bob.wait_call().answer()
        call.wait_answered()
        call.hangup()
        bob.unregister()


def test_lamps_are_for_numbers(own: Embedded) -> None:
    with phone(own, "1001") as ada:
        ada.register()
        assert [ada.subscribe(target).status for target in ("1003", "1002&1003", "abc")] == [200, 404, 404]


def test_a_connection_that_is_told_nothing_does_not_keep_from_hearing_that_it_has_booted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "SILENT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as manager:
        node = replace(node_at(tmp_path), ami_port=manager.getsockname()[1])

        def answer() -> None:
            with manager.accept()[0] as silent, manager.accept()[0] as told:
                told.sendall(b"Response: Success\r\n\r\nEvent: FullyBooted\r\nUptime: 9\r\n\r\n")
                assert silent.fileno() > 0
                over.wait(20)

        over, server = Event(), Thread(target=answer)
        server.start()
        try:
            embedded.wait_until_booted(node, 10)
        finally:
            over.set()
            server.join(20)
