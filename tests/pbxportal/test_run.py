"""What `manage.py run` begins with, and says, without its children. With them: tests/faults."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from asterisk import nodes
from core import https, reach, running
from core.https import Certificate, Choice
from core.preferences.models import Preferences
from pbxportal import jobs, logs, pbx, supervisor
from pbxportal.front import certificates, server
from pbxportal.front.server import FrontError
from pbxportal.management.commands import prepare, run
from pbxportal.supervisor import CannotStart
from tests.pbxportal.conftest import ASTERISK, no_program

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
    monkeypatch.setattr(pbx, "find_program", lambda: ASTERISK)
    monkeypatch.setattr(run, "portal_children", lambda _front, has_pbx: [f"portal, PBX {has_pbx}"])
    monkeypatch.setattr(run, "portal_rounds", lambda *_: [lambda: did.append("round")])
    monkeypatch.setattr(pbx, "child", lambda *_: "asterisk")
    monkeypatch.setattr(jobs, "SmallLogs", lambda *_: lambda: did.append("logs"))

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
    monkeypatch.setattr(pbx, "find_program", lambda: None)
    run.run(["pbx"], lambda: None)
    assert did == ["STATUS=Starting", "", "READY=1", "", "WATCHDOG=1"]
    assert said[1:] == ["PBX: nothing to run."]


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
    logs.say("Stopped.")
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
    collected: list[tuple[str, bool]] = []
    state = ["one"]
    monkeypatch.setattr(run, "static_fingerprint", lambda: state[0])

    def collect(command: str, *, clear: bool, **_: object) -> None:
        collected.append((command, clear))
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
    assert set(collected) == {("collectstatic", True)}


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


@pytest.mark.parametrize(("front", "fetched"), [("none", []), ("caddy", ["Caddy"])])
def test_all_that_a_start_would_fetch_is_fetched_before(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, front: str, fetched: list[str]
) -> None:
    did: list[str] = []
    settings.FRONT = front
    monkeypatch.setattr(prepare, "prepare_portal", lambda: did.append("the database"))
    monkeypatch.setattr(pbx, "find_program", lambda: did.append("Asterisk"))
    monkeypatch.setattr(prepare, "find_front_program", lambda: did.append("Caddy"))
    call_command("prepare")
    assert did == ["the database", "Asterisk", *fetched]


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
    monkeypatch.setattr(jobs, "Alerts", lambda children, *, has_pbx: f"alerts of {children}, PBX {has_pbx}")
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
    monkeypatch.setattr(run, "unknown_migrations", list)
    run.prepare_portal()
    assert did == [
        ("migrate", {"interactive": False, "verbosity": 0}),
        ("createcachetable", {"verbosity": 0}),
        "static",
    ]


def test_a_service_is_told_the_commands_of_a_service(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PORTAL_URL, settings.LOG_TO_STDERR, settings.MANAGE = "http://127.0.0.1:8000", True, "sudo pbxportal"
    monkeypatch.setattr(reach, "set_by_environment", list)
    assert run.network_hint()[2:4] == ["sudo pbxportal reach network", run.RESTART]
    settings.LOG_TO_STDERR = False
    assert run.network_hint()[2:4] == ["sudo pbxportal reach network", "make run"]
    monkeypatch.setattr(reach, "set_by_environment", lambda: ["PORTAL_BIND"])
    assert run.network_hint() == []
