"""Prompts that a test can tell apart: a tone each, in place of the voice; a moment of silence in place of the rest."""

import math
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from operator import mul
from pathlib import Path
from tempfile import mkdtemp

from django.conf import settings

from tests.pbx.office import eventually
from tests.phones import rtp
from tests.phones.call import Call
from tests.settings import directory

# Each its own frequency, all of which fit whole into a part.
TONES = {
    "agent-pass": 400,
    "vm-password": 500,
    "vm-incorrect": 600,
    "vm-goodbye": 700,
    "im-sorry": 800,
    "vm-intro": 900,
    "beep": 1000,
    "vm-youhave": 1100,
    "vm-isunavail": 1200,
    "vm-isonphone": 1300,
    "vm-deleted": 1400,
    "vm-newpassword": 1500,
    "vm-reenterpassword": 1600,
    "vm-passchanged": 1700,
    "vm-options": 1800,
    "vm-nomore": 1900,
    "vm-message": 2000,
    "vm-received": 2100,
    "vm-duration": 2200,
    "vm-from-extension": 2300,
    "vm-unknown-caller": 2400,
    "vm-from-phonenumber": 2500,
    "vm-opts": 2600,
    "vm-mailboxfull": 2700,
    "vm-advopts": 2800,
    "vm-review": 2900,
    "vm-msgsaved": 3000,
    "vm-extension": 3100,
    "vm-tocallnum": 3200,
    "vm-savefolder": 3300,
    "vm-savedto": 3400,
    "vm-forwardoptions": 3500,
    "vm-record-prepend": 3600,
    "vm-msgforwarded": 3700,
    "vm-rec-unv": 3800,
    "vm-tocallback": 3900,
}
SECONDS = 0.2  # two parts of what is heard
PART = rtp.RATE // 10
ENOUGH = 0.1


@contextmanager
def tones() -> Iterator[None]:
    """For the Asterisk that runs, as long as it does: its next start has the voice again."""
    link = settings.ASTERISK_DIR / "data/sounds/en"
    voice = link.readlink()
    spoken = in_tones(voice)
    replace_link(link, spoken)
    try:
        yield
    finally:
        if link.readlink() == spoken:
            replace_link(link, voice)


def replace_link(link: Path, to: Path) -> None:
    link.unlink()
    link.symlink_to(to)


@cache
def in_tones(voice: Path) -> Path:
    """A folder with the prompts of that voice; made once, of as many files as the voice has."""
    folder = Path(mkdtemp(dir=directory, prefix="tones-"))
    write_tone(silence := folder / "no-prompt.wav", 0, 0.02)
    for prompt in sorted(path.relative_to(voice).with_suffix("") for path in voice.rglob("*.gsm")):
        (folder / prompt).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{prompt}.wav").symlink_to(silence)
    for name, frequency in TONES.items():
        (folder / f"{name}.wav").unlink()
        write_tone(folder / f"{name}.wav", frequency, SECONDS)
    return folder


def write_tone(path: Path, frequency: int, seconds: float) -> None:
    samples = [rtp.linear(byte) for byte in rtp.tone(frequency)[: int(seconds * rtp.RATE)]]
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rtp.RATE, 0, "NONE", ""))
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))


@cache
def waves(frequency: int) -> tuple[list[float], list[float]]:
    """Cosine and sine, of a part."""
    step = 2 * math.pi * frequency / rtp.RATE
    return [math.cos(step * n) for n in range(PART)], [math.sin(step * n) for n in range(PART)]


def tone_level(part: list[float], frequency: int) -> float:
    """As rtp.tone_level, of many parts."""
    real, imaginary = (sum(map(mul, part, wave)) for wave in waves(frequency))
    return 2 * math.hypot(real, imaginary) / PART


class Ear:
    """Follows what is played to one end of a call, and forgets nothing of it while a test does something else."""

    def __init__(self, call: Call) -> None:
        self.call, self._heard = call, call.audio_received
        self._at = 0
        self._prompts: list[str] = []  # of each part

    def hears(self, prompt: str, seconds: float = 20) -> bool:
        """Whether the prompt comes, after what was heard before it."""
        return self.hears_tone(TONES[prompt], seconds)

    def hears_tone(self, frequency: int, seconds: float = 20) -> bool:
        return eventually(lambda: self._finds(frequency), seconds)

    def heard(self) -> list[str]:
        """All prompts from the call's beginning, each time that one began."""
        while (part := self._part(len(self._prompts))) is not None:
            self._prompts.append(prompt_of(part))
        found = self._prompts
        return [now for before, now in zip(["", *found], found, strict=False) if now and now != before]

    def _finds(self, frequency: int) -> bool:
        while (part := self._part(self._at)) is not None:
            self._at += 1
            if not is_silent(part) and tone_level(part, frequency) > ENOUGH:
                return True
        return False

    def _part(self, number: int) -> list[float] | None:
        sound = self._heard.sound[number * PART : (number + 1) * PART]
        return [rtp.LINEAR[byte] / rtp.FULL_SCALE for byte in sound] if len(sound) == PART else None


def is_silent(part: list[float]) -> bool:
    return max(map(abs, part)) < ENOUGH


def prompt_of(part: list[float]) -> str:
    if is_silent(part):
        return ""
    levels = {prompt: tone_level(part, frequency) for prompt, frequency in TONES.items()}
    loudest = max(levels, key=levels.__getitem__)
    return loudest if levels[loudest] > ENOUGH else ""
