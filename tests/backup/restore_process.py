"""A program whose lives each restore a backup; they are killed when their time is up, with all that they started."""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from core import file_lock, running


def live(order: dict[str, str]) -> None:
    from backup import restoring
    from backup.places import Place

    var = Path(order["var"])
    place = Place(var, var / "asterisk", var / "asterisk/db/engine.sqlite3", var / "portal.sqlite3")
    restoring.restore(Path(order["file"]), order["passphrase"], place)


def fork(order: dict[str, str]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        live(order)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def watched(child: int, seconds: float | None) -> int:
    """How it ended, by its status."""
    until = time.monotonic() + (seconds if seconds is not None else 600)
    while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if time.monotonic() > until:
            with suppress(ProcessLookupError):  # it has ended by itself in this moment
                os.killpg(child, signal.SIGKILL)
            break
        time.sleep(0.001)
    return os.waitpid(child, 0)[1]


def main() -> None:
    import django

    django.setup()
    import backup.restoring  # noqa: F401 (else each life would begin with it)

    for line in sys.stdin:
        order = json.loads(line)
        began = time.monotonic()
        status = watched(fork(order), order["seconds"])
        # Who was killed with it may not be dead yet.
        file_lock.acquire(running.lock(Path(order["var"]), running.PORTAL), 30).close()
        print(json.dumps({"status": status, "seconds": time.monotonic() - began}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
