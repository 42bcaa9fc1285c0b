"""What `manage.py run` begins with, and says, without its children. With them: tests/faults."""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from asterisk import check, nodes
from asterisk.apply import run as apply_run
from asterisk.process import embedded
from asterisk.process.fetch import Program
from core import https, running
from core.debian import NotAvailableError
from core.https import Certificate, Choice
from core.preferences.models import Preferences
from pbxportal import supervisor
from pbxportal.front import certificates, server
from pbxportal.front.server import FrontError
from pbxportal.management.commands import prepare, run
from pbxportal.supervisor import CannotStart, Door

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


@pytest.mark.parametrize(("front", "fetched"), [("none", []), ("caddy", ["Caddy"])])
def test_all_that_a_start_would_fetch_is_fetched_before(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, front: str, fetched: list[str]
) -> None:
    did: list[str] = []
    settings.FRONT = front
    monkeypatch.setattr(prepare, "prepare_portal", lambda: did.append("the database"))
    monkeypatch.setattr(prepare, "find_program", lambda: did.append("Asterisk"))
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
