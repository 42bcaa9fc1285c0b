"""Tells the portal's database which messages mailboxes hold: beside the listener, which waits for no database."""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Thread

from django.db import DatabaseError, connections

from asterisk.live import voicemail_spool as spool
from asterisk.live.voicemail_spool import Stored
from extensions import pbx
from extensions.calls.voicemail import messages
from extensions.calls.voicemail.messages import Found
from extensions.pbx import Folder

AGAIN_SECONDS = 2.0
STOP_SECONDS = 2.0
LOOK_AGAIN_SECONDS = 60.0
logger = logging.getLogger(__name__)

Changed = Callable[[Iterable[str]], None]
FOLDERS = {spool.NEW: Folder.NEW, spool.HEARD: Folder.HEARD, spool.DELETED: Folder.DELETED}


def ignored(_: Iterable[str]) -> None:
    """By who needs no news of mailboxes."""


def found(stored: Stored) -> Found:
    return Found(
        message_id=stored.message_id,
        folder=FOLDERS[stored.folder],
        caller_number=stored.caller_number,
        caller_name=stored.caller_name,
        left_at=datetime.fromtimestamp(stored.left_at, UTC),
        seconds=stored.seconds,
        size=stored.size,
    )


class Mailboxes:
    """Takes the numbers whose mailboxes have changed, at once; a thread of its own looks, and tries again for ever.

    At its start, and every minute, it looks at all mailboxes: an event may have been missed.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._waiting: set[str] = set()
        self._changed = Condition()
        self._over = False
        self._thread = Thread(target=self._work, name="mailboxes", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join(STOP_SECONDS)

    def take(self, numbers: Iterable[str]) -> None:
        with self._changed:
            self._waiting |= set(numbers)
            if self._waiting:
                self._changed.notify()

    def _work(self) -> None:
        self.take(self._all())
        while True:
            with self._changed:
                heard = self._changed.wait_for(lambda: self._over or bool(self._waiting), LOOK_AGAIN_SECONDS)
                if self._over:
                    return
                taken, self._waiting = self._waiting, set()
            missed = self._look(taken if heard else set(self._all()))
            if missed:
                with self._changed:
                    self._waiting |= missed
                    self._changed.wait_for(lambda: self._over, AGAIN_SECONDS)

    def _all(self) -> list[str]:
        try:
            return spool.numbers(self._directory)
        except OSError as error:
            logger.warning("Could not read the mailboxes: %s", error)
            return []

    def _look(self, numbers: set[str]) -> set[str]:
        """The numbers that could not be written down."""
        missed = set()
        try:
            with suppress(DatabaseError, pbx.PbxError):  # there is another time
                messages.tidy()
            for number in sorted(numbers):
                try:
                    messages.note(number, [found(each) for each in spool.messages(self._directory, number)])
                except (DatabaseError, OSError) as error:
                    logger.warning("Could not record the messages of %s: %s", number, error)
                    missed.add(number)
        finally:
            connections.close_all()
        return missed
