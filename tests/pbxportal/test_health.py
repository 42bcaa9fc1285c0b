"""`manage.py health`: whether a page opens and a phone is answered, which an upgrade asks before it goes on."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from asterisk import nodes
from pbxportal import sip_probe
from pbxportal.management.commands import health
from tests.settings import free_port

ASKS_WHO = "SIP/2.0 401 Unauthorized\r\n\r\n"


class Page(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def pages(status: int = 200) -> Iterator[int]:
    """A portal that answers so; its port."""
    kind = type("One", (Page,), {"status": status})
    with HTTPServer(("127.0.0.1", 0), kind) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def phones(*answers: str, family: socket.AddressFamily = socket.AF_INET) -> Iterator[tuple[int, list[str]]]:
    """A PBX that answers each datagram in turn, "" with nothing; its port, and what it got."""
    got: list[str] = []
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as pbx:
        pbx.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        pbx.settimeout(5)

        def answer() -> None:
            for each in answers:
                text, phone = pbx.recvfrom(4096)
                got.append(text.decode())
                if each:
                    pbx.sendto(each.encode(), phone)

        thread = Thread(target=answer)
        thread.start()
        yield pbx.getsockname()[1], got
        thread.join()


def use(settings: Settings, monkeypatch: pytest.MonkeyPatch, *, page: int, sip: int) -> None:
    settings.PORTAL_BIND, settings.PBX_EXPECTED = f"127.0.0.1:{page}", True
    node = replace(nodes.from_settings(), sip_bind="127.0.0.1", sip_port=sip)
    monkeypatch.setattr(nodes, "as_given", lambda _: node)


def test_a_portal_and_a_pbx_that_answer_are_well(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pages(302) as page, phones(ASKS_WHO) as (sip, _):
        use(settings, monkeypatch, page=page, sip=sip)
        call_command("health")
    assert capsys.readouterr().out == "ok\n"


def test_what_does_not_answer_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.2)
    closed, sip = int(free_port()), int(free_port())
    use(settings, monkeypatch, page=closed, sip=sip)
    with pytest.raises(CommandError) as both:
        call_command("health")
    assert str(both.value) == (
        f"The portal does not answer at 127.0.0.1 port {closed}."
        f" The PBX does not answer a phone at 127.0.0.1 port {sip}."
    )
    with pages() as page:
        use(settings, monkeypatch, page=page, sip=sip)
        assert health.troubles() == [f"The PBX does not answer a phone at 127.0.0.1 port {sip}."]
        settings.PBX_EXPECTED = False
        assert health.troubles() == []
    with pages(500) as page:
        use(settings, monkeypatch, page=page, sip=sip)
        settings.PBX_EXPECTED = False
        assert health.troubles() == [f"The portal does not answer at 127.0.0.1 port {page}."]


def test_one_that_comes_up_meanwhile_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    troubles = iter([["The portal starts."], []])
    monkeypatch.setattr(health, "AGAIN_SECONDS", 0)
    monkeypatch.setattr(health, "troubles", lambda: next(troubles))
    call_command("health", "--wait", "60")
    assert next(troubles, None) is None


@pytest.mark.parametrize(
    ("answer", "is_there"),
    [
        (ASKS_WHO, True),
        ("SIP/2.0 403 Forbidden\r\n\r\n", True),
        ("SIP/2.0 200 OK\r\n\r\n", False),
        ("something else", False),
    ],
)
def test_a_pbx_is_there_if_it_asks_who_it_is(answer: str, *, is_there: bool) -> None:
    with phones(answer) as (port, got):
        assert sip_probe.answers_register("0.0.0.0", port, 2) is is_there  # noqa: S104 (nothing listens)
    lines = got[0].split("\r\n")
    assert lines[0] == "REGISTER sip:127.0.0.1 SIP/2.0"
    assert lines[1].startswith("Via: SIP/2.0/UDP 127.0.0.1:")
    assert lines[-2:] == ["", ""]


def test_a_message_that_is_lost_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip_probe, "AGAIN_SECONDS", 0.05)
    with phones("", ASKS_WHO, family=socket.AF_INET6) as (port, got):
        assert sip_probe.answers_register("::", port, 2)
    assert [each.split("\r\n")[0] for each in got] == ["REGISTER sip:[::1] SIP/2.0"] * 2
    assert "Via: SIP/2.0/UDP [::1]:" in got[0]
