"""What `manage.py run` does again and again, without its children."""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from asterisk import nodes
from asterisk.process import network
from core.events import tell
from pbxportal import conditions, jobs, supervisor
from tests.pbx.office import eventually


def test_at_three_all_is_compared_once_a_night(started: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    days = [28]
    monkeypatch.setattr(jobs, "localdate", lambda: date(2026, 11, days[0]))
    hour = [3]
    monkeypatch.setattr(jobs, "localtime", lambda: datetime(2026, 11, days[0], hour[0], tzinfo=UTC))
    nightly, without = jobs.Nightly(has_pbx=True), jobs.Nightly(has_pbx=False)
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

    monkeypatch.setattr(jobs, "localdate", lambda: date(2026, 11, day[0]))
    monkeypatch.setattr(jobs, "do", do)
    monkeypatch.setattr(jobs, "beside", beside)
    both = ["leavers", "clear_sessions"]
    daily = jobs.Daily()
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

    monkeypatch.setattr(jobs, "call_command", command)
    assert [jobs.do(name) for name in ("leavers", "clear_sessions", "broken")] == [True, True, False]
    assert (tmp_path / "log/leavers.log").read_text() == "leavers said\nThe PBX does not respond: “…”\n"
    assert (tmp_path / "log/clear_sessions.log").read_text() == "clear_sessions said\n"
    broken = (tmp_path / "log/broken.log").read_text()
    assert broken.startswith("broken said\nTraceback")
    assert broken.endswith("OSError: disk full\n")
    assert said == ["broken failed, and is tried again: disk full"]
    settings.LOG_TO_STDERR = True
    jobs.do("clear_sessions")
    assert said[1:] == ["clear_sessions: clear_sessions said"]


def test_a_job_is_not_begun_again_before_it_is_done_and_a_failure_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    closed: list[int] = []
    monkeypatch.setattr(jobs, "connection", SimpleNamespace(close=lambda: closed.append(1)))
    goes_on, begun = Event(), list[int]()

    def work() -> None:
        begun.append(1)
        goes_on.wait(10)
        raise OSError("no network")

    later = jobs.Job(work, 3600)
    later()
    assert begun == []
    job = jobs.Job(work, 0)
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
    monkeypatch.setattr(jobs, "RefusedLines", lambda directory: lambda: looked.append(directory / "refused"))
    logs = jobs.SmallLogs(tmp_path / "one", tmp_path / "two")
    logs()
    logs()
    assert looked == [tmp_path / "one/refused", tmp_path / "two/refused", tmp_path / "one", tmp_path / "two"]
    logs.due = 0
    logs()
    assert len(looked) == 8


def test_what_is_started_beside_the_portal_is_on_its_own_and_leaves_nothing_when_it_ends(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR = tmp_path
    begun, waited = list[Any](), Event()

    def popen(program: list[str], **options: Any) -> Any:
        begun.append((program[-3:], options["start_new_session"], Path(options["stdout"].name).name))
        return SimpleNamespace(wait=waited.set)

    monkeypatch.setattr("subprocess.Popen", popen)
    jobs.start("backup", "--nightly")
    manage = str(settings.BASE_DIR / "manage.py")
    assert begun == [([manage, "backup", "--nightly"], True, "backup.log")]
    assert waited.wait(10)


def test_an_outside_address_that_cannot_be_found_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    followed: list[Any] = []
    monkeypatch.setattr(network, "follow", followed.append)
    jobs.follow_outside_address(nodes.from_settings())
    assert followed == [nodes.from_settings()]

    def fail(_: object) -> None:
        raise OSError("no such name")

    monkeypatch.setattr(network, "follow", fail)
    with caplog.at_level(logging.WARNING):
        jobs.follow_outside_address(nodes.from_settings())
    assert "The outside address cannot be found: no such name" in caplog.text


def test_what_is_wrong_is_looked_for_and_then_told(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    did: list[str] = []
    monkeypatch.setattr(jobs, "Look", lambda conditions: lambda: did.append(f"looked for {conditions}"))
    monkeypatch.setattr(conditions, "of", lambda children, *, has_pbx: f"{children}, PBX {has_pbx}")
    monkeypatch.setattr(tell, "tell", lambda: did.append("told"))
    monkeypatch.setattr(jobs, "Job", lambda work, seconds: lambda: did.append(f"{work.__name__} each {seconds:g} s"))
    alerts = jobs.Alerts([], has_pbx=False)
    alerts()
    assert did == ["look_and_tell each 5 s", "deliver each 3 s", "forget_old each 3600 s"]
    did.clear()
    alerts.look_and_tell()
    assert did == ["looked for [], PBX False", "told"]
