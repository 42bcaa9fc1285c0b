"""The WebSocket of Asterisk behind the server in front: for who is signed in, from our own pages, and nobody else."""

import os
import socket
import struct
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from asterisk.process.embedded import Embedded
from pbxportal.portal_address import Address
from tests.front.conftest import Starts
from tests.front.test_server import ask, port_of
from tests.people import make_user

SECONDS = 30
IDLE = 500
OPTIONS = (
    "OPTIONS sip:portal@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WS phone.invalid;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
    "From: <sip:1000@127.0.0.1>;tag=1\r\nTo: <sip:portal@127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
    "Contact: <sip:1000@phone.invalid;transport=ws>\r\nContent-Length: 0\r\n\r\n"
)


@pytest.fixture
def address(asterisk: Embedded, behind: object, starts: Starts) -> Address:
    return starts(web_socket=f"127.0.0.1:{settings.ARI_PORT}")


@pytest.fixture
def cookie(transactional_db: None) -> str:
    return cookie_of(make_user("Ada", role="super_administrator"))


def cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


def opened(address: Address, **more: str) -> tuple[socket.socket, bytes]:
    """The connection, and what it was answered."""
    headers = {
        "Host": address.bind, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "sip",
        "Origin": address.urls[0], **more,
    }  # fmt: skip
    link = socket.create_connection(("127.0.0.1", port_of(address)), SECONDS)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    link.sendall("\r\n".join(["GET /ws HTTP/1.1", *lines, "", ""]).encode())
    heard = b""
    while b"\r\n\r\n" not in heard:
        received = link.recv(4096)
        assert received, heard
        heard += received
    return link, heard


def sent(link: socket.socket, text: str) -> None:
    """In one frame, masked as browsers do."""
    mask, content = os.urandom(4), text.encode()
    masked = bytes(each ^ mask[at % 4] for at, each in enumerate(content))
    link.sendall(b"\x81\xfe" + struct.pack("!H", len(content)) + mask + masked)


def test_a_web_phone_speaks_with_the_pbx(address: Address, cookie: str) -> None:
    link, heard = opened(address, Cookie=cookie)
    assert heard.startswith(b"HTTP/1.1 101 "), heard
    sent(link, OPTIONS)
    answer = link.recv(4096)
    assert b"SIP/2.0 " in answer
    assert b"Server: pbxportal" in answer
    link.close()


def test_nobody_else_gets_one(address: Address, cookie: str) -> None:
    for wrong in ({}, {"Cookie": "sessionid=1"}, {"Cookie": cookie, "Origin": "https://elsewhere.example.com"}):
        link, heard = opened(address, **wrong)
        assert heard.startswith(b"HTTP/1.1 403 "), wrong
        link.close()


def test_nothing_else_of_asterisk_is_reached(address: Address, cookie: str) -> None:
    for path in ("/ws/", "/ws/../ari/asterisk/info", "/ari/asterisk/info", "/ws/ari", "/httpstatus", "/%77s/"):
        answer = ask(address, path, Cookie=cookie)
        assert answer.status in (301, 302, 404), path
        assert answer.headers["Server"] is None


@pytest.fixture
def idle(address: Address, cookie: str) -> Iterator[list[socket.socket]]:
    links = [opened(address, Cookie=cookie)[0] for _ in range(IDLE)]
    yield links
    for each in links:
        each.close()


def test_five_hundred_idle_web_phones_keep_no_page_waiting(
    address: Address, cookie: str, idle: list[socket.socket]
) -> None:
    """They hold no thread of the portal, of which there are 48."""
    assert [ask(address, "/sign-in/").status for _ in range(10)] == [200] * 10
    sent(idle[-1], OPTIONS)
    assert b"SIP/2.0 " in idle[-1].recv(4096)
    assert cookie
