"""Others' phones while one address sends a thousand REGISTERs a second: it is blocked, and they hardly notice.

`python -m tests.bench.attack HOST SERVER_PORT SECONDS` is the attacker, in a process of its own.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

from tests.phones import sip

PER_SECOND = 1000
AT_ONCE = 10
ATTACKER = "127.66.0.9"
ROOT = Path(__file__).resolve().parents[2]


def attacking(server_port: int, seconds: float) -> subprocess.Popen[str]:
    """Says how many it has sent, and how many were not refused for good, when it has ended."""
    command = [sys.executable, "-m", "tests.bench.attack", ATTACKER, str(server_port), str(seconds)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def measure(server_port: int, during: Callable[[], tuple[list[float], list[float]]], seconds: float) -> str:
    """`during` gives how long others' REGISTER and OPTIONS took while it lasted."""
    quiet = during()
    with attacking(server_port, seconds) as attacker:
        busy = during()
        said, _ = attacker.communicate(timeout=seconds + 30)
    sent, let_through = map(int, said.split())
    lines = [f"An attacker sent {sent:,} REGISTERs in {seconds:.0f} s; {let_through} were not answered with 403."]
    for name, before, after in zip(("REGISTER", "OPTIONS"), quiet, busy, strict=True):
        one, other = p95(before), p95(after)
        during_it = f"during the attack {1000 * other:.1f} ms ({other / one:.1f}x)"
        lines.append(f"Others' {name}, p95: {1000 * one:.1f} ms, {during_it}")
    return "\n".join(lines)


def p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


def register(host: str, port: int, server_port: int, mark: int) -> bytes:
    number = str(1000 + mark % 5000)
    line = f"<sip:{number}@127.0.0.1>"
    headers = [
        ("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{mark}"), ("Max-Forwards", "70"),
        ("From", f"{line};tag={mark}"), ("To", line), ("Call-ID", f"attack-{mark}"), ("CSeq", "1 REGISTER"),
        ("Contact", f"<sip:{number}@{host}:{port}>"),
    ]  # fmt: skip
    return sip.request("REGISTER", f"sip:127.0.0.1:{server_port}", headers).encode()


def main() -> None:
    host, server_port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind((host, 0))
        door.setblocking(False)
        began, let_through = time.monotonic(), 0
        for mark in count():
            due = began + mark / PER_SECOND
            if due > began + seconds:
                break
            if mark % AT_ONCE == 0:
                time.sleep(max(0.0, due - time.monotonic()))
            door.sendto(register(host, door.getsockname()[1], server_port, mark), ("127.0.0.1", server_port))
            with suppress(BlockingIOError):
                let_through += not door.recv(4096).startswith(b"SIP/2.0 403")
    print(mark, let_through)  # noqa: T201


if __name__ == "__main__":
    main()
