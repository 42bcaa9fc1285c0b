"""Whether the machine's clock can be trusted, as the kernel says it; no rights are needed for asking."""

import ctypes
import time
from dataclasses import dataclass, field

UNSYNCHRONIZED = 5  # TIME_ERROR: nothing keeps the clock right
LARGEST_TIMEX = 512  # bytes: more than the structure has on any machine


def is_synchronized() -> bool:
    """Whether NTP, or whatever else keeps the clock right, is at work. Where the kernel does not say it: yes."""
    asked = ctypes.create_string_buffer(LARGEST_TIMEX)  # modes = 0: nothing is set
    state: int = ctypes.CDLL(None).adjtimex(asked)
    return state != UNSYNCHRONIZED


def _offset() -> float:
    """Of the clock from the time since the machine booted, which runs on while it sleeps and is never set."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass
class Jumps:
    """How far the clock was last set, as seen by looks every few seconds."""

    LEAST = 5.0  # seconds: NTP sets a clock that is less wrong little by little
    TOLD_FOR = 600.0  # seconds

    last: float = field(default_factory=_offset)
    jumped: float = 0.0
    at: float = 0.0

    def recent(self) -> float:
        """Seconds; 0 where the clock has not jumped for TOLD_FOR seconds."""
        now = _offset()
        if abs(now - self.last) >= self.LEAST:
            self.jumped, self.at = now - self.last, time.monotonic()
        self.last = now
        return self.jumped if self.jumped and time.monotonic() - self.at < self.TOLD_FOR else 0.0
