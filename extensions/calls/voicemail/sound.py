"""Recordings as people hear them: a message's WAV, made an MP3 for an e-mail."""

from pathlib import Path

import lameenc
import miniaudio

RATE = 16_000  # samples a second: MP3s of fewer are not played everywhere
KILOBITS = 32


def as_mp3(wav: Path) -> bytes:
    """Raises OSError where the file cannot be read, and ValueError where it is no sound."""
    try:
        sound = miniaudio.decode(
            wav.read_bytes(), output_format=miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=RATE
        )
    except miniaudio.MiniaudioError as error:
        raise ValueError(str(error)) from error
    encoder = lameenc.Encoder()
    encoder.set_in_sample_rate(RATE)
    encoder.set_channels(1)
    encoder.set_bit_rate(KILOBITS)
    encoder.set_quality(5)
    encoder.silence()
    return bytes(encoder.encode(sound.samples.tobytes()) + encoder.flush())
