"""Business hours are put for whole years; when a year has turned, they are put anew."""

import logging
from threading import Event, Thread

from django.db import DatabaseError, connections

from asterisk.apply import lines
from asterisk.engine import store as engine
from asterisk.nodes import Node
from core import encryption

AGAIN_SECONDS = 60.0
STOP_SECONDS = 2.0  # it may be waiting for the database
logger = logging.getLogger(__name__)


class TurnOfYear:
    """A thread of the listener's process."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._over = Event()
        self._thread = Thread(target=self._work, name="turn-of-year", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(STOP_SECONDS)

    def _work(self) -> None:
        while not self._over.is_set():
            self.look()
            self._over.wait(AGAIN_SECONDS)

    def look(self) -> None:
        try:
            with engine.opened(self._node.engine_file) as db:
                if lines.are_current(db):
                    return
            with engine.locked(self._node.engine_file), engine.opened(self._node.engine_file) as db:
                lines.put_into(db, self._node.directory)
        except (DatabaseError, engine.EngineError, encryption.SealError, OSError) as error:
            logger.warning("Could not put the business hours of this year: %s", error)
        finally:
            connections.close_all()
