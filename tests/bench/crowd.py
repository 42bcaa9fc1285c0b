"""What pages notice of connections that only wait: half-sent headers, and web phones.

`python -m tests.bench.crowd slow PORT` and `... phones PORT COOKIE` are the crowds, each in a process of its own until
its input ends. Either says in a line that it is there, and in the end what became of it.
"""

import http.client
import itertools
import os
import selectors
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

from tests.bench.attack import p95
from tests.bench.browser import Browser

ROOT = Path(__file__).resolve().parents[2]
HALF = b"GET /health/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
SLOW, IDLE, BUSY = 60, 500, 50
EVERY_SECONDS = 1.0  # a byte of each slow header, and a message of each busy web phone
PAUSE_SECONDS = 0.05
THERE = "there"
OPTIONS = (
    "OPTIONS sip:portal@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WS phone.invalid;branch=z9hG4bK{0}\r\nMax-Forwards: 70\r\n"
    "From: <sip:1000@127.0.0.1>;tag={0}\r\nTo: <sip:portal@127.0.0.1>\r\nCall-ID: {0}\r\nCSeq: 1 OPTIONS\r\n"
    "Contact: <sip:1000@phone.invalid;transport=ws>\r\nContent-Length: 0\r\n\r\n"
)


# --- the one who measures ---


def measure(port: int, browser: Browser, cookie: str, seconds: float) -> str:
    """`browser`: signed in, as `cookie` says; so many seconds beside each crowd, and as many alone around it."""
    crowds = {
        f"{SLOW} half-sent headers": ["slow", str(port)],
        f"{IDLE} idle and {BUSY} busy web phones": ["phones", str(port), cookie],
    }
    asked(port, browser, 2.0)  # what is slow only once
    lines = []
    for crowd, arguments in crowds.items():
        before = asked(port, browser, seconds / 2)
        with beside(arguments) as ended:
            during = asked(port, browser, seconds)
        after = asked(port, browser, seconds / 2)
        lines.append(f"{crowd}. {ended[0]}")
        for name, values in during.items():
            alone = before[name] + after[name]
            ratios = f"{median(values) / median(alone):.2f}x, {p95(values) / p95(alone):.2f}x"
            lines.append(f"  {name}: alone {told(alone)}; beside them {told(values)} ({ratios})")
    return "\n".join(lines)


def told(values: list[float]) -> str:
    return f"median {1000 * median(values):.1f} ms, p95 {1000 * p95(values):.1f} ms"


def asked(port: int, browser: Browser, seconds: float) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"/health/": [], "list of extensions": []}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found["/health/"].append(health(port))
        found["list of extensions"].append(browser.get("/extensions/").seconds)
        time.sleep(PAUSE_SECONDS)
    return found


def health(port: int) -> float:
    started = time.perf_counter()
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request("GET", "/health/")
    answer = link.getresponse()
    answer.read()
    link.close()
    return time.perf_counter() - started


@contextmanager
def beside(arguments: list[str]) -> Iterator[list[str]]:
    """What the crowd says in the end is in the list then."""
    command, ended = [sys.executable, "-m", "tests.bench.crowd", *arguments], list[str]()
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as crowd:
        assert crowd.stdin
        assert crowd.stdout
        assert crowd.stdout.readline().strip() == THERE, "The crowd did not come."
        try:
            yield ended
        finally:
            crowd.stdin.close()
            ended.append(crowd.stdout.read().strip())


# --- the crowds ---


def until_input_ends(count: int, step: Callable[[int], None]) -> None:
    """`step`: for each of so many in turn, once in EVERY_SECONDS."""
    print(THERE, flush=True)  # noqa: T201
    with selectors.DefaultSelector() as waiting:
        waiting.register(sys.stdin, selectors.EVENT_READ)
        for mark in itertools.count():
            if waiting.select(EVERY_SECONDS / count):
                return
            step(mark % count)


def slow(port: int) -> None:
    """One that the server has closed begins again: so many are there at any time."""
    links = [half_sent(port) for _ in range(SLOW)]
    closed = 0

    def step(place: int) -> None:
        nonlocal closed
        with suppress(BlockingIOError):
            try:
                links[place].sendall(b"a")
                is_closed = links[place].recv(4096) == b""
            except ConnectionError:
                is_closed = True
            if is_closed:
                closed += 1
                links[place].close()
                links[place] = half_sent(port)

    until_input_ends(SLOW, step)
    print(f"The server closed {closed}, and each began anew.")  # noqa: T201


def half_sent(port: int) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), 30)
    link.sendall(HALF)
    link.setblocking(False)
    return link


def phones(port: int, cookie: str) -> None:
    links = [web_phone(port, cookie) for _ in range(IDLE + BUSY)]
    sent = answers = 0
    for link in links:  # Asterisk closes one from which no request comes within 32 s
        send(link, OPTIONS.format(os.urandom(8).hex()))

    def step(place: int) -> None:
        nonlocal sent, answers
        with suppress(BlockingIOError):
            answers += links[place].recv(65536).count(b"SIP/2.0 ")
        send(links[place], OPTIONS.format(os.urandom(8).hex()))
        sent += 1

    until_input_ends(BUSY, step)
    lost = sum(has_ended(link) for link in links)
    print(f"{sent} messages, {answers} answers, {lost} connections lost.")  # noqa: T201


def web_phone(port: int, cookie: str) -> socket.socket:
    headers = {
        "Host": f"127.0.0.1:{port}", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "sip",
        "Origin": f"http://127.0.0.1:{port}", "Cookie": cookie,
    }  # fmt: skip
    lines = [f"{name}: {value}" for name, value in headers.items()]
    link = socket.create_connection(("127.0.0.1", port), 30)
    link.sendall("\r\n".join(["GET /ws HTTP/1.1", *lines, "", ""]).encode())
    heard = b""
    while b"\r\n\r\n" not in heard:
        received = link.recv(4096)
        assert received, heard
        heard += received
    assert heard.startswith(b"HTTP/1.1 101 "), heard
    link.setblocking(False)
    return link


def send(link: socket.socket, text: str) -> None:
    """In one frame, masked as browsers do."""
    mask, content = os.urandom(4), text.encode()
    masked = bytes(each ^ mask[at % 4] for at, each in enumerate(content))
    link.sendall(b"\x81\xfe" + struct.pack("!H", len(content)) + mask + masked)


def has_ended(link: socket.socket) -> bool:
    try:
        while link.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


if __name__ == "__main__":
    if sys.argv[1] == "slow":
        slow(int(sys.argv[2]))
    else:
        phones(int(sys.argv[2]), sys.argv[3])
