"""Writes down the messages of a mailbox, once for each line it is given, in a child that may be killed meanwhile.

A line is JSON: number, how many messages there are, and after how many seconds the child is killed; null: it is not.
"""

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime

import django


def note(number: str, count: int) -> None:
    from extensions.calls.voicemail import messages
    from extensions.pbx import Folder

    left_at = datetime(2026, 11, 28, tzinfo=UTC)
    found = [messages.Found(str(n), Folder.NEW, "1001", "Grace", left_at, n, 16_000 * n, left_at) for n in range(count)]
    messages.note(number, found)


def live(number: str, count: int, seconds: float | None) -> dict[str, object]:
    from django.db import connections

    connections.close_all()
    began = time.monotonic()
    child = os.fork()
    if not child:
        note(number, count)
        os._exit(0)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return {"status": status, "seconds": time.monotonic() - began}


if __name__ == "__main__":
    django.setup()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(live(**json.loads(line))) + "\n")
        sys.stdout.flush()
