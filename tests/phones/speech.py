"""Something like speech, always the same: syllables of a gliding voice, no two alike; and how to find it."""

import math
from operator import mul
from random import Random

from . import rtp

SYLLABLE = rtp.RATE // 4
PIECE = 400
SAME = 0.98


def spoken(seconds: int) -> bytes:
    """u-law samples."""
    random = Random(seconds)
    samples: list[int] = []
    phase = 0.0
    while len(samples) < seconds * rtp.RATE:
        low, high = random.uniform(90, 160), random.uniform(160, 260)
        loud = [random.uniform(0.2, 1) / n for n in range(1, 8)]
        for at in range(SYLLABLE):
            phase += 2 * math.pi * (low + (high - low) * at / SYLLABLE) / rtp.RATE
            voice = sum(each * math.sin(n * phase) for n, each in enumerate(loud, 1)) / sum(loud)
            samples.append(rtp.ulaw(round(rtp.FULL_SCALE * 0.6 * math.sin(math.pi * at / SYLLABLE) * voice)))
    return bytes(samples)


def likeness(one: list[int], other: list[int]) -> float:
    """The correlation of two pieces: 1 where only loudness differs, around 0 where they have nothing in common."""
    power = math.sqrt(sum(map(mul, one, one)) * sum(map(mul, other, other)))
    return sum(map(mul, one, other)) / power if power else 0.0


def find(piece: list[int], samples: list[int]) -> int:
    """Where in the samples the piece begins; -1 where it is not."""
    size = len(piece)
    parts = (samples[at : at + size] for at in range(len(samples) - size + 1))
    return next((at for at, part in enumerate(parts) if likeness(piece, part) > SAME), -1)


def level(samples: list[int]) -> float:
    return math.sqrt(sum(map(mul, samples, samples)) / len(samples))
