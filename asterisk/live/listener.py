"""The portal's one ear at the PBX: hears registrations, states and refusals, and keeps them for the pages (live.py).

It also has Asterisk watch each number whose phone registers for the first time (waking.py).
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path

from asterisk import ari
from asterisk.ami.client import Ami, AmiError, AmiRefused, connected
from asterisk.ami.protocol import Message
from asterisk.engine import store as engine
from asterisk.live import attacks, calls, failed_registrations, guard, trunks, voicemail_recorder, watching
from asterisk.live import store as live
from asterisk.live.device_states import DeviceStates
from asterisk.live.failed_registrations import FailedRegistrations
from asterisk.live.guard import Heard
from asterisk.live.network_recorder import Seen, ignored
from asterisk.live.refused_calls import RefusedCalls
from asterisk.live.sources import PATIENCE_SECONDS, Sources
from asterisk.live.store import Attempt, Contact
from asterisk.live.voicemail_recorder import Changed
from asterisk.nodes import Node
from asterisk.readback import proof
from core import file_lock
from extensions.validators import is_extension_number

ROUND_SECONDS = 0.2
PAUSE_SECONDS = 0.03  # after a round: a registration says four things, and each round takes from what phones wait for
PING_SECONDS = 1.0
AGAIN_SECONDS = 0.5
DARK_SECONDS = 3.0  # within which a phone that has just registered has answered
REACHABLE, UNREACHABLE, NOT_ASKED = "Reachable", "Unreachable", "NonQualified"
# A phone signs in before Asterisk has its registration; what registers later than this is found by its next request.
AFTER_SIGN_IN = (0.05, 0.5, 3.0)
MOST_LOOKS = 6
REMOVED_SECONDS = 0.2  # between two looks whether a registration that the portal ends has ended
LISTED_SECONDS = 2.0  # Asterisk says that it has started, or read its settings, and may then still be reading the list
COMPARE_SECONDS = 60.0
COMPARE_SHARE = 50  # at most one part in so many of the time goes into comparing
SHOWN = 10
SIGN_OFF_SECONDS = 1.5  # a phone that ends its registration signs in for it
FULL = "registrar_attempt_exceeds_maximum_configured_contacts"
ASK_AGAIN_SECONDS = 3.0  # see qualify_timeout
BACK_SECONDS = 5.0  # one that signed in so long ago may have been asked in vain before it: see qualify_timeout

SECURITY = {*attacks.EVENTS, *failed_registrations.EVENTS}
# From the first of them on, Asterisk says no other. It may be starting, and says that it has started only once.
HEARD = [
    "FullyBooted", "Reload", "ContactStatus", "DeviceStateChange", "MessageWaiting", "Newchannel", "Registry",
    *sorted(SECURITY),
]  # fmt: skip
Remote = list[str]  # transport, host, port
logger = logging.getLogger(__name__)


def nothing() -> None:
    """By who needs no such news."""


def any_transport(number: str) -> str:  # noqa: ARG001
    """For who does not know what phones may use."""
    return "any"


def listen(
    node: Node,
    stopped: Callable[[], bool] = lambda: False,
    seen: Seen = ignored,
    mailboxes: Changed = voicemail_recorder.ignored,
    by_phone: Callable[[], object] = nothing,
    security: Heard = guard.ignored,
    no_port: Callable[[], object] = nothing,
) -> None:
    """Until stopped, through restarts of Asterisk. A second one stands by: two would undo each other's work.

    `seen` is told of the registered phones that were looked at, `mailboxes` of the numbers whose messages have changed,
    `by_phone` that people have changed something by phone: again and again until it is taken over, `security` of each
    of Asterisk's security events, `no_port` that a call found no free port for its sound. None of them is to keep the
    listener waiting.
    """
    refused = RefusedCalls(node.directory / "log")  # what it says while nobody listens is read afterwards
    while not stopped():
        try:
            with alone(node.live_file):
                live.prepare(node.live_file)
                _while_connected(node, stopped, seen, mailboxes, by_phone, security, no_port, refused)
        except file_lock.LockedError:
            time.sleep(AGAIN_SECONDS)
        except (AmiError, engine.EngineError, sqlite3.Error, OSError) as error:
            logger.info("Not connected to the PBX: %s", error)
            _say_deaf(node.live_file)
            time.sleep(AGAIN_SECONDS)


def alone(path: Path) -> AbstractContextManager[object]:
    """Raises LockedError while another listens."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return file_lock.try_acquire(path.with_suffix(".lock"))


def _say_deaf(live_file: Path) -> None:
    try:
        with live.opened(live_file) as db:
            live.beat(db, hears=False)
    except (sqlite3.Error, OSError) as error:
        logger.warning("Cannot write the phone status file: %s", error)


def _while_connected(
    node: Node,
    stopped: Callable[[], bool],
    seen: Seen,
    mailboxes: Changed,
    by_phone: Callable[[], object],
    security: Heard,
    no_port: Callable[[], object],
    refused: RefusedCalls,
) -> None:
    with (
        live.opened(node.live_file) as db,
        engine.opened(node.engine_file) as tables,
        connected(node, events="system,call,security") as ear,
        connected(node) as mouth,
    ):
        files = [node.live_file, node.engine_file]
        opened = [file.stat().st_ino for file in files]
        hearing = Hearing(
            node,
            db,
            tables,
            watching.Waker(node, tables),
            ear,
            mouth,
            seen,
            mailboxes,
            partial(engine.transport, tables),
            security,
            no_port,
            refused,
        )
        while not stopped() and opened == [file.stat().st_ino for file in files]:
            hearing.round()
            time.sleep(PAUSE_SECONDS)
            if engine.has_news_by_phone(tables):
                by_phone()
        live.beat(db, hears=False)


class Hearing:
    """One connection's time: what was heard and is not written yet."""

    def __init__(
        self,
        node: Node,
        db: sqlite3.Connection,
        tables: sqlite3.Connection,
        waker: watching.Waker,
        ear: Ami,
        mouth: Ami,
        seen: Seen,
        mailboxes: Changed = voicemail_recorder.ignored,
        allowed: Callable[[str], str] = any_transport,
        security: Heard = guard.ignored,
        no_port: Callable[[], object] = nothing,
        refused: RefusedCalls | None = None,
    ) -> None:
        """`allowed`: number -> the transport that its phones may use, or "any"."""
        self._node, self._db, self._tables, self._waker = node, db, tables, waker
        self._trunks_changed = True
        self._ear, self._mouth, self._seen, self._mailboxes = ear, mouth, seen, mailboxes
        self._security, self._no_port = security, no_port
        self._sources = Sources()
        self._looks: dict[str, list[float]] = {}
        self._states = DeviceStates()
        self._changed: set[str] = set()
        self._unreachable: set[str] = set()
        self._back: set[str] = set()
        self._asked_at: dict[str, float] = {}
        self._failed = FailedRegistrations()
        self._allowed, self._refused = allowed, refused or RefusedCalls(node.directory / "log")
        self._remote: dict[str, Remote] = {}
        self._calls = 0
        self._beat_at = 0.0
        self._compare_at = 0.0
        self._booted = False
        self._dark: set[str] = set()
        self._reloaded_for: set[str] = set()
        self._listed_until = 0.0

        for event in HEARD:
            ear.ask("Filter", Operation="Add", Filter=f"Event: {event}")

    def round(self) -> None:
        for message in self._ear.events(ROUND_SECONDS):
            if message.get("Event") == "FullyBooted":  # said to each connection, at once or when it is so
                self._begin()
            elif message.get("Event") == "Reload":
                if watching.has_reloaded(message) and self._booted:
                    self._have_reloaded()
            else:
                self._hear(message)
        if self._booted:
            self._ask_those_back()
            self._note_refused()
            self._look_for_removed()
            self._look_now()
            if self._trunks_changed:
                self._trunks_changed = False
                trunks.look(self._mouth, self._tables, self._db)
            self._let_wake()
            self._write()
            if time.monotonic() > self._compare_at:
                self._compare()

    def _begin(self) -> None:
        self._booted = True
        self._listed_until = time.monotonic() + LISTED_SECONDS if watching.is_listed(self._node.engine_file) else 0.0
        found = self._list()
        live.replace_all(self._db, found, self._states.all_shown())
        self._sources.trust(found)
        self._seen(found)
        self._dark = self._forgotten(found)
        if self._dark:  # by a reload that nobody heard of, or they have just registered: that is soon known
            self._compare_at = time.monotonic() + DARK_SECONDS
        self._waker.begin(filter(self._states.is_there, self._states.own))
        by_number: dict[str, list[str]] = {}
        for contact in found:
            by_number.setdefault(contact.number, []).append(contact.id)
        self._waker.ask(by_number)

    def _have_reloaded(self) -> None:
        """Asterisk has read its settings of SIP anew; if by hand, it is made to once more, with what it is to watch."""
        if not watching.is_forgotten(self._node.engine_file) or not self._reload():
            self._begin()

    def _reload(self) -> bool:
        """Not where nothing can be listed: Asterisk would forget as much, again and again."""
        if not watching.list_again(self._node):
            return False
        self._mouth.ask("Reload", Module=watching.MODULE)
        return True

    def _forgotten(self, found: list[Contact]) -> set[str]:
        """The numbers that Asterisk was made to watch and does not, though it has a phone of theirs."""
        dark = {each.number for each in found if each.status == NOT_ASKED and not self._states.is_there(each.number)}
        return {number for number in dark if self._waker.has_woken(number)}

    def _let_wake(self) -> None:
        """Once the list of the start is gone: each that wakes would have Asterisk read it."""
        if self._listed_until and time.monotonic() > self._listed_until:
            self._listed_until = 0.0
            watching.after_start(self._node.engine_file)
        if not self._listed_until:
            for number in self._waker.step():
                self._look(number, [0])

    def _list(self) -> list[Contact]:
        """All phones; the state of each number that Asterisk watches is heard."""
        began = time.monotonic()
        said = self._mouth.ask_for_list("PJSIPShowRegistrationInboundContactStatuses")
        devices = self._mouth.ask_for_list("DeviceStateList")
        now = time.monotonic()
        self._compare_at = now + max(COMPARE_SECONDS, COMPARE_SHARE * (now - began))
        found = [live.contact_of(message) for message in said if message.get("ID")]
        self._unreachable = {contact.number for contact in found if contact.status == UNREACHABLE}
        self._states = DeviceStates(devices)
        return found

    def _compare(self) -> None:
        """What was heard with what Asterisk says; what is heard later is newer than that."""
        self._trunks_changed = True
        found = self._list()
        differing = live.replace_all(self._db, found, self._states.all_shown())
        before, self._dark = self._dark, self._forgotten(found)
        if still := before & self._dark - self._reloaded_for:  # not one that has just registered
            self._reloaded_for |= still  # whom it does not help, it is not done for again
            self._reload()
        if differing:
            some = ", ".join(sorted(differing)[:SHOWN])
            logger.warning("Corrected phone status that differed from Asterisk (%s in all): %s", len(differing), some)
        for number in differing:
            self._look(number, [0])

    def _hear(self, message: Message) -> None:
        event = message.get("Event")
        if trunks.is_about_one(message):
            self._trunks_changed = True
            return
        if event in SECURITY:
            self._security(message)
        if event == "FailedACL" and message.get("ACLName") == FULL:
            self._look_for_gone(message.get("AccountID", ""))
        if event == "DeviceStateChange" and (number := self._states.hear(message)):
            self._changed.add(number)
            if self._states.is_there(number):
                self._waker.confirm(number)
        elif event == "ContactStatus":
            number, status = message.get("AOR", ""), message.get("ContactStatus")
            self._look(number, [0])
            if status == UNREACHABLE:
                self._unreachable.add(number)
                if self._sources.has_signed_in(number, BACK_SECONDS):
                    self._back.add(number)
            if status in (REACHABLE, UNREACHABLE):
                self._waker.confirm(number)
        elif event == "SuccessfulAuth":
            self._signed_in(message)
        elif event == "Newchannel":
            self._calls += calls.begins(message)
        elif event == "MessageWaiting":
            number = message.get("Mailbox", "").partition("@")[0]
            if is_extension_number(number):
                self._mailboxes([number])
        elif event in failed_registrations.EVENTS:
            self._failed.hear(message, time.time())

    def _signed_in(self, message: Message) -> None:
        number, remote = message.get("AccountID", ""), message.get("RemoteAddress", "").split("/")
        if message.get("Service") != "PJSIP" or len(remote) != 4 or not is_extension_number(number):
            return
        self._sources.note(number, remote[2])
        self._remote[number] = remote[1:]
        if not self._may_use(number, remote[1].lower()):
            self._note(number, "transport")
            self._look(number, AFTER_SIGN_IN)
        if number in self._unreachable:
            self._back.add(number)
        # Of one that is awake Asterisk tells, unless its extension was made anew meanwhile, as after an undo.
        if not self._waker.is_awake(number) or not live.phones(self._db, [number]):
            self._look(number, AFTER_SIGN_IN)

    def _may_use(self, number: str, transport: str) -> bool:
        return self._allowed(number) in ("any", transport)

    def _note(self, number: str, cause: str) -> None:
        """What went wrong with the phone that the number signed in with last."""
        now, (over, host, port) = time.time(), self._remote[number]
        self._failed.add(Attempt(number, cause, host, f"{host}:{port}", over, 1, now, now))

    def _note_refused(self) -> None:
        refused = self._refused.take()
        if refused.no_port:
            self._no_port()
        for number in refused.sound:
            if number in self._remote:
                self._note(number, "sound")

    def _look_for_removed(self) -> None:
        """Whatever Asterisk says of it: what is heard of one that the portal removes may come too early, or not."""
        for number in live.being_removed(self._db, watching.AT_ONCE):
            if number not in self._looks:
                self._look(number, [REMOVED_SECONDS])

    def _look_for_gone(self, number: str) -> None:
        """A phone was one too many. One that has restarted is let in once its former self is known to be gone."""
        now = time.monotonic()
        if is_extension_number(number) and now > self._asked_at.get(number, 0.0):
            self._asked_at = {each: until for each, until in self._asked_at.items() if until > now}
            self._asked_at[number] = now + ASK_AGAIN_SECONDS
            with suppress(AmiRefused):
                self._mouth.ask("PJSIPQualify", Endpoint=number)

    def _ask_those_back(self) -> None:
        """A phone that Asterisk holds for vanished, and that has signed in, is not called before it is asked again."""
        for number in self._back & self._unreachable:
            with suppress(AmiRefused):  # its extension is deleted or disabled
                self._mouth.ask("PJSIPQualify", Endpoint=number)
        self._back.clear()

    def _look(self, number: str, after: Sequence[float]) -> None:
        """Ask for the phones of the number, after so many seconds each."""
        if is_extension_number(number):
            now = time.monotonic()
            self._looks[number] = sorted({*self._looks.get(number, []), *(now + each for each in after)})[:MOST_LOOKS]

    def _look_now(self) -> None:
        now = time.monotonic()
        due = [number for number, times in self._looks.items() if times[0] <= now][: watching.AT_ONCE]
        found = {}
        for number in due:
            later = [each for each in self._looks.pop(number) if each > now]
            if later:
                self._looks[number] = later
            said = proof.contacts(proof.endpoint(self._mouth, number))
            its = [live.contact_of(each) for each in said if self._stays(number, each)]
            found[number] = self._without_foreign(its)
            if not any(each.status == UNREACHABLE for each in its):
                self._unreachable.discard(number)
        if found:
            live.replace(self._db, found, lambda number: self._sources.has_signed_in(number, SIGN_OFF_SECONDS))
            self._seen(contact for its in found.values() for contact in its)
            self._waker.ask({number: [contact.id for contact in its] for number, its in found.items()})

    def _stays(self, number: str, contact: Message) -> bool:
        """Takes it away where its phone came over a transport that it may not use."""
        if self._may_use(number, proof.transport(contact)):
            return True
        live.mark_removed(self._db, [contact["ID"]])
        ari.delete_contact(self._node, contact["ID"])
        return False

    def _without_foreign(self, contacts: list[Contact]) -> list[Contact]:
        """Takes those away that are where no phone of the number signs in from."""
        foreign = self._sources.foreign(contacts)
        own = [each for each in contacts if each not in foreign]
        doubtful, proven = self._sources.judge(foreign, own)
        for each in doubtful:
            self._look(each.number, [PATIENCE_SECONDS])
        for each in proven:
            ari.delete_contact(self._node, each.id)
            logger.warning("Removed a registration of %s at %s, where none of its phones is", each.number, each.address)
        return own

    def _write(self) -> None:
        if self._changed:
            live.set_states(self._db, {number: self._states.shown(number) for number in self._changed})
            self._changed = set()
        if failed := self._failed.take():
            live.add_attempts(self._db, failed)
        if self._calls:
            live.add_calls(self._db, self._calls, time.time())
            self._calls = 0
        if time.monotonic() > self._beat_at + live.HEARTBEAT_SECONDS:
            self._mouth.ask("Ping", PING_SECONDS)  # a connection stays open when Asterisk hangs
            live.beat(self._db, hears=True)
            self._beat_at = time.monotonic()
