"""Changes within functions, tried in processes that have Django, the tests and a database already.

A change is put into the functions that are loaded, in a child of this process, which runs the quickest tests of the
changed line until one fails. What needs Asterisk or a browser is not tried: what survives here may be caught there.
"""

import gc
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from _pytest.runner import runtestprotocol
from django.conf import settings
from django.db import connections

from tests.mutation.changes import ROOT, Change
from tests.mutation.covering import Covering

SLOW = {"asterisk", "running", "program", "page", "context", "browser", "live_server", "office"}
SECONDS, MOST, LONGEST_TEST = 5.0, 120, 2.0  # of the tests of one change, as recorded
PATIENCE, LONGER = 4.0, 15.0  # so many times as long may they take, and so many seconds longer
WORKERS = 2
SURVIVES, NOT_TRIED = "survives", "not tried"


def run(changes: list[Change]) -> tuple[list[tuple[str, set[str]]], set[str]]:
    """What became of each change: the test that missed it, "survives" or "not tried"; and which tests were tried.

    Then the names of all tests that there are.
    """
    with tempfile.TemporaryDirectory(prefix="pbxportal-forked-") as directory:
        given, told = Path(directory) / "changes", Path(directory) / "told"
        given.write_text(json.dumps([asdict(each) for each in changes]))
        started = [
            subprocess.Popen([sys.executable, "-m", "tests.mutation.forked", given, f"{told}{nth}", str(nth)], cwd=ROOT)
            for nth in range(WORKERS)
        ]
        ends = [each.wait() for each in started]
        if any(ends):
            raise SystemExit("The tests could not be run.")
        there = set(json.loads(Path(f"{told}0.tests").read_text()))
        lines = [line for nth in range(WORKERS) for line in Path(f"{told}{nth}").read_text().splitlines()]
    became = {at: (how, set(tried)) for at, how, tried in map(json.loads, lines)}
    return [became[at] for at in range(len(changes))], there


def is_caught(how: str) -> bool:
    return how not in (SURVIVES, NOT_TRIED)


def codes(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def pairs(was: CodeType, now: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    yield was, now
    if [each.co_name for each in codes(was)] == [each.co_name for each in codes(now)]:
        for each, changed in zip(codes(was), codes(now), strict=True):
            yield from pairs(each, changed)


class Functions:
    """Those that are loaded, by their code."""

    def __init__(self) -> None:
        self._by_code: dict[CodeType, list[FunctionType]] = {}
        for each in gc.get_objects():
            if type(each) is FunctionType and each.__code__.co_filename.startswith(str(ROOT)):
                self._by_code.setdefault(each.__code__, []).append(each)

    def put(self, change: Change) -> bool:
        """Whether any function was changed."""
        path = ROOT / change.path
        text = path.read_bytes()
        was = compile(text, str(path), "exec", dont_inherit=True)
        now = compile(change.made_in(text), str(path), "exec", dont_inherit=True)
        found = 0
        for code, changed in pairs(was, now):
            if code != changed:
                for function in self._by_code.get(code, []):
                    with suppress(ValueError):  # of other variables of the functions around it
                        function.__code__ = changed
                        found += 1
        return bool(found)


class Trying:
    """As a plugin: in place of the run of the tests that were collected."""

    def __init__(self, changes: dict[int, Change], told: Path) -> None:
        self.changes, self.told = changes, told
        self.alone: dict[str, bool] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        Path(f"{self.told}.tests").write_text(json.dumps([each.nodeid for each in session.items]))
        self.items = {each.nodeid: each for each in session.items if not SLOW & set(_fixtures(each))}
        self.warm = next(
            each for each in self.items.values() if each.nodeid.startswith("tests/core/audit/test_records")
        )
        self.last = next(each for each in self.items.values() if each.nodeid.startswith("tests/test_words"))
        runtestprotocol(self.warm, log=False, nextitem=self.last)
        connections.close_all()
        self.kept = Path(f"{settings.VAR}.kept")
        subprocess.run(["cp", "-a", settings.VAR, self.kept], check=True)
        self.functions, covering = Functions(), Covering()
        with self.told.open("a") as told:
            for at, change in self.changes.items():
                tests = self._tests(covering, change)
                became = self._try(change, tests)
                tried = [] if became == NOT_TRIED else [each for each, _ in tests]
                told.write(json.dumps([at, became, tried]) + "\n")
                told.flush()
        subprocess.run(["rm", "-rf", self.kept], check=True)
        return True

    def _tests(self, covering: Covering, change: Change) -> list[tuple[str, float]]:
        """Those of the file that mirrors the module first, and the quickest of each."""
        known = [(each, covering.takes(each)) for each in covering.tests(change) if each in self.items]
        spent, found = 0.0, list[tuple[str, float]]()
        mirror = re.compile(rf"tests/{Path(change.path).parent}/test_{Path(change.path).stem}\b")
        for each, seconds in sorted(known, key=lambda test: (not mirror.match(test[0]), test[1])):
            spent += seconds
            if spent < SECONDS and seconds < LONGEST_TEST and len(found) < MOST:
                found.append((each, seconds))
        return found

    def _try(self, change: Change, tests: list[tuple[str, float]]) -> str:
        tests = [each for each in tests if self.alone.get(each[0], True)]
        while tests:
            said = self._in_child(change, tests)
            if said in (SURVIVES, NOT_TRIED, "hangs") or said.startswith("breaks"):
                return said
            if said not in self.alone:
                self.alone[said] = self._in_child(None, [(said, 1.0)]) == SURVIVES
            if self.alone[said]:
                return said
            tests = [each for each in tests if each[0] != said]
        return NOT_TRIED

    def _in_child(self, change: Change | None, tests: list[tuple[str, float]]) -> str:
        subprocess.run(["cp", "-a", "-T", "--remove-destination", self.kept, settings.VAR], check=True)
        ours, theirs = os.pipe()
        child = os.fork()
        if not child:
            os.setpgid(0, 0)
            os.write(theirs, self._tried(change, [self.items[each] for each, _ in tests]).encode()[:900])
            os._exit(0)
        os.close(theirs)
        until = time.monotonic() + sum(seconds for _, seconds in tests) * PATIENCE + LONGER
        while os.waitpid(child, os.WNOHANG)[0] == 0:
            if time.monotonic() > until:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                os.close(ours)
                return "hangs"
            time.sleep(0.01)
        with os.fdopen(ours, "rb") as pipe:
            return pipe.read().decode() or "breaks"

    def _tried(self, change: Change | None, items: list[pytest.Item]) -> str:
        try:
            if change and not self.functions.put(change):
                return NOT_TRIED
            for item, then in zip(items, [*items[1:], self.last], strict=True):
                if any(each.failed for each in runtestprotocol(item, log=False, nextitem=then)):
                    return item.nodeid
        except BaseException as error:
            return f"breaks {error!r}"
        return SURVIVES


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def main(given: str, told: str, nth: str) -> int:
    changes = [Change(**each) for each in json.loads(Path(given).read_text())]
    own = {at: change for at, change in enumerate(changes) if at % WORKERS == int(nth)}
    options = ["-q", "-n0", "--no-header", "-p", "no:cacheprovider", "-p", "no:randomly"]
    code = pytest.main(options, plugins=[Trying(own, Path(told))])
    return 0 if code in (0, 5) else int(code)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
