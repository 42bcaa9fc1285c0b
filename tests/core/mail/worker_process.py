"""A worker on the test's databases that can be killed at any moment, and is there again at once.

It is a program: it forks once for each life, so that a life begins without the seconds that Django takes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.faults.victim import ROOT, environment, fork

if TYPE_CHECKING:
    from core.mail.composition import Words
    from core.mail.models import Email


class Workers:
    """The test's side: one lives at a time."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self.program = program
        self.pid = 0
        self.lives = 0

    def begin(self) -> None:
        assert self.program.stdin
        assert self.program.stdout
        self.program.stdin.write("live\n")
        self.program.stdin.flush()
        self.pid = int(self.program.stdout.readline())
        self.lives += 1

    def end(self, signal: int) -> None:
        if self.pid:
            os.kill(self.pid, signal)
        self.pid = 0


@contextmanager
def workers(*kind: str) -> Iterator[Workers]:
    """`kind`: "mailboxes": it looks at them as the listener does; "pages": it answers as the portal does."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.core.mail.worker_process", *kind],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield Workers(program)
    program.communicate()


# --- the program's side ---


def plain(email: Email) -> Words:
    from core.mail.composition import Words

    return Words("A letter", f"Letter {email.pk}", f"<p>Letter {email.pk}</p>")


def live() -> None:
    from core.mail import worker
    from core.mail.smtp.protocol import Limits

    parent = os.getppid()
    worker.work(lambda: os.getppid() != parent, Limits(connect=2, reply=5, opening=10, after_the_dot=10))


def live_of_mailboxes() -> None:
    from django.conf import settings

    from asterisk.live import voicemail_recorder

    parent = os.getppid()
    voicemail_recorder.LOOK_AGAIN_SECONDS = voicemail_recorder.AGAIN_SECONDS = 0.1
    recorder = voicemail_recorder.Mailboxes(settings.ASTERISK_DIR)
    recorder.start()
    while os.getppid() == parent:
        time.sleep(0.1)
    recorder.stop()


def live_of_pages() -> None:
    """As a worker of the portal that a person, who is never content, marks messages by: as heard, and as new again."""
    from django.test import Client

    from extensions.models import SipExtension, VoicemailMessage

    parent = os.getppid()
    client = Client(SERVER_NAME="localhost")
    client.force_login(SipExtension.objects.select_related("user").get(voicemail=True).user)
    while os.getppid() == parent:
        for message in VoicemailMessage.objects.there().select_related("extension"):
            for how in ("heard", "new"):
                path = f"/extensions/{message.extension.number}/voicemail/{message.pk}/{how}/"
                if client.post(path).status_code != 302:
                    raise SystemError(path)
        time.sleep(0.05)


def main(life: Callable[[], None]) -> None:
    from django.utils.translation import gettext_lazy

    from core.mail import worker
    from core.mail.kinds import KINDS, Kind

    KINDS["plain"] = Kind(gettext_lazy("Plain"), f"{__name__}.plain", "")
    worker.POLL_SECONDS = 0.02
    worker.DELAYS, worker.LAST_DELAY, worker.MOST_TRIES = [], 0, sys.maxsize
    child = 0
    for _ in sys.stdin:
        if child:
            os.waitpid(child, 0)
        child = fork(life)
        print(child, flush=True)  # noqa: T201
    if child:
        os.waitpid(child, 0)


if __name__ == "__main__":
    import django

    django.setup()
    main({"mailboxes": live_of_mailboxes, "pages": live_of_pages}.get(sys.argv[-1], live))
