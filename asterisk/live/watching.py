"""Which numbers Asterisk watches itself: their lamps, and by OPTIONS whether their phones are there.

Asterisk learns an aor in two ways: at its start, when it lists all; and when a contact asks to be qualified while
the aor is not known yet. Its endpoint is connected at that moment, if the list has it, or never. Listing everybody
takes Asterisk seconds to minutes above some thousands, and as long for each one that is new. So it is shown a short
list: at its start all numbers while they are few, later only those whose first phone has just registered. A reload of
res_pjsip is as a start: what is not listed then, it forgets.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from asterisk import ari
from asterisk.ami.client import Ami
from asterisk.ami.protocol import Message
from asterisk.engine import store as engine
from asterisk.live import store as live
from asterisk.nodes import Node

MODULE = "res_pjsip.so"
FEW = 3_000  # that many are listed at the start: a second more of it
AT_ONCE = 100  # listed while Asterisk runs: each new aor makes it read them all
PATIENCE_SECONDS = 5.0
QUALIFY_SECONDS = "30"
AT_START, NOW = 1, 2  # why a number is listed


def before_start(path: Path, registered: Iterable[str]) -> None:
    """Asterisk is about to start, and knows nothing. `registered`: whose phones it had, as far as is known."""
    with engine.opened(path) as db, engine.transaction(db):
        db.execute("DELETE FROM awake")
        (count,) = db.execute("SELECT count(*) FROM sip_login").fetchone()
        if count <= FEW:
            db.execute("INSERT INTO awake SELECT id, ? FROM sip_login", (AT_START,))
            return
        few = sorted(set(registered))[:FEW]
        of_one = "INSERT INTO awake SELECT id, ? FROM sip_login WHERE id = ?"
        db.executemany(of_one, [(AT_START, number) for number in few])


def after_start(path: Path) -> None:
    """Asterisk has booted: what it was to learn by listing, it knows."""
    with engine.opened(path) as db:
        db.execute("UPDATE awake SET listed = 0 WHERE listed = ?", (AT_START,))


def is_listed(path: Path) -> bool:
    """Whether what Asterisk learns at its start is still listed."""
    with engine.opened(path) as db:
        return db.execute("SELECT 1 FROM awake WHERE listed = ? LIMIT 1", (AT_START,)).fetchone() is not None


def reload(node: Node, ami: Ami) -> None:
    """Have Asterisk read its settings of SIP anew. It then forgets whatever it watches and does not find listed.

    The listener hears of it, as of a start. Raises AmiError.
    """
    list_again(node)
    ami.ask("Reload", Module=MODULE)


def list_again(node: Node) -> bool:
    """Whether what Asterisk is to watch could be listed."""
    registered: list[str] = []
    with suppress(sqlite3.Error, OSError), live.opened(node.live_file) as db:
        registered = live.registered_numbers(db)
    try:
        before_start(node.engine_file, registered)
    except engine.EngineError:
        return False
    return True


def has_reloaded(message: Message) -> bool:
    """Whether a Reload event is one of what Asterisk watches: by any name under which its command line takes it."""
    return message.get("Module", "").lower().removesuffix(".so") in (MODULE.removesuffix(".so"), "all")


def is_forgotten(path: Path) -> bool:
    """After a reload: whether there is something that Asterisk watched and that was not listed to it."""
    with engine.opened(path) as db:
        return db.execute("SELECT 1 FROM awake WHERE NOT listed LIMIT 1").fetchone() is not None


class Waker:
    """Has Asterisk watch the numbers whose phones have registered, a few at a time."""

    def __init__(self, node: Node, db: sqlite3.Connection, clock: Callable[[], float] = time.monotonic) -> None:
        self._node, self._db, self._clock = node, db, clock
        self._waiting: dict[str, list[str]] = {}
        self._since: dict[str, float] = {}

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._since)

    def begin(self, watched: Iterable[str]) -> None:
        """What an earlier waker had begun is finished if Asterisk watches it, and else begun again when asked for."""
        self._since.clear()
        self._waiting.clear()
        finished = "UPDATE awake SET listed = 0 WHERE number = ? AND listed = ?"
        self._db.executemany(finished, [(number, NOW) for number in watched])
        self._db.execute("DELETE FROM awake WHERE listed = ?", (NOW,))

    def ask(self, registered: Mapping[str, list[str]]) -> None:
        """number -> its contacts, by Asterisk's own ids. Those that are awake are left alone."""
        for number, contacts in registered.items():
            if contacts and number not in self._since and not self.is_awake(number):
                self._waiting[number] = contacts

    def has_woken(self, number: str) -> bool:
        """Whether Asterisk watches the number, as far as is known."""
        query = "SELECT 1 FROM awake WHERE number = ? AND NOT listed"
        return self._db.execute(query, (number,)).fetchone() is not None

    def is_awake(self, number: str) -> bool:
        return self._db.execute("SELECT 1 FROM awake WHERE number = ?", (number,)).fetchone() is not None

    def confirm(self, number: str) -> None:
        """Asterisk has said something of the number that it says only of those that it watches.

        It may have ended since: what its next start is to list stays listed.
        """
        if number in self._since:
            self._db.execute("UPDATE awake SET listed = 0 WHERE number = ? AND listed = ?", (number, NOW))
            del self._since[number]

    def step(self) -> list[str]:
        """Begin with the next ones. Returns those given up, whose phones may have gone. Raises AmiUnreachable."""
        given_up = [number for number, since in self._since.items() if self._clock() > since + PATIENCE_SECONDS]
        for number in given_up:
            self._let_sleep(number)
        for number in list(self._waiting)[: AT_ONCE - len(self._since)]:
            self._wake(number, self._waiting.pop(number))
        return given_up

    def _wake(self, number: str, contacts: list[str]) -> None:
        begun = self._db.execute("INSERT OR IGNORE INTO awake VALUES (?, ?)", (number, NOW))
        if not begun.rowcount:
            return  # Asterisk is starting, and lists it
        self._since[number] = self._clock()
        watched = [ari.qualify_contact(self._node, contact, QUALIFY_SECONDS) for contact in contacts]
        if not any(watched):
            self._let_sleep(number)

    def _let_sleep(self, number: str) -> None:
        """So that its next registration wakes it: one that is awake and that Asterisk does not watch stays dark."""
        self._db.execute("DELETE FROM awake WHERE number = ? AND listed = ?", (number, NOW))
        del self._since[number]
