"""Which addresses the portal connects to, whatever people type."""

import socket

import pytest

from core import outgoing


@pytest.mark.parametrize(
    ("address", "encrypted", "allowed"),
    [
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("192.168.1.20", False, True),
        ("fd00::1", False, True),
        ("8.8.8.8", True, True),
        ("8.8.8.8", False, False),
        ("::ffff:8.8.8.8", False, False),
        ("169.254.169.254", True, False),
        ("::ffff:169.254.169.254", True, False),
        ("fe80::1", True, False),
        ("0.0.0.0", True, False),  # noqa: S104 (not bound)
        ("224.0.0.1", True, False),
    ],
)
def test_what_may_be_connected_to(
    monkeypatch: pytest.MonkeyPatch, address: str, encrypted: bool, allowed: bool
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: found)
    if allowed:
        assert outgoing.reachable("far.example.com", 443, encrypted=encrypted) == address
    else:
        with pytest.raises(outgoing.OutgoingError, match=r"not allowed|use https"):
            outgoing.reachable("far.example.com", 443, encrypted=encrypted)
