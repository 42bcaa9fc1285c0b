"""A program that is typed into, and of which each line that it says is read."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from threading import Condition, Thread
from typing import IO

WAIT_SECONDS = 30


class Program:
    def __init__(self, command: Sequence[str | Path], **environment: str) -> None:
        self._heard = ""
        self._seen = 0  # what was waited for before is not found again
        self._changed = Condition()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | environment,
        )
        assert self.process.stdin
        assert self.process.stdout
        self._keyboard = self.process.stdin
        self._reader = Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def __repr__(self) -> str:
        return self._heard[-3000:]

    def type(self, line: str) -> None:
        self._keyboard.write(f"{line}\n".encode())
        self._keyboard.flush()

    def wait_for(self, *texts: str) -> str:
        """The first of them that it says, after what was waited for before."""
        with self._changed:
            found = self._changed.wait_for(lambda: self._next(texts), WAIT_SECONDS)
            assert found, f"it never said {' or '.join(texts)}, but:\n{self}"
            at, text = found
            self._seen = at + len(text)
            return text

    def wait_end(self) -> int:
        """Until it ends by itself; what it says of how that went."""
        return self.process.wait(WAIT_SECONDS)

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        self._keyboard.close()

    def _next(self, texts: Sequence[str]) -> tuple[int, str] | None:
        found = [(at, text) for text in texts if (at := self._heard.find(text, self._seen)) >= 0]
        return min(found, default=None)

    def _read(self, output: IO[bytes]) -> None:
        with output:
            while said := os.read(output.fileno(), 65536):
                with self._changed:
                    self._heard += said.decode(errors="replace")
                    self._changed.notify_all()
