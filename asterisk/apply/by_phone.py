"""What people changed at the PBX by phone, and the portal is to take over: the engine holds it until that is done.

An apply takes it over before it begins, so that it does not bring back what was before.
"""

import logging
import sqlite3
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

from django.db import DatabaseError, connections

from asterisk.engine import store as engine
from asterisk.engine.render import Rows
from asterisk.live import voicemail_spool as spool
from asterisk.nodes import Node
from extensions.phones import voicemail_pins
from extensions.validators import is_extension_number

AGAIN_SECONDS = 5.0
STOP_SECONDS = 2.0  # it may be waiting for the database
logger = logging.getLogger(__name__)

GREETINGS = ("unavail", "busy", "temp", "greet")


def take(node: Node, db: sqlite3.Connection) -> None:
    """While no apply runs, or inside of it. Raises what the portal's database raises."""
    for number, pin, at in db.execute("SELECT number, pin, at FROM pin_by_phone").fetchall():
        voicemail_pins.changed(number, pin)
        with engine.transaction(db):
            newer = db.execute("DELETE FROM pin_by_phone WHERE number = ? AND at = ?", (number, at)).rowcount == 0
            if not newer:  # an apply that was under way may have written the one before
                db.execute("UPDATE mailbox SET pin = ? WHERE number = ? AND pin <> ?", (pin, number, pin))
    for key, number, caller in db.execute("SELECT id, number, caller FROM pin_locked ORDER BY id").fetchall():
        voicemail_pins.locked(number, caller)
        db.execute("DELETE FROM pin_locked WHERE id = ?", (key,))
    for key, number, since in db.execute("SELECT id, number, since FROM mailbox_visit ORDER BY id").fetchall():
        if is_extension_number(number) and _has_greeting_since(node, number, since):
            voicemail_pins.greeting_changed(number)
        db.execute("DELETE FROM mailbox_visit WHERE id = ?", (key,))


def _has_greeting_since(node: Node, number: str, since: int) -> bool:
    """Whether one was recorded since that time, a Unix time."""
    box = spool.box(node.directory, number)
    files = (box / f"{name}.wav" for name in GREETINGS)
    return any(file.stat().st_mtime >= since for file in files if file.exists())


def as_changed_since(engine_file: Path, number: str, rows: Rows) -> Rows:
    """The rows with the PIN that was chosen by phone while an apply wrote them. Raises EngineError."""
    with engine.opened(engine_file) as db:
        found = db.execute("SELECT pin FROM pin_by_phone WHERE number = ?", (number,)).fetchone()
    return replace(rows, mailbox=replace(rows.mailbox, pin=found[0])) if found and rows.mailbox else rows


class Taking:
    """A thread of the listener's process, which waits for no database: it says only that there is something."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._there, self._over = Event(), Event()
        self._thread = Thread(target=self._work, name="changes-by-phone", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._there.set()
        self._thread.join(STOP_SECONDS)

    def notice(self) -> None:
        self._there.set()

    def _work(self) -> None:
        while self._there.wait() and not self._over.is_set():
            self._there.clear()
            if not self._take():
                self._over.wait(AGAIN_SECONDS)

    def _take(self) -> bool:
        try:
            with engine.locked(self._node.engine_file), engine.opened(self._node.engine_file) as db:
                take(self._node, db)
        except (DatabaseError, engine.EngineError, OSError) as error:
            logger.warning("Could not take over what was changed by phone: %s", error)
            return False
        finally:
            connections.close_all()
        return True
