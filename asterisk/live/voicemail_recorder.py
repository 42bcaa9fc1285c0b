"""Tells the portal's database which messages mailboxes hold: beside the listener, which waits for no database."""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Thread

from django.db import DatabaseError, connections

from asterisk.live import voicemail_copy, voicemail_repair
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
FOLDERS = dict.fromkeys(spool.FOLDERS, Folder.HEARD) | {
    spool.NEW: Folder.NEW,
    spool.URGENT: Folder.NEW,
    spool.DELETED: Folder.DELETED,
}


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
        written_at=datetime.fromtimestamp(stored.written_at, UTC),
    )


class Mailboxes:
    """Takes the numbers whose mailboxes have changed, at once; a thread of its own looks, and tries again for ever.

    At its start, and every minute, it looks for all that have changed: an event may have been missed. Then it also has
    the PBX do what is to be done with messages that were mailed, or are too old, and mend those that are damaged.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._waiting: set[str] = set()
        self._stamps: dict[str, tuple[int, ...]] = {}
        self._doubtful: set[str] = set()
        self._all_at = 0.0
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
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._over or bool(self._waiting), self._all_at - time.monotonic())
                if self._over:
                    return
                taken, self._waiting = self._waiting, set()
            if time.monotonic() >= self._all_at:
                self._all_at = time.monotonic() + LOOK_AGAIN_SECONDS
                taken |= self._unseen()
                taken |= self._mend()
                self._tidy()
            missed = self._look(taken)
            if missed:
                with self._changed:
                    self._waiting |= missed
                    self._changed.wait_for(lambda: self._over, AGAIN_SECONDS)

    def _unseen(self) -> set[str]:
        """The numbers whose boxes have changed since they were written down."""
        try:
            voicemail_copy.unlock_stale(self._directory)
            return {
                number
                for number in spool.numbers(self._directory)
                if spool.stamp(self._directory, number) != self._stamps.get(number)
            }
        except OSError as error:
            logger.warning("Could not read the mailboxes: %s", error)
            return set()

    def _mend(self) -> set[str]:
        """The numbers whose boxes had a damaged message."""
        mended = set()
        for number in sorted(self._doubtful):
            try:
                if voicemail_repair.damaged(self._directory, number):
                    messages.damaged(number, *pbx.get().mend_mailbox(number))
                    mended.add(number)
            except (DatabaseError, OSError, pbx.PbxError) as error:
                logger.warning("Could not mend the mailbox of %s: %s", number, error)
        return mended

    def _tidy(self) -> None:
        try:
            messages.tidy()
        except (DatabaseError, pbx.PbxError) as error:
            logger.info("Could not move or delete messages: %s", error)
        finally:
            connections.close_all()

    def _look(self, numbers: set[str]) -> set[str]:
        """The numbers that could not be written down."""
        missed = set()
        for number in sorted(numbers):
            stamp = spool.stamp(self._directory, number)
            try:
                messages.note(number, self._found(number))
                self._stamps[number] = stamp
                self._doubt(number)
            except (DatabaseError, OSError) as error:
                logger.warning("Could not record the messages of %s: %s", number, error)
                missed.add(number)
        connections.close_all()
        return missed

    def _doubt(self, number: str) -> None:
        """Whether it is to be looked at again: what is no message now may be one that is being written."""
        if spool.unreadable(self._directory, number):
            self._doubtful.add(number)
        else:
            self._doubtful.discard(number)

    def _found(self, number: str) -> list[Found]:
        """One that was forwarded to who had it before has the same id; by which it is known afterwards."""
        there = spool.messages(self._directory, number)
        if len({each.message_id for each in there}) < len(there):
            with suppress(pbx.PbxError):  # such as while somebody listens: there is another look
                pbx.get().tell_messages_apart(number)
                there = spool.messages(self._directory, number)
        return [found(each) for each in there]
