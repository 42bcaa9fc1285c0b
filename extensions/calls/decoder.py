"""A program: an audio file on its input, the sound that a PBX plays on its output; or how it ends says why not.

The file is anybody's, and those who read it are written in C: they run by themselves, with little memory and time, and
read no further than the longest sound that is taken.
"""

import io
import resource
import sys
import wave

import miniaudio

RATE = 8000
MEMORY, SECONDS = 512 * 1024 * 1024, 10
UNREADABLE, TOO_LONG, TOO_SHORT = 3, 4, 5
SHORTEST = 0.5  # seconds


def decoded(data: bytes, most_frames: int) -> bytes:
    """16 bit samples of one channel; of a longer sound, somewhat more than the most. Raises DecodeError."""
    stream = miniaudio.stream_memory(
        data, output_format=miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=RATE, frames_to_read=RATE
    )
    kept, frames = io.BytesIO(), 0
    for some in stream:
        kept.write(some.tobytes())
        frames += len(some)
        if frames > most_frames:
            break
    return kept.getvalue()


def main(longest: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        samples = decoded(sys.stdin.buffer.read(), longest * RATE)
    except (miniaudio.MiniaudioError, MemoryError):
        return UNREADABLE
    seconds = len(samples) / 2 / RATE
    if seconds > longest:
        return TOO_LONG
    if seconds < SHORTEST:
        return TOO_SHORT if samples else UNREADABLE
    with wave.open(sys.stdout.buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
