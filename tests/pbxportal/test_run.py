"""What `manage.py run` begins with, does again and again, and says, without its children. With them: tests/faults."""

import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from asterisk import check, nodes
from asterisk.apply import run as apply_run
from asterisk.engine import file_health
from asterisk.process import embedded, network, transports
from asterisk.process.fetch import Program
from core import https, reach, running
from core.debian import NotAvailableError
from core.events import tell
from core.https import Certificate, Choice
from core.preferences.models import Preferences
from pbxportal import conditions, supervisor
from pbxportal.front import certificates, server
from pbxportal.front.server import FrontError
from pbxportal.management.commands import run
from pbxportal.supervisor import CannotStart, Door
from tests.pbx.office import eventually

ASTERISK = Program(("asterisk",), Path("/modules"), Path("/data"), "22.1")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(run, "say", found.append)
    return found


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(run, "start", lambda *command: found.append(" ".join(command)))
    monkeypatch.setattr(check, "start", lambda: found.append("check"))
    return found


# --- what it begins with ---


def test_each_part_takes_its_own_doors_and_children(
    settings: Settings, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PORTAL_BIND, settings.PBX_EXPECTED = "127.0.0.1:8000", True
    did = list[str]()
    monkeypatch.setattr(supervisor, "tell_systemd", did.append)
    monkeypatch.setattr(supervisor, "check_free", lambda doors: did.append(", ".join(each.setting for each in doors)))
    monkeypatch.setattr(run, "prepare_portal", lambda: did.append("prepared"))
    monkeypatch.setattr(run, "follow_preferences", lambda: did.append("followed"))
    monkeypatch.setattr(run, "find_front", lambda: did.append("front"))
    monkeypatch.setattr(run, "find_program", lambda: ASTERISK)
    monkeypatch.setattr(run, "portal_children", lambda _front, has_pbx: [f"portal, PBX {has_pbx}"])
    monkeypatch.setattr(run, "portal_rounds", lambda *_: [lambda: did.append("round")])
    monkeypatch.setattr(run, "pbx", lambda *_: "asterisk")
    monkeypatch.setattr(run, "SmallLogs", lambda *_: lambda: did.append("logs"))

    def watch(children: list[str], _say: object, each_round: Callable[[], None]) -> None:
        did.append(" and ".join(children))
        each_round()

    monkeypatch.setattr(supervisor, "watch", watch)
    run.run(["portal"], lambda: did.append("looked"))
    assert did == [
        "STATUS=Starting", "PORTAL_BIND", "prepared", "followed", "front", "portal, PBX True", "looked", "round",
        "WATCHDOG=1",
    ]  # fmt: skip
    assert said == []
    did.clear()
    run.run(["pbx"], lambda: None)
    assert did[0] == "STATUS=Starting"
    assert did[1].startswith("SIP_PORT")
    assert "PORTAL_BIND" not in did[1]
    assert did[2:] == ["READY=1", "asterisk", "logs", "WATCHDOG=1"]
    assert said == ["PBX: Asterisk 22.1 starts."]
    did.clear()
    settings.PBX_EXPECTED = False
    monkeypatch.setattr(run, "find_program", lambda: None)
    run.run(["pbx"], lambda: None)
    assert did == ["STATUS=Starting", "", "READY=1", "", "WATCHDOG=1"]
    assert said[1:] == ["PBX: nothing to run."]


def test_every_address_of_the_pbx_is_looked_at_before_it_starts() -> None:
    node = replace(nodes.from_settings(), sip_bind="127.0.0.1, ::1", sip_port=5070)
    doors = run.pbx_doors(node)
    both = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
    assert doors[:2] == [Door("SIP", "SIP_PORT", each, 5070, both) for each in ("127.0.0.1", "::1")]
    assert [(each.what, each.setting, each.host, each.port) for each in doors[-2:]] == [
        ("Asterisk's AMI", "AMI_PORT", "127.0.0.1", node.ami_port),
        ("Asterisk's ARI", "ARI_PORT", "127.0.0.1", node.ari_port),
    ]


@pytest.mark.parametrize(("has_pbx", "names"), [(True, 3), (False, 2)])
def test_without_a_pbx_nobody_listens_to_it(*, has_pbx: bool, names: int) -> None:
    children = run.portal_children(None, has_pbx=has_pbx)
    assert [each.name for each in children] == ["The portal", "The mail worker", "The PBX listener"][:names]
    assert children[1].command[-1] == "deliver"
    assert (children[0].environment.get("PBX_EXPECTED") == "0") is not has_pbx


def test_the_portal_listens_where_its_front_comes_from(settings: Settings, tmp_path: Path) -> None:
    settings.VAR, settings.PORTAL_BIND = tmp_path, "127.0.0.1:8000"
    alone = run.portal(has_pbx=True)
    assert alone.command[list(alone.command).index("--bind") + 1] == "127.0.0.1:8000"
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics/of the last start").touch()
    assert alone.before_start
    alone.before_start()
    assert list((tmp_path / "metrics").iterdir()) == []
    assert (tmp_path / "metrics").stat().st_mode & 0o777 == 0o700
    behind = run.portal(has_pbx=True, behind=SimpleNamespace())  # type: ignore[arg-type]
    assert behind.command[list(behind.command).index("--bind") + 1].startswith("unix:")


@pytest.mark.parametrize("json_lines", [True, False])
def test_what_it_says_is_a_line_of_json_where_a_program_reads_it(
    settings: Settings, capsys: pytest.CaptureFixture[str], *, json_lines: bool
) -> None:
    settings.LOG_TO_STDERR = json_lines
    run.say("Stopped.")
    out, err = capsys.readouterr()
    if json_lines:
        assert out == ""
        assert json.loads(err) | {"timestamp": ""} == {"event": "Stopped.", "level": "info", "timestamp": ""}
    else:
        assert (out, err) == ("Stopped.\n", "")


@pytest.fixture
def signals() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
def test_ctrl_c_stops_it_once_and_what_is_in_the_way_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    settings.LOG_TO_STDERR = False
    parts: list[tuple[str, ...]] = []
    before: list[str] = []

    def held(lock: Path) -> AbstractContextManager[None]:
        before.append(lock.name)
        return nullcontext()

    monkeypatch.setattr(supervisor, "refuse_root", lambda *, allowed: before.append(f"root {allowed}"))
    monkeypatch.setattr(supervisor, "only_one", held)
    monkeypatch.setattr(os, "umask", lambda mask: before.append(f"{mask:o}"))
    settings.ALLOW_ROOT = False

    def interrupted(wanted: tuple[str, ...], _look: object) -> None:
        parts.append(tuple(wanted))
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(run, "run", interrupted)
    call_command("run")
    locks = [running.lock(settings.VAR, part).name for part in running.PARTS]
    assert before == ["77", "root False", *locks]
    call_command("run", "--only", "pbx")
    assert before[len(locks) + 2 :] == ["77", "root False", running.lock(settings.VAR, "pbx").name]
    assert (set(parts[0]), parts[1]) == ({"portal", "pbx"}, ("pbx",))
    assert capsys.readouterr().out == "Stopped.\n" * 2
    one = run.Interrupt()
    one.look()
    with pytest.raises(KeyboardInterrupt):
        one.take()
    one.take()  # what is being stopped is not interrupted again
    with pytest.raises(KeyboardInterrupt):
        one.look()

    def refused(*_: object) -> None:
        raise CannotStart("Port 8000 is in use.")

    monkeypatch.setattr(run, "run", refused)
    with pytest.raises(SystemExit) as end:
        call_command("run")
    assert end.value.code == 1
    assert capsys.readouterr().err.strip() == "Port 8000 is in use."


def test_after_a_restore_it_begins_anew_with_the_address_of_the_backup(
    db: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR = tmp_path
    begun: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _program, arguments: begun.append(arguments))
    monkeypatch.setattr(run, "connection", SimpleNamespace(close=lambda: None))
    run.follow_preferences()
    assert begun == []
    Preferences.objects.update(https_certificate="authority", https_name="pbx.lan", https_port=8443)
    run.follow_preferences()
    assert begun == [[sys.executable, *sys.argv]]
    assert https.chosen(tmp_path) == Choice(Certificate.AUTHORITY, "pbx.lan", 8443)
    run.follow_preferences()
    assert len(begun) == 1


def test_files_are_collected_only_when_one_has_changed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes seconds at each start."""
    settings.VAR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    (tmp_path / "static").mkdir()
    collected: list[str] = []
    state = ["one"]
    monkeypatch.setattr(run, "static_fingerprint", lambda: state[0])

    def collect(command: str, **_: object) -> None:
        collected.append(command)
        (tmp_path / "static/staticfiles.json").touch()

    monkeypatch.setattr(run, "call_command", collect)
    for at, (fingerprint, lost, times) in enumerate(
        [("one", False, 1), ("one", False, 1), ("two", False, 2), ("two", True, 3), ("two", False, 3)]
    ):
        state[0] = fingerprint
        if lost:
            (tmp_path / "static/staticfiles.json").unlink()
        run.collect_static()
        assert len(collected) == times, at
    assert set(collected) == {"collectstatic"}


def test_the_fingerprint_is_of_every_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("a.css", "b.js"):
        (tmp_path / name).write_text("a")
    names = ["a.css", "b.js"]
    storage = SimpleNamespace(path=lambda name: str(tmp_path / name))
    finder = SimpleNamespace(list=lambda _: [(name, storage) for name in names])
    monkeypatch.setattr(run, "get_finders", lambda: [finder])
    before = run.static_fingerprint()
    names.reverse()
    assert run.static_fingerprint() == before
    (tmp_path / "b.js").write_text("ab")
    assert run.static_fingerprint() != before


# --- the server in front, and the PBX ---


def no_program(*_: object) -> None:
    raise NotAvailableError("It cannot be downloaded.")


def test_without_caddy_plain_http_goes_on_and_https_does_not(
    settings: Settings, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "find_caddy", no_program)
    settings.FRONT, settings.HTTPS = "caddy", False
    assert run.find_front() is None
    (words,) = said
    assert words.startswith("Portal: without Caddy in front of it, slow or many connections can block it. It cannot")
    settings.HTTPS = True
    with pytest.raises(CannotStart, match=r"^HTTPS needs Caddy\. It cannot be downloaded\.$"):
        run.find_front()
    settings.FRONT = "none"
    assert run.find_front() is None


def test_a_configuration_that_caddy_refuses_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    did: list[str] = []
    refuses = [True]

    class Front:
        def __init__(self, program: object) -> None:
            self.program = program

        def configure(self, plan: object) -> None:
            did.append(f"configured {plan}")
            if refuses[0]:
                raise FrontError("No such port.")

    monkeypatch.setattr(run, "Front", Front)
    monkeypatch.setattr(run, "find_caddy", lambda *_: "caddy")
    monkeypatch.setattr(certificates, "prepare", lambda _: did.append("prepared"))
    monkeypatch.setattr(server, "plan", lambda program, _: f"{program}'s")
    settings.FRONT = "caddy"
    with pytest.raises(CannotStart, match=r"^The front server's configuration is not valid\. No such port\.$"):
        run.find_front()
    refuses[0] = False
    assert isinstance(run.find_front(), Front)
    assert did == ["prepared", "configured caddy's"] * 2


def test_without_a_pbx_changes_are_kept_and_that_is_said(
    settings: Settings, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = "Changes are saved, and applied once a PBX is running."
    settings.PBX_EXPECTED = False
    assert run.find_program() is None
    settings.PBX_EXPECTED = True
    monkeypatch.setattr(run, "find_or_fetch", no_program)
    assert run.find_program() is None
    assert said == [
        f"PBX: turned off (PBX_EXPECTED). {kept}",
        f"PBX: not available on this machine. It cannot be downloaded.\n{kept}",
    ]
    monkeypatch.setattr(run, "find_or_fetch", lambda *_: ASTERISK)
    assert run.find_program() == ASTERISK


class Process:
    """Of an Asterisk that ends after so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks, self.waited = looks, list[float]()

    def poll(self) -> int | None:
        self.looks -= 1
        return None if self.looks >= 0 else 1

    def wait(self, seconds: float) -> int:
        self.waited.append(seconds)
        return 0


def test_an_asterisk_that_takes_long_to_boot_is_waited_for_and_told_once(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, times = nodes.from_settings(), [0]

    def slow(*_: object) -> None:
        times[0] += 1
        if times[0] < 4:
            raise TimeoutError("Asterisk has not booted.")

    monkeypatch.setattr(embedded, "wait_until_booted", slow)
    assert run.wait_until_booted(node, Process(99)) is True  # type: ignore[arg-type]
    assert said == [f"Asterisk has not booted. See its log: {node.directory}/log/messages.log"]
    times[0] = -99
    assert run.wait_until_booted(node, Process(5)) is False  # type: ignore[arg-type]
    times[0] = -99
    said.clear()
    assert run.wait_until_booted(node, Process(1)) is False  # type: ignore[arg-type]
    assert said == []  # it has ended, which is said by whoever watches it


def test_what_could_not_be_proved_is_tried_later_and_later_and_then_all_is_compared_once(
    started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    proved = iter([False, False, True, True, False])
    monkeypatch.setattr(run, "wait_until_booted", lambda *_: True)
    monkeypatch.setattr(run, "prove_waiting", lambda _: next(proved))
    process, again = Process(5), run.AGAIN_SECONDS
    run.catch_up(nodes.from_settings(), process)  # type: ignore[arg-type]
    assert process.waited == [min(2 * again, run.LONGEST_SECONDS), min(4 * again, run.LONGEST_SECONDS), again, again,
                              min(2 * again, run.LONGEST_SECONDS)]  # fmt: skip
    assert started == ["check"]
    monkeypatch.setattr(run, "wait_until_booted", lambda *_: False)
    run.catch_up(nodes.from_settings(), Process(1))  # type: ignore[arg-type]
    assert started == ["check"]


def test_whether_anything_is_left_to_prove(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "connection", SimpleNamespace(close=lambda: None))
    caught: list[object] = []
    monkeypatch.setattr(apply_run, "catch_up", caught.append)
    for behind in (True, False):
        monkeypatch.setattr(apply_run, "is_behind", lambda behind=behind: behind)
        assert run.prove_waiting(nodes.from_settings()) is (not behind)
    assert len(caught) == 2

    def fail(_: object) -> None:
        raise OSError

    monkeypatch.setattr(apply_run, "catch_up", fail)
    assert run.prove_waiting(nodes.from_settings()) is False


# --- what is done again and again ---


def test_at_three_all_is_compared_once_a_night(started: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    days = [28]
    monkeypatch.setattr(run, "localdate", lambda: date(2026, 11, days[0]))
    hour = [3]
    monkeypatch.setattr(run, "localtime", lambda: datetime(2026, 11, days[0], hour[0], tzinfo=UTC))
    nightly, without = run.Nightly(has_pbx=True), run.Nightly(has_pbx=False)
    nightly()
    assert started == []  # it has been started this very night, which compares
    days[0] = 29
    for hour[0] in (2, 4):
        nightly()
    assert started == []
    hour[0] = 3
    nightly()
    nightly()
    assert started == ["verify_audit", "check"]
    without()
    assert started[2:] == ["verify_audit"]


def test_those_who_have_left_are_deleted_as_each_day_begins(
    started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    day = [28]
    monkeypatch.setattr(run, "localdate", lambda: date(2026, 11, day[0]))
    daily = run.Daily()
    daily()
    daily()
    assert started == ["leavers", "clear_sessions"]
    day[0] = 29
    daily()
    assert started == ["leavers", "clear_sessions"] * 2


def test_a_job_is_not_begun_again_before_it_is_done_and_a_failure_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    closed: list[int] = []
    monkeypatch.setattr(run, "connection", SimpleNamespace(close=lambda: closed.append(1)))
    goes_on, begun = Event(), list[int]()

    def work() -> None:
        begun.append(1)
        goes_on.wait(10)
        raise OSError("no network")

    later = run.Job(work, 3600)
    later()
    assert begun == []
    job = run.Job(work, 0)
    with caplog.at_level(logging.ERROR):
        job()
        assert eventually(lambda: len(begun) == 1, 10)
        job()
        assert len(begun) == 1
        goes_on.set()
        assert job.thread
        job.thread.join(10)
        job()
        assert job.thread
        job.thread.join(10)
    assert (len(begun), len(closed)) == (2, 2)
    assert "What is done again and again beside the portal failed" in caplog.text


def test_logs_are_kept_small_not_more_often_than_each_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []
    monkeypatch.setattr(supervisor, "keep_small", looked.append)
    monkeypatch.setattr(run, "RefusedLines", lambda directory: lambda: looked.append(directory / "refused"))
    logs = run.SmallLogs(tmp_path / "one", tmp_path / "two")
    logs()
    logs()
    assert looked == [tmp_path / "one/refused", tmp_path / "two/refused", tmp_path / "one", tmp_path / "two"]
    logs.due = 0
    logs()
    assert len(looked) == 8


def test_where_to_go_is_said_once_and_only_when_both_answer(
    settings: Settings, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(supervisor, "tell_systemd", told.append)
    settings.PORTAL_ADDRESSES, settings.LOG_TO_STDERR = ["http://127.0.0.1:8000"], False
    front, portal = [False], [False]
    monkeypatch.setattr(run, "answers", lambda _: front[0])
    node = replace(nodes.from_settings(), sip_bind="127.0.0.1", sip_port=5060)
    door = supervisor.door("Portal", "PORTAL_BIND", "127.0.0.1:8000")
    welcome = run.Welcome(door, None, ASTERISK, node, lambda: portal[0])
    for front[0], portal[0] in ((False, False), (True, False), (False, True)):
        welcome()
        assert said == []
    front[0] = portal[0] = True
    welcome()
    welcome()
    assert said == [
        "Portal:  http://127.0.0.1:8000\nPBX:     Asterisk 22.1, SIP on 127.0.0.1:5060\nPress Ctrl+C to stop."
    ]
    assert told == ["READY=1"]
    settings.LOG_TO_STDERR = True
    assert run.Welcome(door, None, None, node).lines == ["Portal:  http://127.0.0.1:8000"]


def test_an_outside_address_that_cannot_be_found_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    followed: list[Any] = []
    monkeypatch.setattr(network, "follow", followed.append)
    run.follow_outside_address(nodes.from_settings())
    assert followed == [nodes.from_settings()]

    def fail(_: object) -> None:
        raise OSError("no such name")

    monkeypatch.setattr(network, "follow", fail)
    with caplog.at_level(logging.WARNING):
        run.follow_outside_address(nodes.from_settings())
    assert "The outside address cannot be found: no such name" in caplog.text


def test_what_is_looked_at_beside_the_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server in front joins them, and hands its certificate over before the PBX starts."""
    did: list[str] = []

    class Watch:
        def __init__(self, _front: object, followers: list[object], _say: object, *, has_pbx: bool) -> None:
            did.append(f"watch {followers}, PBX {has_pbx}")

        def hand_over(self) -> None:
            did.append("handed over")

    monkeypatch.setattr(run, "Watch", Watch)
    monkeypatch.setattr(run, "setup_url", lambda: None)
    monkeypatch.setattr(run, "Alerts", lambda children, *, has_pbx: f"alerts of {children}, PBX {has_pbx}")
    door = supervisor.door("Portal", "PORTAL_BIND", "127.0.0.1:8000")
    front: Any = SimpleNamespace(child=lambda: "front")
    children: Any = ["portal"]
    rounds = run.portal_rounds(front, children, door, ASTERISK, nodes.from_settings())
    assert did == ["watch ['portal'], PBX True", "handed over"]
    assert children == ["portal", "front"]
    kinds = ["Welcome", "Daily", "Backups", "Nightly", "str", "SmallLogs"]
    assert [type(each).__name__ for each in rounds] == [*kinds, "Watch", "Job"]
    assert rounds[3].has_pbx is True  # type: ignore[attr-defined]
    assert str(rounds[4]) == "alerts of ['portal'], PBX True"
    children = ["portal"]
    rounds = run.portal_rounds(None, children, door, None, nodes.from_settings())
    assert [type(each).__name__ for each in rounds] == kinds
    assert rounds[0].portal_answers() is True  # type: ignore[attr-defined]
    assert rounds[3].has_pbx is False  # type: ignore[attr-defined]
    assert str(rounds[4]) == "alerts of ['portal'], PBX False"
    assert children == ["portal"]


def test_the_database_and_the_files_are_ready_before_a_page_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    did: list[Any] = []
    monkeypatch.setattr(run, "call_command", lambda name, **more: did.append((name, more)))
    monkeypatch.setattr(run, "collect_static", lambda: did.append("static"))
    run.prepare_portal()
    assert did == [
        ("migrate", {"interactive": False, "verbosity": 0}),
        ("createcachetable", {"verbosity": 0}),
        "static",
    ]


def test_what_is_wrong_is_looked_for_and_then_told(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    did: list[str] = []
    monkeypatch.setattr(run, "Look", lambda conditions: lambda: did.append(f"looked for {conditions}"))
    monkeypatch.setattr(conditions, "of", lambda children, *, has_pbx: f"{children}, PBX {has_pbx}")
    monkeypatch.setattr(tell, "tell", lambda: did.append("told"))
    monkeypatch.setattr(run, "Job", lambda work, seconds: lambda: did.append(f"{work.__name__} each {seconds:g} s"))
    alerts = run.Alerts([], has_pbx=False)
    alerts()
    assert did == ["look_and_tell each 5 s", "deliver each 3 s", "forget_old each 3600 s"]
    did.clear()
    alerts.look_and_tell()
    assert did == ["looked for [], PBX False", "told"]


class Guard:
    why = ""

    def __init__(self, file: Path) -> None:
        self.file = file

    def begin(self) -> None:
        did_of_pbx.append("guarded")

    def trouble(self) -> str:
        return Guard.why


did_of_pbx: list[str] = []


def test_asterisk_is_configured_as_its_network_is_and_restarts_for_another(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    did_of_pbx.clear()
    asked = ["5060"]
    monkeypatch.setattr(run, "Guard", Guard)
    monkeypatch.setattr(run, "fill_lost_table", lambda _: did_of_pbx.append("filled"))
    monkeypatch.setattr(embedded, "configure", lambda *_: did_of_pbx.append("configured"))
    monkeypatch.setattr(embedded, "prepare_start", lambda _: did_of_pbx.append("prepared"))
    monkeypatch.setattr(embedded, "command", lambda *_: ["asterisk"])
    monkeypatch.setattr(transports, "started_with", lambda _: "5060")
    monkeypatch.setattr(transports, "listening", lambda _: asked[0])
    node = nodes.from_settings()
    child = run.pbx(ASTERISK, node)
    assert did_of_pbx == ["configured"]
    assert (child.name, child.command) == ("Asterisk", ["asterisk"])
    assert [each.name for each in child.logs] == ["start.log", "problems.log"]
    assert child.before_start
    child.before_start()
    assert did_of_pbx == ["configured", "filled", "prepared", "guarded"]
    assert child.trouble() == ""
    asked[0] = "5070"
    assert child.trouble() == "its addresses or ports were changed"
    child.before_start()
    assert did_of_pbx[4:] == ["filled", "configured", "prepared", "guarded"]
    monkeypatch.setattr(Guard, "why", "its table was replaced")
    assert child.trouble() == "its table was replaced"

    def refuse(*_: object) -> None:
        raise ValueError("SIP_BIND is wrong.")

    monkeypatch.setattr(embedded, "configure", refuse)
    with pytest.raises(CannotStart, match=r"^SIP_BIND is wrong\.$"):
        run.pbx(ASTERISK, node)


def test_a_lost_table_is_made_again_and_that_is_said(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int] = []
    monkeypatch.setattr(run, "connection", SimpleNamespace(close=lambda: closed.append(1)))
    whole: list[object] = []
    monkeypatch.setattr(apply_run, "make_whole", whole.append)
    for wrong, words in (("", []), ("is missing", ["The PBX's table is missing. It is being rebuilt."])):
        monkeypatch.setattr(file_health, "mend", lambda _, wrong=wrong: wrong)
        run.fill_lost_table(nodes.from_settings())
        assert said == words
    assert (len(whole), len(closed)) == (2, 2)

    def fail(_: object) -> None:
        raise OSError

    monkeypatch.setattr(file_health, "mend", fail)
    run.fill_lost_table(nodes.from_settings())
    assert (len(whole), len(closed)) == (2, 3)


def test_a_service_is_told_the_commands_of_a_service(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PORTAL_URL, settings.LOG_TO_STDERR, settings.MANAGE = "http://127.0.0.1:8000", True, "sudo pbxportal"
    monkeypatch.setattr(reach, "set_by_environment", list)
    assert run.network_hint()[2:4] == ["sudo pbxportal reach network", run.RESTART]
    settings.LOG_TO_STDERR = False
    assert run.network_hint()[2:4] == ["sudo pbxportal reach network", "make run"]
    monkeypatch.setattr(reach, "set_by_environment", lambda: ["PORTAL_BIND"])
    assert run.network_hint() == []
