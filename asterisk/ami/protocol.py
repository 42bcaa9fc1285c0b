"""The Asterisk Manager Interface as bytes: no socket, no state."""

import re
from collections.abc import Mapping

FORBIDDEN = re.compile(r"[\r\n\0]")

Message = dict[str, str]


class Unsendable(ValueError):
    """A value that would become a second header or action."""


def clean(text: object) -> str:
    value = str(text)
    if FORBIDDEN.search(value):
        raise Unsendable("A line break or NUL cannot be sent to the PBX.")
    return value


def encode(action: str, headers: Mapping[str, object]) -> bytes:
    lines = [f"Action: {clean(action)}", *(f"{clean(name)}: {clean(value)}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def parse(block: bytes) -> Message:
    """One message; a header that stands twice keeps both values, a line each."""
    lines = [line.partition(":") for line in block.decode(errors="replace").split("\r\n") if ":" in line]
    pairs = [(name, value.removeprefix(" ")) for name, _, value in lines]
    message = dict(pairs)
    if len(message) < len(pairs):
        message = {}
        for name, value in pairs:
            message[name] = f"{message[name]}\n{value}" if name in message else value
    return message


def decode(received: bytes) -> tuple[list[Message], bytes]:
    """Split off every complete message; hand back the incomplete rest."""
    *complete, rest = received.split(b"\r\n\r\n")
    return [parse(block) for block in complete], rest
