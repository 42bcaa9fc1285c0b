"""Sound in files: the tone that a program plays, and what it recorded."""

import wave
from pathlib import Path

from tests.phones.rtp import RATE, Heard, linear, tone, ulaw

HEADER_BYTES = 44
SAMPLE_BYTES = 2
LISTENED_BYTES = RATE // 2 * SAMPLE_BYTES  # the last half second


def write_tone(file: Path, frequency: int, seconds: int = 60) -> None:
    second = b"".join(linear(byte).to_bytes(SAMPLE_BYTES, "little", signed=True) for byte in tone(frequency))
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(SAMPLE_BYTES)
        sound.setframerate(RATE)
        sound.writeframes(second * seconds)


def end_of(recording: Path) -> Heard:
    """The last that was heard, while it is still being recorded: its header does not know yet how long it is."""
    heard = Heard()
    frames = recording.read_bytes()[HEADER_BYTES:] if recording.exists() else b""
    frames = frames[: len(frames) // SAMPLE_BYTES * SAMPLE_BYTES][-LISTENED_BYTES:]
    heard.add(
        bytes(ulaw(int.from_bytes(frames[at : at + 2], "little", signed=True)) for at in range(0, len(frames), 2))
    )
    return heard
