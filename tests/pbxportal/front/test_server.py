"""Whether somebody answers: the front server, and the portal behind it. What Caddy itself does: tests/front."""

import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from threading import Thread
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from pbxportal.front import configuration, server
from pbxportal.front.program import Program
from pbxportal.management.commands import run
from tests.settings import free_port


class Handler(BaseHTTPRequestHandler):
    """Answers what its server is told to, "" for nothing at all."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Answering)
        self.server.asked.append(self.path)
        if self.server.status:
            self.send_response(self.server.status)
            self.end_headers()

    def address_string(self) -> str:
        return ""

    def log_message(self, *_: object) -> None:
        pass


class Answering(HTTPServer):
    status = 200

    def __init__(self, address: tuple[str, int] | str) -> None:
        if isinstance(address, str):
            self.address_family = socket.AF_UNIX
        self.asked: list[str] = []
        super().__init__(address, Handler)  # type: ignore[arg-type]

    def server_bind(self) -> None:
        self.socket.bind(self.server_address)


def started(answering: Answering) -> Iterator[Answering]:
    thread = Thread(target=answering.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield answering
    answering.shutdown()
    thread.join()
    answering.server_close()


@pytest.fixture
def behind(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    """In the portal's place."""
    monkeypatch.setattr(server, "sockets", lambda: tmp_path)
    yield from started(Answering(str(server.portal_socket())))


@pytest.fixture
def in_front() -> Iterator[Answering]:
    yield from started(Answering(("127.0.0.1", int(free_port()))))


ANSWERS = pytest.mark.parametrize(
    ("status", "answered"), [(200, True), (308, True), (404, True), (499, True), (500, False), (502, False), (0, False)]
)


@ANSWERS
def test_whether_the_portal_answers(behind: Answering, status: int, *, answered: bool) -> None:
    behind.status = status
    assert server.portal_answers() is answered
    assert behind.asked == ["/health/"]


@ANSWERS
def test_whether_the_front_answers(in_front: Answering, status: int, *, answered: bool) -> None:
    in_front.status = status
    port = in_front.server_address[1]
    assert server.answers("", port) is answered
    assert server.answers("127.0.0.1", port) is answered
    assert run.answers(("", port)) is answered
    assert in_front.asked == ["/static/favicon.svg", "/static/favicon.svg", "/health/"]
    assert server.listens("127.0.0.1", port)


def test_a_portal_that_says_nothing_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ANSWER_SECONDS", 0.1)
    path = tmp_path / "portal.sock"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        assert not server.is_answered(server.SocketConnection(path))


def test_where_nobody_listens_nobody_answers(tmp_path: Path) -> None:
    port = int(free_port())
    assert not server.answers("127.0.0.1", port)
    assert not run.answers(("127.0.0.1", port))
    assert not server.listens("127.0.0.1", port)
    assert not server.is_answered(server.SocketConnection(tmp_path / "none.sock"))
    link = HTTPConnection("127.0.0.1", port)
    server.is_answered(link)
    assert link.sock is None


@pytest.fixture
def front(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> server.Front:
    settings.VAR = tmp_path
    monkeypatch.setattr(server, "sockets", lambda: tmp_path / "run")
    monkeypatch.setattr(configuration, "of", lambda plan: {"plan": plan})
    return server.Front(Program(("caddy", "-x"), (2, 10)))


def test_a_configuration_is_tried_and_kept_only_where_it_is_good(
    front: server.Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    answers = [CompletedProcess("", 0), CompletedProcess("", 1, stderr="Error: no."), CompletedProcess("", 0)]

    def tried(command: list[str], *, env: dict[str, str], **_: Any) -> CompletedProcess[str]:
        assert (env["XDG_DATA_HOME"], "PATH" in env) == (str(tmp_path / "front"), True)
        ran.append(command)
        return answers.pop(0)

    monkeypatch.setattr("subprocess.run", tried)
    plans: Any = ["good", "bad"]
    front.configure(plans[0])
    with pytest.raises(server.FrontError, match=r"^no\.$"):
        front.configure(plans[1])
    assert json.loads(front.file.read_text()) == {"plan": "good"}
    assert front.folder.stat().st_mode & 0o777 == 0o700
    front.reload()
    tries, file, admin = str(tmp_path / "front/caddy.new.json"), str(front.file), f"unix/{tmp_path}/run/admin"
    validate = ["caddy", "-x", "validate", "--config", tries]
    assert ran == [
        validate, validate, ["caddy", "-x", "reload", "--config", file, "--address", admin, "--force"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stderr", "why"),
    [
        ('{"level":"info"}\nError: loading: no such file\nUsage\n', "loading: no such file Usage"),
        ('{"level":"error","msg":"no"}\n', '{"level":"error","msg":"no"}'),
        ("Error: port in use", "port in use"),
    ],
)
def test_why_caddy_refused_is_said_in_its_words(
    front: server.Front, monkeypatch: pytest.MonkeyPatch, stderr: str, why: str
) -> None:
    monkeypatch.setattr("subprocess.run", lambda *_, **__: CompletedProcess("", 1, stderr=stderr))
    with pytest.raises(server.FrontError) as told:
        front.reload()
    assert str(told.value) == why

    def lasts(command: list[str], **options: Any) -> None:
        raise TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr("subprocess.run", lasts)
    with pytest.raises(server.FrontError, match="timed out after 30 seconds"):
        front.reload()
