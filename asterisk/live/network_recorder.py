"""Tells the portal's database from where phones register: beside the listener, which waits for no database."""

import logging
import time
from collections.abc import Callable, Iterable
from threading import Condition, Thread

from django.db import DatabaseError, connections

from asterisk.live.store import Contact
from extensions.phones import known_networks
from extensions.phones.known_networks import Sighting

AGAIN_SECONDS = 5.0
STOP_SECONDS = 2.0  # it may be waiting for the database
MOST_KEPT = 200_000
FORGET_SECONDS = 3600.0  # a number may become another person's
logger = logging.getLogger(__name__)

Seen = Callable[[Iterable[Contact]], None]


def ignored(_: Iterable[Contact]) -> None:
    """By who needs no news of them."""


def sighting(contact: Contact) -> Sighting:
    return Sighting(contact.number, contact.host, contact.model)


class Sightings:
    """Takes what the listener has seen, at once; a thread of its own writes it down, and tries again for ever.

    What it has written once is not looked up again: phones register every few minutes from where they were.
    """

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Sighting] = {}
        self._written: set[tuple[str, str]] = set()
        self._forget_at = time.monotonic() + FORGET_SECONDS
        self._changed = Condition()
        self._over = False
        self._thread = Thread(target=self._work, name="sightings", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join(STOP_SECONDS)

    def take(self, contacts: Iterable[Contact]) -> None:
        with self._changed:
            for contact in contacts:
                seen = sighting(contact)
                key = (seen.number, known_networks.network_of(seen.host))
                if key not in self._written and len(self._waiting) < MOST_KEPT:
                    self._waiting[key] = seen
            if self._waiting:
                self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._over or bool(self._waiting))
                if self._over:
                    return
                taken, self._waiting = self._waiting, {}
            if self._write(taken):
                continue
            with self._changed:
                self._waiting = {**taken, **self._waiting}
                self._changed.wait_for(lambda: self._over, AGAIN_SECONDS)

    def _write(self, taken: dict[tuple[str, str], Sighting]) -> bool:
        try:
            known_networks.note(taken.values())
        except DatabaseError as error:
            logger.warning("Could not record the networks that phones register from: %s", error)
            return False
        finally:
            connections.close_all()
        with self._changed:
            if time.monotonic() > self._forget_at or len(self._written) > MOST_KEPT:
                self._written.clear()
                self._forget_at = time.monotonic() + FORGET_SECONDS
            self._written |= taken.keys()
        return True
