"""RTP packets of G.711 u-law: make a tone, and measure what came in. No sockets, no clock."""

from __future__ import annotations

import math
import struct
from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

RATE = 8000
SAMPLES = 160  # 20 ms
FULL_SCALE = 32124  # the loudest u-law sample
HEADER = struct.Struct("!BBHII")


DIGITS = "0123456789*#ABCD"  # event codes
KEY = struct.Struct("!BBH")
LOUDNESS, KEY_END = 10, 0x80


@dataclass(frozen=True)
class Packet:
    payload_type: int
    sequence: int
    timestamp: int
    source: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        kind = self.payload_type | (0x80 if self.marker else 0)
        head = HEADER.pack(0x80, kind, self.sequence % 2**16, self.timestamp % 2**32, self.source)
        return head + self.payload


def parse(data: bytes) -> Packet | None:
    """None for what is not RTP; RTCP counts as that."""
    if len(data) < HEADER.size or data[0] >> 6 != 2 or 200 <= data[1] <= 204:
        return None
    flags, kind, sequence, timestamp, source = HEADER.unpack_from(data)
    start = HEADER.size + 4 * (flags & 0x0F)
    if flags & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if flags & 0x20 else 0)
    return Packet(kind & 0x7F, sequence, timestamp, source, data[start:end], bool(kind & 0x80))


def ulaw(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 0x84
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> (exponent + 3) & 0x0F) & 0xFF


def linear(byte: int) -> int:
    code = ~byte & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return -magnitude if code & 0x80 else magnitude


LINEAR = [linear(byte) for byte in range(256)]


def tone(frequency: int, loudness: float = 0.5) -> bytes:
    """One second, so a whole number of cycles: it may be repeated without a click."""
    step = 2 * math.pi * frequency / RATE
    return bytes(ulaw(round(FULL_SCALE * loudness * math.sin(step * n))) for n in range(RATE))


def packets(sound: bytes) -> list[bytes]:
    """The payloads of u-law samples, the last one filled with silence."""
    silence = bytes([ulaw(0)])
    return [sound[start : start + SAMPLES].ljust(SAMPLES, silence) for start in range(0, len(sound), SAMPLES)]


def key_presses(key: str) -> list[bytes]:
    """The payloads of one key, held for 100 ms, its end said three times (RFC 4733)."""
    code = DIGITS.index(key)
    held = [KEY.pack(code, LOUDNESS, SAMPLES * (n + 1)) for n in range(5)]
    return [*held, *[KEY.pack(code, LOUDNESS | KEY_END, SAMPLES * 5)] * 3]


def is_first_of_key(payload: bytes) -> bool:
    return payload[2:] == SAMPLES.to_bytes(2, "big")


class Heard:
    """What arrived: how many packets ever, all their sound, and how the last half second sounds."""

    def __init__(self) -> None:
        self.packets = 0
        self.sound = bytearray()
        self.digits = ""  # by RFC 4733
        self._digit_began = -1
        self._recent: deque[bytes] = deque(maxlen=RATE // 2 // SAMPLES)

    def add_event(self, packet: Packet) -> None:
        """Many packets are one digit: all have the time at which it began."""
        if packet.timestamp != self._digit_began and packet.payload[0] < len(DIGITS):
            self._digit_began = packet.timestamp
            self.digits += DIGITS[packet.payload[0]]

    def add(self, payload: bytes) -> None:
        self.packets += 1
        self.sound += payload
        self._recent.append(payload)

    def samples(self) -> list[float]:
        return [LINEAR[byte] / FULL_SCALE for byte in b"".join(tuple(self._recent))]

    @property
    def level(self) -> float:
        """Peak of an equally loud sine: 0 is silence, 1 full scale."""
        samples = self.samples()
        return math.sqrt(2 * sum(s * s for s in samples) / len(samples)) if samples else 0.0

    @property
    def frequency(self) -> float:
        """In Hz, from the upward zero crossings; 0 when there is no tone. Lost packets do no harm."""
        crossings = upward_crossings(self.samples())
        periods = [later - earlier for earlier, later in pairwise(crossings)]
        usual = median(periods) if len(periods) > 2 else 0.0
        alike = [period for period in periods if abs(period - usual) < usual / 5]
        return RATE * len(alike) / sum(alike) if alike else 0.0

    def tone_level(self, frequency: float) -> float:
        """The share of one tone in what is heard, on the scale of `level`; tells mixed tones apart."""
        return tone_level(self.samples(), frequency)

    def __repr__(self) -> str:
        return f"<Heard {self.packets} packets, level {self.level:.2f}, {self.frequency:.1f} Hz>"


def tone_level(samples: list[float], frequency: float) -> float:
    step = 2 * math.pi * frequency / RATE
    real = sum(s * math.cos(step * n) for n, s in enumerate(samples))
    imaginary = sum(s * math.sin(step * n) for n, s in enumerate(samples))
    return 2 * math.hypot(real, imaginary) / len(samples) if samples else 0.0


def upward_crossings(samples: list[float]) -> list[float]:
    """Positions, to a fraction of a sample; noise near zero does not count."""
    enough = max((abs(s) for s in samples), default=0.0) / 10
    positions: list[float] = []
    candidate, armed = 0.0, False
    for n, (before, now) in enumerate(pairwise(samples)):
        if before < 0 <= now:
            candidate = n + before / (before - now)
        if now < -enough:
            armed = True
        elif armed and now > enough > 0:
            positions.append(candidate)
            armed = False
    return positions
