"""What `manage.py run` does again and again, without its children."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from asterisk import nodes
from asterisk.apply import run as apply_run
from asterisk.engine import file_health
from asterisk.process import embedded, network, transports
from core import reach
from core.events import tell
from pbxportal import conditions, supervisor
from pbxportal.management.commands import run
from pbxportal.supervisor import CannotStart
from tests.pbx.office import eventually
from tests.pbxportal.test_run import ASTERISK
from tests.pbxportal.test_run import said as said
from tests.pbxportal.test_run import started as started


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


def test_those_who_have_left_are_deleted_as_each_day_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Again after a while where that failed, and not while it goes on."""
    day, did, fails = [28], list[str](), {"leavers"}
    goes_on = SimpleNamespace(is_alive=lambda: False)

    def do(command: str) -> bool:
        did.append(command)
        return command not in fails

    def beside(work: Callable[[], object]) -> Any:
        work()
        return goes_on

    monkeypatch.setattr(run, "localdate", lambda: date(2026, 11, day[0]))
    monkeypatch.setattr(run, "do", do)
    monkeypatch.setattr(run, "beside", beside)
    both = ["leavers", "clear_sessions"]
    daily = run.Daily()
    daily()
    daily()
    assert did == both
    daily.due = 0.0
    fails.clear()
    daily()
    daily()
    assert did == both * 2
    day[0], goes_on.is_alive = 29, lambda: True
    daily()
    assert did == both * 2
    goes_on.is_alive = lambda: False
    daily()
    assert did == both * 3


def test_what_is_done_here_is_in_the_log_of_its_own(
    settings: Settings, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what it said before it failed, and why it did."""
    settings.VAR, settings.LOG_TO_STDERR = tmp_path, False

    def command(name: str, stdout: StringIO, **_: object) -> None:
        stdout.write(f"{name} said\n")
        if name == "leavers":
            raise CommandError("The PBX does not respond: “…”")
        if name == "broken":
            raise OSError("disk full")

    monkeypatch.setattr(run, "call_command", command)
    assert [run.do(name) for name in ("leavers", "clear_sessions", "broken")] == [True, True, False]
    assert (tmp_path / "log/leavers.log").read_text() == "leavers said\nThe PBX does not respond: “…”\n"
    assert (tmp_path / "log/clear_sessions.log").read_text() == "clear_sessions said\n"
    broken = (tmp_path / "log/broken.log").read_text()
    assert broken.startswith("broken said\nTraceback")
    assert broken.endswith("OSError: disk full\n")
    assert said == ["broken failed, and is tried again: disk full"]
    settings.LOG_TO_STDERR = True
    run.do("clear_sessions")
    assert said[1:] == ["clear_sessions: clear_sessions said"]


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
    later.due = 0.0
    for _ in range(2):
        later()
        assert later.thread
        later.thread.join(10)
    assert len(begun) == 3
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


def test_what_is_started_beside_the_portal_is_on_its_own_and_leaves_nothing_when_it_ends(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR = tmp_path
    begun, waited = list[Any](), Event()

    def popen(program: list[str], **options: Any) -> Any:
        begun.append((program[-3:], options["start_new_session"], Path(options["stdout"].name).name))
        return SimpleNamespace(wait=waited.set)

    monkeypatch.setattr("subprocess.Popen", popen)
    run.start("backup", "--nightly")
    manage = str(settings.BASE_DIR / "manage.py")
    assert begun == [([manage, "backup", "--nightly"], True, "backup.log")]
    assert waited.wait(10)


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
    caught_up: SimpleQueue[tuple[object, ...]] = SimpleQueue()
    monkeypatch.setattr(run, "catch_up", lambda *given: caught_up.put(given))
    process: Any = "its process"
    assert child.on_start
    child.on_start(process)
    assert caught_up.get(timeout=10) == (node, process)
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
