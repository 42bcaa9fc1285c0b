"""Speech, as espeak-ng speaks it; and how to find it in a recording."""

import math
import subprocess
from operator import mul

import miniaudio

from . import rtp

TEXT = (
    "Hello, this is Margaret Hamilton of the delivery department. Your order of forty seven boxes has left our"
    " warehouse this morning, and the driver should reach you on Thursday between nine and eleven. Would you call me"
    " back on extension two oh six, and tell me whether somebody will be there to open the gate? The pallet is rather"
    " heavy, so please have a forklift ready. If Thursday does not suit you, we can come on Friday. Goodbye."
)
LOUD = 12_000  # of 32,767
PIECE, QUIET = 800, 1_000
NEAR = 3 * rtp.SAMPLES  # so much earlier or later may a piece come than the one before it


def spoken(seconds: int) -> bytes:
    """u-law samples. Raises OSError where there is no espeak-ng."""
    command = ["espeak-ng", "-v", "en-us", "-s", "140", "--stdout", TEXT]
    wav = subprocess.run(command, capture_output=True, check=True).stdout
    sound = miniaudio.decode(wav, nchannels=1, sample_rate=rtp.RATE).samples[: seconds * rtp.RATE]
    assert len(sound) == seconds * rtp.RATE, "there is too little to say"
    by = LOUD / max(map(abs, sound))
    return bytes(rtp.ulaw(round(each * by)) for each in sound)


def likeness(one: list[int], other: list[int]) -> float:
    """The correlation of two pieces: 1 where only loudness differs, around 0 where they have nothing in common."""
    power = math.sqrt(sum(map(mul, one, one)) * sum(map(mul, other, other)))
    return sum(map(mul, one, other)) / power if power else 0.0


def onset(samples: list[int]) -> int:
    return next((at for at, each in enumerate(samples) if abs(each) > QUIET), -1)


def level(samples: list[int]) -> float:
    return math.sqrt(sum(map(mul, samples, samples)) / len(samples)) if samples else 0.0


def missing(said: list[int], recorded: list[int], same: float) -> list[float]:
    """At how many seconds it is not to be found, of a piece of each half second in which something is said."""
    gone, shift = [], onset(recorded) - onset(said)
    for at in range(0, len(said) - PIECE, rtp.RATE // 2):
        piece = said[at : at + PIECE]
        if level(piece) < QUIET:
            continue
        steps = sorted(range(shift - NEAR, shift + NEAR), key=lambda each: abs(each - shift))
        found = (each for each in steps if likeness(piece, recorded[max(0, at + each) : at + each + PIECE]) > same)
        place = next(found, None)
        if place is None:
            gone.append(at / rtp.RATE)
        else:
            shift = place
    return gone
