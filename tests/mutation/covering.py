"""Which tests run a line, and how long they take: as one run of the whole suite has told (`--record`)."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Container, Iterable

import pytest
from coverage import CoverageData

from tests.mutation.changes import ROOT, Change

RECORDED = ROOT / "var" / "mutation"
DATA, SECONDS = RECORDED / "coverage", RECORDED / "seconds.json"
AT_FIRST, AT_MOST = 30.0, 120.0  # seconds that the tests of a round take by themselves
MOST = 250  # tests in a round
AROUND = 12  # lines: of a statement over many, the first one is noted
FASTEST = 0.005  # seconds: no test takes less


def record(paths: list[str]) -> int:
    """The whole suite, with each line noted that a test runs. What fails is noted all the same.

    With paths: those tests alone, beside what was noted before.
    """
    RECORDED.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "4", "--dist", "worksteal", "-p", "tests.mutation.covering"]
    options = ["--cov", "--cov-context=test", "--cov-report=", "--tb=no", "--max-suite-reruns=0"]
    options += ["--cov-append", *paths] if paths else []
    environment = os.environ | {"COVERAGE_FILE": str(DATA)}
    return subprocess.run([*command, *options], cwd=ROOT, env=environment, check=False).returncode


# --- as a plugin of that run ---

_taken: dict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _taken[report.nodeid] += report.duration


def pytest_sessionfinish() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        known = json.loads(SECONDS.read_text()) if SECONDS.exists() else {}
        SECONDS.write_text(json.dumps(known | _taken))


# --- and what it tells ---


class Covering:
    """Raises FileNotFoundError where nothing was recorded."""

    def __init__(self, there: Container[str] | None = None) -> None:
        """`there`: the tests that there are still."""
        known: dict[str, float] = json.loads(SECONDS.read_text())
        self._seconds = {test: taken for test, taken in known.items() if there is None or test in there}
        self._data = CoverageData(str(DATA))
        self._data.read()
        self._lines: dict[str, dict[int, list[str]]] = {}

    def tests(self, change: Change) -> set[str]:
        """Those that run the changed statement; of one that runs as its module is loaded, those that run the others."""
        lines = self._contexts(change.path)
        at = next((line for line in range(change.line, change.line - AROUND, -1) if line in lines), 0)
        return self._named(lines.get(at, [])) or self._named(context for each in lines.values() for context in each)

    def _named(self, contexts: Iterable[str]) -> set[str]:
        named = {each.rpartition("|")[0] or each.rpartition(" (")[0] for each in contexts}
        return {each for each in named if each in self._seconds}

    def rounds(self, change: Change, first: Iterable[str], tried: set[str]) -> list[list[str]]:
        """The quickest, then others, without those that were tried. Those of the files in `first` come first."""
        nearer = tuple(first)
        left = self.tests(change) - tried
        quick, slow, spent = list[str](), list[str](), 0.0
        for test in sorted(left, key=lambda test: (not test.startswith(nearer), self.takes(test))):
            spent += self.takes(test)
            if spent < AT_FIRST and len(quick) < MOST:
                quick.append(test)
            elif spent < AT_MOST and len(slow) < MOST:
                slow.append(test)
        return [quick, slow]

    def takes(self, test: str) -> float:
        return max(self._seconds[test], FASTEST)

    def _contexts(self, path: str) -> dict[int, list[str]]:
        if path not in self._lines:
            self._lines[path] = self._data.contexts_by_lineno(path)
        return self._lines[path]
