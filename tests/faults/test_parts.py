"""The two parts that systemd runs: the portal can be started again without the PBX, and says it when it is ready."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

from asterisk.process.fetch import Program
from pbxportal.front.server import is_answered
from tests.browser.command import ROOT, Command, listens
from tests.pbx.office import eventually

SECONDS = 60


@contextmanager
def part(name: str, command: Command, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Started as its unit does, until it says that it is ready; and where its log went."""
    log = folder / f"{name}.log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, log.open("wb") as out:
        systemd.bind(str(folder / f"{name}.sock"))
        systemd.settimeout(SECONDS)
        environment = {**command.environment, "LOG_TO_STDERR": "True", "NOTIFY_SOCKET": str(folder / f"{name}.sock")}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run", "--only", name],
            cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
        try:
            while systemd.recv(100) != b"READY=1":
                assert process.poll() is None, log.read_text()
            yield process, log
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_the_portal_starts_again_without_the_pbx(program: Program, tmp_path: Path) -> None:
    var, folder = tmp_path / "var", tmp_path / "s"
    var.mkdir(mode=0o700)
    folder.mkdir()
    command = Command(var, ROOT / "var/asterisk-program")
    host, port = command.environment["PORTAL_BIND"].split(":")
    subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=command.environment, check=True)
    with ExitStack() as pbx_runs:
        pbx_runs.enter_context(part("pbx", command, folder))
        eventually(lambda: listens(int(command.ports["AMI_PORT"])), SECONDS)
        with part("portal", command, folder) as (portal, log):
            assert eventually(lambda: is_answered(HTTPConnection(host, int(port), timeout=5)), SECONDS)
            os.kill(portal.pid, signal.SIGKILL)
            portal.wait(20)
        events = [json.loads(line)["event"] for line in log.read_text().splitlines() if line.startswith('{"event"')]
        assert any("create the first administrator" in each for each in events)
        assert not any("Ctrl+C" in each for each in events)
        (folder / "portal.sock").unlink()
        with part("portal", command, folder):
            assert eventually(lambda: is_answered(HTTPConnection(host, int(port), timeout=5)), SECONDS)
        assert listens(int(command.ports["AMI_PORT"]))
    assert eventually(lambda: not command.left_running(), SECONDS)
    assert not [*(var / "log").glob("*.log")]
