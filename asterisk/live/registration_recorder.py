"""Tells the portal's database which numbers have a phone: a list of a hundred thousand is narrowed down by it.

Beside the listener, which waits for no database.
"""

import logging
import sqlite3
import time
from threading import Event, Thread

from django.db import DatabaseError, connections

from asterisk.live import store as live
from asterisk.nodes import Node
from extensions.listing import registrations

EVERY_SECONDS = 2.0
AGAIN_SECONDS = 60.0  # a number may have been given anew
STOP_SECONDS = 2.0  # it may be waiting for the database
logger = logging.getLogger(__name__)


class RegistrationRecorder:
    def __init__(self, node: Node) -> None:
        self._node = node
        self._known: set[int] | None = None  # what the database has; None: to be asked
        self._ask_at = 0.0
        self._over = Event()
        self._thread = Thread(target=self._work, name="registrations", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(STOP_SECONDS)

    def _work(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self.write()
            connections.close_all()

    def write(self) -> None:
        """What is not known now stays as it was."""
        try:
            with live.opened(self._node.live_file) as db:
                if not live.is_fresh(db):
                    return
                now = {int(number) for number in live.registered_numbers(db)}
            if self._known is None or time.monotonic() > self._ask_at:
                self._known, self._ask_at = registrations.noted(), time.monotonic() + AGAIN_SECONDS
            registrations.note(now, self._known)
            self._known = now
        except (sqlite3.Error, DatabaseError) as error:
            logger.warning("Could not record which numbers have a phone: %s", error)
            self._known = None
