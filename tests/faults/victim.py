"""A portal of its own, on the test's databases, whose Save and Apply can be killed at each of its steps.

It is a program: it forks once for each life, so that a kill takes nothing of the test along.
"""

import json
import linecache
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from asterisk import nodes

ROOT = Path(__file__).resolve().parents[2]
TRACED = tuple(f"{ROOT}/{app}/" for app in ("asterisk", "extensions", "accounts", "core"))
NEW_PASSWORD = "Another7Horse9Staple"

Position = str
NAMED = re.compile(r"(?P<module>[\w.]+):(?P<line>\d+) ")
Trace = Callable[[FrameType, str, Any], Any]


def environment() -> dict[str, str]:
    """Of a process that is another portal on the test's databases."""
    from django.db import connection

    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        where = f"{database['HOST'] or 'localhost'}:{database['PORT'] or 5432}"
        url = f"postgres://{database['USER']}:{database['PASSWORD']}@{where}/{database['NAME']}"
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "pbxportal.settings"}


class Victim:
    """The test's side."""

    def __enter__(self) -> Self:
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.victim"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.communicate()

    def _life(self, **order: object) -> Any:
        assert self._program.stdin
        assert self._program.stdout
        self._program.stdin.write(json.dumps(order) + "\n")
        self._program.stdin.flush()
        return json.loads(self._program.stdout.readline())

    def steps(self) -> list[Position]:
        """One whole life; every step of it in order."""
        found: list[Position] = self._life(record=True)
        return found

    def killed_at(self, position: Position, time: int) -> bool:
        """False where that life came to its end before it reached the position so often."""
        return bool(self._life(position=position, time=time))

    def killed_after(self, seconds: float) -> bool:
        return bool(self._life(seconds=seconds))

    def seconds(self) -> float:
        """How long a whole life takes."""
        begin = time.monotonic()
        self._life(seconds=60)
        return time.monotonic() - begin


# --- the program's side ---


node = cache(nodes.from_settings)


def save_and_apply() -> None:
    """A new password, a new person, one disabled, one deleted."""
    from django.db import transaction

    from asterisk.apply.errors import ApplyError
    from asterisk.apply.run import apply
    from extensions import actions
    from extensions.changes import record as changes
    from extensions.models import Change, SipExtension
    from tests.people import make_extension

    changed, disabled, deleted = SipExtension.objects.select_related("user__role").order_by("position")
    with changes.edit(changed.number, None) as extension:
        extension.registration_password = NEW_PASSWORD
    someone = changed.user
    actions.disable(disabled.number, someone)
    actions.delete(deleted.number, someone)
    with transaction.atomic():
        added = make_extension("1900", registration_name="reg-1900")
        added.registration_password = NEW_PASSWORD
        added.save()
    with suppress(ApplyError):
        apply(node(), Change.objects.waiting().numbers(), None)


def tracing(reached: Callable[[Position], None], *, only: Position) -> Trace:
    named = NAMED.match(only)
    file, at = (f"{ROOT}/{named['module'].replace('.', '/')}.py", int(named["line"])) if named else ("", 0)

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        path = frame.f_code.co_filename
        if not (path == file if only else path.startswith(TRACED)):
            return None
        if event == "line" and at in (0, frame.f_lineno):
            text = linecache.getline(path, frame.f_lineno).strip()
            module = path.removeprefix(f"{ROOT}/").removesuffix(".py").replace("/", ".")
            reached(f"{module}:{frame.f_lineno} {frame.f_code.co_name}: {text}")
        return trace

    return trace


@contextmanager
def stepping(reached: Callable[[Position], None], *, only: Position = "") -> Iterator[None]:
    """`reached` at each line of the portal, and before and after each statement that its database is given.

    `only`: nothing else is of interest, which takes a fraction of the time.
    """
    from django.db import connection

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        verb = " ".join(sql.split()[:3])
        reached(f"database, before: {verb}")
        result = execute(sql, params, many, context)
        reached(f"database, after: {verb}")
        return result

    with connection.execute_wrapper(wrapper):
        sys.settrace(tracing(reached, only=only))
        try:
            yield
        finally:
            sys.settrace(None)


def record(to: int) -> None:
    steps: list[Position] = []
    with stepping(steps.append):
        save_and_apply()
    with os.fdopen(to, "w") as file:
        json.dump(steps, file)


def die_at(position: Position, time: int) -> None:
    seen: Counter[Position] = Counter()

    def reached(here: Position) -> None:
        seen[here] += 1
        if here == position and seen[here] == time:
            os.kill(os.getpid(), signal.SIGKILL)

    with stepping(reached, only=position):
        save_and_apply()


def fork(live: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        live()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def was_killed(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), f"it ended by itself: {status}"
    return status == signal.SIGKILL


def follow(order: dict[str, Any]) -> object:
    if "record" in order:
        here, there = os.pipe()
        child = fork(lambda: record(there))
        os.close(there)
        with os.fdopen(here) as file:
            steps = json.load(file)
        assert not was_killed(child)
        return steps
    if "seconds" in order:
        child = fork(save_and_apply)
        wait_until_over(child, order["seconds"])
        return was_killed(child)
    return was_killed(fork(lambda: die_at(order["position"], order["time"])))


def wait_until_over(child: int, seconds: float) -> None:
    """Kill it when the time is up."""
    until = time.monotonic() + seconds
    while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            return
        time.sleep(0.0005)


def main() -> None:
    import django

    django.setup()
    for module in ("asterisk.apply.run", "extensions.forms", "tests.people"):
        import_module(module)  # else its lines would be steps
    node()
    for line in sys.stdin:
        print(json.dumps(follow(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
