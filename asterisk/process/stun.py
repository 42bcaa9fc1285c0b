"""The address that a router shows to the outside, asked of a STUN server (RFC 5389)."""

import errno
import os
import secrets
import socket
import struct
from ipaddress import IPv4Address

PORT = 3478
TRIES = (0.5, 1.0, 2.0)  # seconds
BINDING, ANSWER = 0x0001, 0x0101
COOKIE = 0x2112A442
MAPPED, XOR_MAPPED = 0x0001, 0x0020
IPV4 = 1


def outside_address(server: str) -> str:
    """`server`: host, or host:port. Raises OSError."""
    host, _, port = server.partition(":")
    mark = secrets.token_bytes(12)
    request = struct.pack("!HHI", BINDING, 0, COOKIE) + mark
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.connect((host, int(port or PORT)))
        for seconds in TRIES:
            link.settimeout(seconds)
            link.send(request)
            try:
                if found := mapped(link.recv(2048), mark):
                    return found
            except TimeoutError:
                continue
    raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))


def mapped(answer: bytes, mark: bytes) -> str:
    """The address in the answer to the request with that mark; "" in anything else."""
    if len(answer) < 20 or struct.unpack("!HHI", answer[:8])[::2] != (ANSWER, COOKIE) or answer[8:20] != mark:
        return ""
    rest, found = answer[20:], ""
    while len(rest) >= 4:
        kind, size = struct.unpack("!HH", rest[:4])
        value, rest = rest[4 : 4 + size], rest[4 + size + -size % 4 :]
        if kind in (MAPPED, XOR_MAPPED) and len(value) >= 8 and value[1] == IPV4:
            address = int.from_bytes(value[4:8], "big")
            if kind == XOR_MAPPED:
                return str(IPv4Address(address ^ COOKIE))
            found = str(IPv4Address(address))
    return found
