"""A phone of somebody else, in a process of its own: it registers and asks, and notes how long each takes."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench.surroundings import Failed
from tests.phones.phone import Phone

PACE_SECONDS = 0.02
ROOT = Path(__file__).resolve().parents[2]


class Bystander:
    """Registers for as long as the `with` block lasts; `seconds` and `options` are there when it has ended."""

    def __init__(self, number: str, name: str, password: str, port: int) -> None:
        self._typed = json.dumps([number, name, password, port])
        self.seconds: list[float] = []
        self.options: list[float] = []

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.bench.bystander"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(self._typed + "\n")
        self._process.stdout.readline()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        said, _ = self._process.communicate(timeout=30)
        if kind is None:
            self._read(said)

    def _read(self, said: str) -> None:
        answers = json.loads(said) if said else []
        refused = [status for status, _, _ in answers if status != 200]
        if refused or not answers:
            raise Failed(f"Another phone's REGISTER: {refused[:1] or 'no answer'}, expected 200")
        self.seconds = [seconds for _, seconds, _ in answers]
        self.options = [seconds for _, _, seconds in answers]


def wait_for_end(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def main() -> None:
    """Until standard input ends."""
    number, name, password, port = json.loads(sys.stdin.readline())
    over = threading.Event()
    threading.Thread(target=wait_for_end, args=(over,), daemon=True).start()
    answers = []
    with Phone(number, name, password, ("127.0.0.1", port)) as phone:
        phone.register()
        print("ready", flush=True)  # noqa: T201 (the other process waits for it)
        while not over.wait(PACE_SECONDS):
            started = time.perf_counter()
            answers.append((phone.register(), time.perf_counter() - started, phone.options()))
        phone.unregister()
    print(json.dumps(answers))  # noqa: T201


if __name__ == "__main__":
    main()
