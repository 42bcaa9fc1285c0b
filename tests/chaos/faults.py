"""Faults, one after the other, drawn by one generator: the same seed gives the same ones in the same order."""

import math
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

from django.conf import settings

from tests.bench.surroundings import Failed
from tests.chaos.database import LOCK_SECONDS, Database
from tests.chaos.journal import UNWELL, Journal
from tests.chaos.site import SIGNALS, SUPERVISOR, TARGETS, Site

GAP = (2.0, 8.0)
STOPPED = (2.0, 8.0)
FULL = (3.0, 8.0)
LEFT_BYTES = 4_096
DIED_SECONDS = 60
End = Callable[[], None]


class Storm(Thread):
    def __init__(self, site: Site, database: Database, journal: Journal, seed: int, *, can_fill: bool) -> None:
        super().__init__(name="storm", daemon=True)
        self.site, self.database, self.journal = site, database, journal
        self.chance = random.Random(seed)
        self.until = 0.0
        self.ends: list[tuple[float, str, End]] = []
        self.kinds: dict[Callable[[], None], int] = {
            self.signals: 12,
            self.stops_the_core: 2,
            self.restarts_the_core: 2,
            self.loses_the_table: 2,
            self.takes_the_database: 3,
            **({self.fills_the_disk: 3} if can_fill else {}),
        }

    def blow(self, seconds: float) -> None:
        """Returns when the time is over, with all faults ended."""
        self.until = time.monotonic() + seconds
        self.start()
        self.join()

    def run(self) -> None:
        due = time.monotonic()
        try:
            while time.monotonic() < self.until:
                self._end_due(time.monotonic())
                if time.monotonic() >= due:
                    self.chance.choices(list(self.kinds), list(self.kinds.values()))[0]()
                    due = time.monotonic() + self.chance.uniform(*GAP)
                time.sleep(0.1)
        except Failed as failure:
            self.journal.fail(UNWELL, "start manage.py run again after it was ended", str(failure))
        finally:
            self._end_due(math.inf)

    def _lasts(self, seconds: float, what: str, end: End) -> None:
        self.ends.append((time.monotonic() + seconds, what, end))

    def _lasting(self, what: str) -> bool:
        return any(each[1] == what for each in self.ends)

    def _end_due(self, now: float) -> None:
        over = [each for each in self.ends if each[0] <= now]
        self.ends = [each for each in self.ends if each[0] > now]
        for _due, _what, end in over:
            end()

    # --- the kinds ---

    def signals(self) -> None:
        number, target = self.chance.choice(SIGNALS), self.chance.choice(TARGETS)
        seconds, which = self.chance.uniform(*STOPPED), self.chance.random()
        pids = self.site.pids(target)
        if target == SUPERVISOR and number != signal.SIGSTOP:
            self._ends_the_supervisor(number)
        elif pids:
            self._send(number, pids[int(which * len(pids))], target, seconds)
        else:
            self.journal.count("faults without a process to hit")

    def _send(self, number: signal.Signals, pid: int, target: str, seconds: float) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if number == signal.SIGSTOP:
            self.journal.fault(f"{number.name} {target}, {seconds:.1f} s", seconds)
            self._lasts(seconds, target, lambda: go_on(pid))
        else:
            self.journal.fault(f"{number.name} {target}")

    def _ends_the_supervisor(self, number: signal.Signals) -> None:
        """As a power cut, or whoever ends it; somebody starts it again."""
        self._end_due(math.inf)
        process = self.site.process
        if process is None:
            return
        fault = self.journal.fault(f"{number.name} {SUPERVISOR}, started again", math.inf)
        process.send_signal(number)
        process.wait(DIED_SECONDS)
        self.site.start()
        fault.ended = self.journal.now

    def stops_the_core(self) -> None:
        self._commands("core stop now")

    def restarts_the_core(self) -> None:
        self._commands("core restart now")

    def _commands(self, words: str) -> None:
        self.journal.fault(words)
        self.site.command_of_asterisk(words)

    def loses_the_table(self) -> None:
        path = Path(settings.ENGINE_FILE)
        how = self.chance.choice((delete, overwrite, cut_to_nothing))
        self.journal.fault(f"engine file lost, {how.__name__}")
        with suppress(OSError):
            how(path)

    def takes_the_database(self) -> None:
        what = self.database.fault
        if not self._lasting(what):
            self.journal.fault(f"{what}, {LOCK_SECONDS:g} s", LOCK_SECONDS)
            self._lasts(LOCK_SECONDS, what, self.database.take_away())

    def fills_the_disk(self) -> None:
        seconds = self.chance.uniform(*FULL)
        if self._lasting("disk"):
            return
        self.journal.fault(f"disk full, {seconds:.1f} s", seconds)
        ballast = settings.VAR / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            free = os.statvfs(settings.VAR)
            os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_frsize - LEFT_BYTES))
        self._lasts(seconds, "disk", lambda: ballast.unlink(missing_ok=True))


def go_on(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def delete(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def overwrite(path: Path) -> None:
    path.write_bytes(b"\xde\xad" * 20_000)


def cut_to_nothing(path: Path) -> None:
    os.truncate(path, 0)
