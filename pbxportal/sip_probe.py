"""A phone's first message, to see whether the PBX answers: what is sent registers nothing."""

import secrets
import socket
import time
from contextlib import suppress

AGAIN_SECONDS = 1.0  # a datagram can be lost
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (not to listen there)
OURS = ("SIP/2.0 401", "SIP/2.0 403")  # "who are you?", or one that is kept out: somebody is there in either case


def answers_register(host: str, port: int, seconds: float) -> bool:
    host = ANY.get(host, host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    until = time.monotonic() + seconds
    with socket.socket(family, socket.SOCK_DGRAM) as phone, suppress(OSError):
        phone.settimeout(AGAIN_SECONDS)
        phone.connect((host, port))
        while time.monotonic() < until:
            with suppress(TimeoutError, ConnectionRefusedError):
                phone.send(register(host, phone.getsockname()[:2]))
                return phone.recv(4096).decode(errors="replace").startswith(OURS)
    return False


def register(host: str, own: tuple[str, int]) -> bytes:
    """RFC 3261, section 10. The number is nobody's: none begins with 0."""
    server, here = (f"[{each}]" if ":" in each else each for each in (host, own[0]))
    lines = [
        f"REGISTER sip:{server} SIP/2.0",
        f"Via: SIP/2.0/UDP {here}:{own[1]};branch=z9hG4bK{secrets.token_hex(8)};rport",
        "Max-Forwards: 70",
        f"From: <sip:0@{server}>;tag={secrets.token_hex(4)}",
        f"To: <sip:0@{server}>",
        f"Call-ID: {secrets.token_hex(12)}",
        "CSeq: 1 REGISTER",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
