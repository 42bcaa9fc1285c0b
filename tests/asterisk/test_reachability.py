"""What is said of SIP over TLS, and of phones that use none. The rest: tests/pbx/test_network.py."""

import socket
from dataclasses import replace

import pytest

from asterisk import reachability
from asterisk.live import store as live
from asterisk.nodes import Node, from_settings
from asterisk.process import transports
from asterisk.reachability import Finding, Port


@pytest.fixture
def node(db: None, tmp_path_factory: pytest.TempPathFactory) -> Node:
    place = tmp_path_factory.mktemp("pbx")
    return replace(from_settings(), directory=place, live_file=place / "live.sqlite3", sip_bind="127.0.0.1")


@pytest.fixture
def tls(node: Node, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """A port that answers, where the PBX would listen with a certificate."""
    listener = socket.create_server(("127.0.0.1", 0))
    where = [listener.getsockname()]
    monkeypatch.setattr(transports, "encrypted", lambda _node: where)
    return listener


def test_the_port_of_sip_over_tls_is_tried_and_let_through(node: Node, tls: socket.socket) -> None:
    port = tls.getsockname()[1]
    with tls:
        found = reachability.look(node)
    assert Finding(True, f"SIP over TLS: the PBX answers on 127.0.0.1:{port}.") in found.findings
    assert Port("tcp", str(node.sip_tls_port), "SIP over TLS") in found.ports
    assert f"sudo ufw allow {node.sip_tls_port}/tcp" in found.ufw.splitlines()
    advice = "Check that the PBX is running, and that no other program uses the port."
    nothing = Finding(False, f"SIP over TLS: nothing answers on 127.0.0.1:{port}.", advice)
    assert nothing in reachability.look(node).findings


def test_without_a_certificate_there_is_none(node: Node) -> None:
    found = reachability.look(node)
    assert Finding(None, "SIP over TLS: off, because there is no certificate.") in found.findings
    assert "SIP over TLS" not in [each.what for each in found.ports]


@pytest.mark.parametrize(("over", "said"), [(["udp", "tls", "tcp"], "2 of 3"), (["tls"], None)])
def test_phones_without_encryption_are_counted(node: Node, over: list[str], said: str | None) -> None:
    live.prepare(node.live_file)
    with live.opened(node.live_file) as heard:
        heard.executemany(
            "INSERT INTO phone (id, number, address, model, status, since, status_since, removed, transport)"
            " VALUES (?, '1000', '', '', '', 0, 0, 0, ?)",
            [(str(at), each) for at, each in enumerate(over)],
        )
    words = [each.words for each in reachability.look(node).findings if "without encryption" in each.words]
    assert words == ([f"{said} registered phones connect without encryption."] if said else [])
