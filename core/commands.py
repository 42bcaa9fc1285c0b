"""Commands of manage.py, each in a process of its own."""

import subprocess
import sys
from collections.abc import Collection
from threading import Thread

from django.conf import settings


def of(command: str, *arguments: str) -> list[str]:
    """What starts it."""
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), command, *arguments]


def start(command: str, *arguments: str, pass_fds: Collection[int] = ()) -> int:
    """It takes its time, and goes on when whoever asked for it leaves. Gives the process's id."""
    process = subprocess.Popen(
        of(command, *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=pass_fds,
    )
    Thread(target=process.wait, daemon=True).start()
    return process.pid
