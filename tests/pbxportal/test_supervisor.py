"""The supervisor with small real programs."""

import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pbxportal import supervisor
from pbxportal.supervisor import CannotStart, Child, Door

ROOT = Path(__file__).resolve().parent.parent.parent


def shell(tmp_path: Path, script: str, name: str = "It") -> Child:
    return Child(name, ("sh", "-c", script), [tmp_path / f"{name}.log"], {"HERE": str(tmp_path)})


def rounds_until(enough: Callable[[], bool], seconds: float = 5) -> Callable[[], None]:
    """Ends the watch as Ctrl+C would."""
    deadline = time.monotonic() + seconds

    def each_round() -> None:
        if enough() or time.monotonic() > deadline:
            raise KeyboardInterrupt

    return each_round


def watch(child: Child, enough: Callable[[], bool]) -> list[str]:
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        supervisor.watch([child], said.append, rounds_until(enough))
    return said


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_ends_is_started_again_and_its_last_lines_are_told(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    child = shell(tmp_path, 'echo x >> "$HERE/starts"; echo so it goes; exit 3')
    said = watch(child, lambda: starts.exists() and len(starts.read_text().split()) == 3)
    assert said[0] == "It stopped (code 3). Restarting it in 0.5 s.\n    so it goes"
    assert said[1].startswith("It stopped (code 3). Restarting it in 1 s.")


def test_what_ends_at_once_is_not_started_again_before_its_wait_is_over(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    child = shell(tmp_path, 'date +%s.%N >> "$HERE/starts"')
    watch(child, lambda: starts.exists() and len(starts.read_text().split()) == 3)
    first, second, third = map(float, starts.read_text().split())
    assert second - first >= 0.5
    assert third - second >= 1


def test_lines_of_an_earlier_life_are_not_told(tmp_path: Path) -> None:
    (tmp_path / "It.log").write_text("long ago\n")
    child = shell(tmp_path, "kill -9 $$")
    assert watch(child, lambda: child.delay > 0) == ["It stopped (SIGKILL). Restarting it in 0.5 s."]


def test_the_wait_doubles_has_an_end_and_is_forgotten() -> None:
    delays = [0.0]
    for _ in range(7):
        delays.append(supervisor.next_delay(delays[-1], lived=1))
    assert delays[1:] == [0.5, 1, 2, 4, 8, 10, 10]
    assert supervisor.next_delay(10, lived=31) == 0.5


def test_a_polite_child_is_given_time(tmp_path: Path) -> None:
    ready, done = tmp_path / "ready", tmp_path / "done"
    script = 'trap \'sleep .2; touch "$HERE/done"; exit 0\' TERM; touch "$HERE/ready"; while :; do sleep .05; done'
    watch(shell(tmp_path, script), ready.exists)
    assert done.exists()


def test_a_stubborn_child_and_its_own_children_are_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.3)
    pids = tmp_path / "pids"
    script = 'trap "" TERM; sleep 60 & echo $$ $! > "$HERE/draft"; mv "$HERE/draft" "$HERE/pids"; wait; sleep 60'
    watch(shell(tmp_path, script), pids.exists)
    time.sleep(0.1)
    assert [runs(int(pid)) for pid in pids.read_text().split()] == [False, False]


def test_what_a_dead_child_left_behind_does_not_outlive_it(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    child = shell(tmp_path, 'sleep 60 & echo $! > "$HERE/pid"; exit 1')
    watch(child, lambda: child.delay > 0)
    time.sleep(0.1)
    assert not runs(int(pid.read_text()))


def test_it_is_told_of_each_start(tmp_path: Path) -> None:
    started: list[int] = []
    child = Child("It", ("true",), [tmp_path / "log"], on_start=lambda process: started.append(process.pid))
    watch(child, lambda: len(started) == 2)
    assert len(set(started)) == 2


def test_one_in_trouble_is_started_again_and_why_is_told(tmp_path: Path) -> None:
    started: list[int] = []
    child = Child(
        "It",
        ("sleep", "60"),
        [tmp_path / "log"],
        on_start=lambda process: started.append(process.pid),
        trouble=lambda: "its table is gone" if len(started) == 1 else "",
    )
    assert watch(child, lambda: len(started) == 2) == ["It must restart: its table is gone."]
    assert not runs(started[0])


def test_a_child_sees_our_environment_and_what_is_added(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = Child("It", ("sh", "-c", "echo $PBX_EXPECTED $PATH"), [log], {"PBX_EXPECTED": "0"})
    watch(child, lambda: child.delay > 0)
    assert log.read_text() == f"0 {os.environ['PATH']}\n"


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_in_use_is_named_with_its_setting(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"SIP, 127\.0\.0\.1 port {port}: .*in use\. Change SIP_PORT"):
            supervisor.check_free([Door("SIP", "SIP_PORT", "127.0.0.1", port, (kind,))])
    supervisor.check_free([Door("SIP", "SIP_PORT", "127.0.0.1", port, (kind,))])


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotStart, match="Change SIP_BIND"):
        supervisor.check_free([Door("SIP", "SIP_BIND", "192.0.2.1", 5060)])


def test_a_port_that_needs_rights_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(supervisor, "try_to_bind", refuse)
    words = r"Portal, any address port 443: Permission denied\. .*: sudo sysctl -w net.*=80\. Or change PORTAL_BIND"
    with pytest.raises(CannotStart, match=words):
        supervisor.check_free([supervisor.door("Portal", "PORTAL_BIND", ":443")])


def test_a_bind_is_read_as_gunicorn_reads_it() -> None:
    assert supervisor.door("Portal", "PORTAL_BIND", "[::1]:8000") == Door("Portal", "PORTAL_BIND", "::1", 8000)


def test_there_is_only_one(tmp_path: Path) -> None:
    lock = tmp_path / "run.lock"
    with supervisor.only_one(lock), pytest.raises(CannotStart, match="already running"), supervisor.only_one(lock):
        pass
    with supervisor.only_one(lock):
        pass


def test_root_writes_nothing_into_the_folder_of_another_user(tmp_path: Path) -> None:
    """As `sudo manage.py backup` would, whose files the portal could then not read."""
    if os.geteuid() == 0:
        var, as_root = tmp_path / "var", list[str]()
        var.mkdir()
        os.chown(var, 65534, 65534)
    else:
        var, as_root = Path("/var/tmp"), ["unshare", "--user", "--map-root-user"]  # noqa: S108 (nothing is written)
    here = {"PBXPORTAL_VAR": str(var), "DJANGO_SETTINGS_MODULE": "pbxportal.settings", "PORTAL_ALLOW_ROOT": "0"}
    env = {**os.environ, **here}
    program = [*as_root, sys.executable, "manage.py", "backup"]
    ran = subprocess.run(program, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert f"{var} belongs to another user" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not [*tmp_path.rglob("secrets")]


def test_large_logs_are_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LARGEST_LOG", 3)
    (tmp_path / "a.log").write_text("long")
    (tmp_path / "b.log").write_text("ok")
    supervisor.keep_small(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "a.log.1": "long",
        "a.log": "",
        "b.log": "ok",
    }


def test_the_last_lines_are_told_of_a_log_that_was_cut_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "It.log").write_text("long ago\n" * 100)
    child = shell(tmp_path, ': > "$HERE/It.log"; echo so it goes; exit 3')
    said = watch(child, lambda: child.delay > 0)
    assert said[0].endswith("\n    so it goes")


def test_a_log_that_is_being_written_is_kept_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LARGEST_LOG", 10_000)
    child = shell(tmp_path, "while true; do echo 0123456789012345678901234567890123456789; done")
    child.start()
    for _ in range(20):
        time.sleep(0.02)
        supervisor.keep_small(tmp_path)
    supervisor.stop([child])
    supervisor.keep_small(tmp_path)
    assert supervisor.size(tmp_path / "It.log.1") > 0
    assert b"\0" not in (tmp_path / "It.log.1").read_bytes()


def test_a_log_that_cannot_be_set_aside_is_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LARGEST_LOG", 3)
    (tmp_path / "a.log").write_text("long")
    (tmp_path / "a.log.1").mkdir()  # as a full disk would, it refuses the copy
    supervisor.keep_small(tmp_path)
    assert (tmp_path / "a.log").read_text() == ""


def test_the_last_lines_of_a_log_that_was_emptied_are_those_after_it(tmp_path: Path) -> None:
    log = tmp_path / "It.log"
    log.write_text("before\n" * 10)
    child = shell(tmp_path, "true")
    child.read_from = {log: supervisor.size(log)}
    log.write_text("after\n")
    assert child.last_lines() == ["after"]


def test_endings_in_words() -> None:
    assert [supervisor.ending(code) for code in (0, 1, -signal.SIGTERM)] == ["code 0", "code 1", "SIGTERM"]


def test_root_is_refused_unless_a_setting_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(CannotStart, match="does not run as root"):
        supervisor.refuse_root(allowed=False)
    supervisor.refuse_root(allowed=True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    supervisor.refuse_root(allowed=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_run_as_root_says_what_to_do_and_starts_nothing(tmp_path: Path) -> None:
    here = {"PBXPORTAL_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "pbxportal.settings", "PORTAL_ALLOW_ROOT": "0"}
    ran = subprocess.run(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env={**os.environ, **here},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert "PORTAL_ALLOW_ROOT=True" in ran.stderr
    assert not (tmp_path / "run.lock").exists()


@pytest.mark.parametrize("is_abstract", [False, True])
def test_systemd_is_told_where_it_listens_and_no_child_is(
    *, is_abstract: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tempfile.TemporaryDirectory()
    shown = f"@pbxportal-tests-{os.getpid()}" if is_abstract else f"{held.name}/notify"
    monkeypatch.setenv("NOTIFY_SOCKET", shown)
    supervisor.systemd_socket.cache_clear()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(shown.replace("@", "\0"))
            systemd.settimeout(5)
            supervisor.tell_systemd("READY=1")
            assert systemd.recv(100) == b"READY=1"
        assert "NOTIFY_SOCKET" not in os.environ
        supervisor.tell_systemd("STOPPING=1")  # nobody is there any more
    finally:
        supervisor.systemd_socket.cache_clear()
        held.cleanup()
