"""The session description of a phone that speaks G.711 u-law and telephone events."""

from __future__ import annotations

import re
from dataclasses import dataclass

PLAIN = "RTP/AVP"
PCMU = 0
EVENT = 101


@dataclass(frozen=True)
class Media:
    """Where the other side wants its audio, and in which formats."""

    host: str
    port: int
    formats: tuple[int, ...]
    event: int = EVENT
    profile: str = PLAIN


def describe(host: str, port: int, event: int = EVENT, direction: str = "sendrecv", profile: str = PLAIN) -> bytes:
    family = "IP6" if ":" in host else "IP4"
    lines = [
        "v=0",
        f"o=phone {port} 1 IN {family} {host}",
        "s=-",
        f"c=IN {family} {host}",
        "t=0 0",
        f"m=audio {port} {profile} {PCMU} {event}",
        f"a=rtpmap:{PCMU} PCMU/8000",
        f"a=rtpmap:{event} telephone-event/8000",
        f"a=fmtp:{event} 0-16",
        "a=ptime:20",
        f"a={direction}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def parse(body: bytes) -> Media | None:
    """The first audio stream, or None when there is none."""
    text = body.decode("utf-8", "replace")
    audio = re.search(r"^m=audio (\d+) (\S+)((?: \d+)*)\s*$", text, re.MULTILINE)
    if not audio:
        return None
    section = re.split(r"^m=", text[audio.end() :], maxsplit=1, flags=re.MULTILINE)[0]
    host = _connection(section) or _connection(text[: audio.start()])
    event = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", section, re.MULTILINE)
    return Media(
        host,
        int(audio[1]),
        tuple(int(number) for number in audio[3].split()),
        int(event[1]) if event else EVENT,
        audio[2],
    )


def _connection(text: str) -> str:
    found = re.search(r"^c=IN IP[46] (\S+)", text, re.MULTILINE)
    return found[1] if found else ""
