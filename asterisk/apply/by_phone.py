"""What people changed at the PBX by phone, and the portal is to take over: the engine holds it until that is done.

An apply takes it over before it begins, so that it does not bring back what was before.
"""

import logging
import sqlite3
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

from django.db import DatabaseError, connections

from asterisk.apply import route_members
from asterisk.engine import store as engine
from asterisk.engine.render import Rows
from asterisk.live import emergency_calls, outbound_locks
from asterisk.live import voicemail_spool as spool
from asterisk.nodes import Node
from extensions.phones import voicemail_pins
from extensions.validators import is_extension_number

AGAIN_SECONDS = 5.0
BUSY_SECONDS = 1.0  # while an apply goes on: who calls for help does not wait for its end
FOLLOW_SECONDS = 5.0  # within which a route follows who may use it
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
        self._members = route_members.Following()
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
        while not self._over.is_set():
            self._there.wait(FOLLOW_SECONDS)
            self._there.clear()
            self._over.wait(self._take())

    def _take(self) -> float:
        """After how many seconds to look again, whatever is noticed before."""
        try:
            with engine.opened(self._node.engine_file) as db:
                emergency_calls.tell(db)  # these wait for no apply
                outbound_locks.tell(db)
                self._members.follow(db)
                if not engine.has_news_by_phone(db):
                    return 0.0
                with engine.locked(self._node.engine_file, 0):
                    take(self._node, db)
        except engine.EngineBusyError:
            return BUSY_SECONDS
        except (DatabaseError, engine.EngineError, OSError) as error:
            logger.warning("Could not take over what was changed by phone: %s", error)
            return AGAIN_SECONDS
        finally:
            connections.close_all()
        return 0.0
