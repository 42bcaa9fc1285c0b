"""Asterisk as the portal's PBX: what extensions.pbx.Pbx asks for."""

import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from asterisk import ari, dialplan, nodes, outside
from asterisk.ami.client import Ami, AmiError, SignInRefused, connected
from asterisk.apply import message_lights
from asterisk.apply.run import apply, apply_preferences
from asterisk.engine import store as engine
from asterisk.engine.store import EngineError
from asterisk.live import (
    attacks,
    outbound_locks,
    removal,
    trunks,
    voicemail_copy,
    voicemail_greeting,
    voicemail_repair,
    voicemail_spool,
)
from asterisk.live import store as live
from asterisk.live.voicemail_spool import Stored
from asterisk.models import ApplyRun, BlockedAddress, CheckRun
from asterisk.nodes import Node
from asterisk.process import certificate
from asterisk.readback import proof
from core import localization, reach
from core.coded_text import CodedText
from extensions.pbx import (
    Applied,
    Attempt,
    Cause,
    Ending,
    Folder,
    Line,
    LineState,
    MailboxOpen,
    MessageGone,
    Offline,
    PbxError,
    Phone,
    State,
)
from trunks.pbx import TrunkState, TrunkWord
from trunks.probe.client import SENTENCES, Outcome

STATE_TIMEOUT_SECONDS = 1.15  # Asterisk takes a second to refuse a sign-in
SAME_SECONDS = 0.5
MOST_ATTEMPTS = 20
KEPT = _("Changes are saved, and applied as soon as the PBX is running.")
NOT_RESPONDING = _(
    "Changes are saved, and applied as soon as the PBX is running. If this lasts, restart the portal and its PBX."
)
STARTING = _("It responds, but is not reading its table yet. Changes are saved. If this lasts, restart the PBX.")
LOCKED_OUT = _(
    "It refuses the portal's sign-in. Changes are saved. If this lasts, check AMI_SECRET and ARI_SECRET, and restart"
    " the portal and its PBX."
)

FOLDERS = {
    Folder.NEW: voicemail_spool.NEW,
    Folder.HEARD: voicemail_spool.HEARD,
    Folder.DELETED: voicemail_spool.DELETED,
}
# Asterisk's device state -> the line's; every other one is idle, or offline where no phone is registered.
STATES = {
    "INUSE": LineState.BUSY,
    "BUSY": LineState.BUSY,
    "ONHOLD": LineState.BUSY,
    "RINGING": LineState.RINGING,
    "RINGINUSE": LineState.RINGING,
}


def _phone(contact: live.Contact) -> Phone:
    return Phone(
        id=contact.id,
        answers=contact.status not in live.ABSENT,
        address=contact.address,
        host=contact.host,
        model=contact.model,
        since=datetime.fromtimestamp(contact.since, UTC),
        transport=contact.transport,
    )


def _offline(offline: live.Offline | None) -> Offline | None:
    return Offline(datetime.fromtimestamp(offline.at, UTC), Ending(offline.ending)) if offline else None


def _line(contacts: list[live.Contact], device: str, offline: live.Offline | None) -> Line:
    phones = tuple(map(_phone, contacts))
    if not phones:
        return Line(STATES.get(device, LineState.OFFLINE), offline=_offline(offline))
    resting = LineState.IDLE if any(phone.answers for phone in phones) else LineState.UNREACHABLE
    return Line(STATES.get(device, resting), phones)


def _attempt(attempt: live.Attempt) -> Attempt:
    return Attempt(
        account=attempt.account,
        cause=Cause(attempt.cause),
        host=attempt.host,
        transport=attempt.transport,
        times=attempt.times,
        first_at=datetime.fromtimestamp(attempt.first_at, UTC),
        last_at=datetime.fromtimestamp(attempt.last_at, UTC),
    )


# Asterisk's words for a registration, and for a server that is asked.
REGISTRATIONS = {
    "Registered": TrunkWord.REGISTERED,
    "Unregistered": TrunkWord.REGISTERING,
    "Rejected": TrunkWord.REFUSED,
    "Stopped": TrunkWord.REFUSED,
}
SERVERS = {"Reachable": TrunkWord.REACHABLE, "Unreachable": TrunkWord.UNREACHABLE}


REFUSALS = {
    "401": Outcome.WRONG_PASSWORD,
    "403": Outcome.WRONG_PASSWORD,
    "407": Outcome.WRONG_PASSWORD,
    "404": Outcome.UNKNOWN_NAME,
}


def _refusal(status: str) -> str:
    return f"{SENTENCES[REFUSALS.get(status, Outcome.REFUSED)]} (SIP {status})"


def _trunk_state(trunk: live.Trunk | None, registers: bool, answer: str | None) -> TrunkState:
    """`answer`: the status of the last refusal; "": there was no answer; None: there was no refusal."""
    if trunk is None:
        return TrunkState(TrunkWord.UNKNOWN)
    word = (REGISTRATIONS if registers else SERVERS).get(trunk.status, TrunkWord.UNKNOWN)
    if word is TrunkWord.REGISTERING and answer is not None:
        word = TrunkWord.REFUSED if answer else TrunkWord.NO_ANSWER
    why = _refusal(answer) if answer and word is TrunkWord.REFUSED else ""
    return TrunkState(word, datetime.fromtimestamp(trunk.since, UTC), why)


class Seen:
    """What Asterisk said of itself, for a moment: while the listener hears it, and its table is the same file."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._table: tuple[int, ...] | None = None
        self._until = 0.0
        self._state = State(False, "")

    def state(self) -> State:
        table = _table(self._node.engine_file)
        if table == self._table and time.monotonic() < self._until and _is_heard(self._node.live_file):
            return self._state
        state = _asked(self._node)
        self._table, self._state = table, state
        self._until = time.monotonic() + SAME_SECONDS if state.up else 0.0
        return state


@cache
def _seen(node: Node) -> Seen:
    return Seen(node)


def _table(engine_file: Path) -> tuple[int, ...] | None:
    if not engine_file.exists():
        return None
    file = engine_file.stat()
    return file.st_ino, file.st_size, file.st_mtime_ns, file.st_mode


def _is_heard(live_file: Path) -> bool:
    try:
        with live.opened(live_file) as db:
            return live.is_fresh(db)
    except (sqlite3.Error, OSError):
        return False


def _asked(node: Node) -> State:
    try:
        with connected(node, STATE_TIMEOUT_SECONDS) as ami:
            read = proof.table(ami, STATE_TIMEOUT_SECONDS)
        with engine.opened(node.engine_file) as db:
            there = engine.token(db)
        if read:
            ari.check(node, STATE_TIMEOUT_SECONDS)
    except SignInRefused:
        return State(False, _("PBX refuses the portal"), LOCKED_OUT)
    except AmiError:
        return State(False, _("PBX not responding"), NOT_RESPONDING)
    except EngineError as error:
        return State(False, _("PBX table unusable"), str(error))
    if not read:  # one that ends says so too: only another token is another table
        return State(False, _("PBX starting"), STARTING)
    if read != there:
        return State(
            False, _("PBX needs a restart"), _("Its table was replaced while it was running. Restart the PBX.")
        )
    return State(True, _("PBX running"), _("Asterisk is responding."))


class Asterisk:
    def __init__(self, node: Node | None = None) -> None:
        self.node = node or nodes.from_settings()

    def state(self) -> State:
        if not settings.PBX_EXPECTED:
            return State(False, _("No PBX on this machine"), KEPT)
        differing = CheckRun.objects.exclude(finished_at=None).values_list("differing", flat=True).first()
        words = ngettext("%(count)s extension differs", "%(count)s extensions differ", differing or 0)
        trouble = words % {"count": localization.count(differing)} if differing else ""
        look = reverse("history:checks")
        return replace(_seen(self.node).state(), trouble=trouble, look=look)

    def apply(self, numbers: Iterable[str], by: User | None) -> Applied:
        run = apply(self.node, numbers, by, settings.LOCK_SECONDS)
        return Applied(run.outcome == ApplyRun.Outcome.PROVED, run.explanation_text)

    def apply_preferences(self, by: User | None, fields: Collection[str] | None = None) -> Applied:
        run = apply_preferences(self.node, by, settings.LOCK_SECONDS, fields)
        return Applied(run.outcome == ApplyRun.Outcome.PROVED, run.explanation_text)

    @contextmanager
    def _heard(self) -> Iterator[sqlite3.Connection]:
        """What is so now. Raises PbxError."""
        try:
            with live.opened(self.node.live_file) as db:
                if not live.is_fresh(db):
                    raise PbxError(CodedText("pbx.not_heard"))
                yield db
        except sqlite3.Error as error:
            raise PbxError(CodedText("pbx.phones_unknown", error=error)) from error

    def lines(self, numbers: Iterable[str]) -> dict[str, Line]:
        wanted = list(numbers)
        with self._heard() as db:
            phones, states = live.phones(db, wanted), live.states(db, wanted)
            offline = live.offline(db, wanted)
        return {number: _line(phones.get(number, []), states.get(number, ""), offline.get(number)) for number in wanted}

    def registered(self, most: int) -> list[str]:
        with self._heard() as db:
            return live.registered_numbers(db, most + 1)

    def gone_since(self, since: datetime) -> list[str]:
        with self._heard() as db:
            return live.gone_since(db, since.timestamp())

    def remove_phone(self, number: str, phone: str) -> bool:
        with connected(self.node) as ami:
            registered = [contact["ID"] for contact in proof.contacts(proof.endpoint(ami, number))]
        if phone in registered:
            removal.remove(self.node, [phone])
        return phone in registered

    def attempts(self, accounts: Iterable[str]) -> list[Attempt]:
        try:
            with live.opened(self.node.live_file) as db:
                found = live.attempts(db, accounts, MOST_ATTEMPTS)
        except sqlite3.Error as error:
            raise PbxError(CodedText("pbx.attempts_unknown", error=error)) from error
        return [_attempt(each) for each in found]

    def failed_since(self, since: datetime, accounts: Collection[str] | None = None) -> list[Attempt]:
        try:
            with live.opened(self.node.live_file) as db:
                found = live.attempts_since(db, since.timestamp(), accounts)
        except sqlite3.Error as error:
            raise PbxError(CodedText("pbx.attempts_unknown", error=error)) from error
        return [_attempt(each) for each in found]

    def forget_attempts(self, accounts: Iterable[str]) -> None:
        try:
            with live.opened(self.node.live_file) as db:
                live.forget_attempts(db, accounts)
        except sqlite3.Error as error:
            raise PbxError(CodedText("pbx.attempts_stay", error=error)) from error

    def blocked(self, number: str, hosts: Iterable[str]) -> set[str]:
        network = {host: attacks.network_of(host) for host in hosts}
        found = BlockedAddress.objects.in_force().filter(network__in=set(network.values()), number__in=("", number))
        networks = set(found.values_list("network", flat=True))
        return {host for host in network if network[host] in networks}

    def states(self) -> dict[int, TrunkState]:
        try:
            with live.opened(self.node.live_file) as db:
                found = live.trunks(db)
            with engine.opened(self.node.engine_file) as tables:
                rows = tables.execute("SELECT id, 'sip:' || username || '@' || domain, registers FROM trunk").fetchall()
        except (sqlite3.Error, EngineError) as error:
            raise PbxError(CodedText("pbx.phones_unknown", error=error)) from error
        answers = trunks.last_answers(self.node.directory / "log")
        return {
            int(name.removeprefix("trunk-")): _trunk_state(found.get(name), bool(registers), answers.get(client))
            for name, client, registers in rows
        }

    def when_called(self, number: str, named: Mapping[str, str]) -> list[str]:
        try:
            return dialplan.in_words(number, dialplan.of(self.node.engine_file, number), named)
        except EngineError as error:
            raise PbxError(error.args[0]) from error

    def outbound_locked_since(self, number: str) -> datetime | None:
        try:
            with engine.opened(self.node.engine_file) as db:
                since = engine.outbound_locked_since(db, number)
        except EngineError as error:
            raise PbxError(error.args[0]) from error
        return datetime.fromisoformat(since) if since else None

    def release_outbound(self, number: str) -> None:
        try:
            with engine.opened(self.node.engine_file) as db:
                engine.release_outbound(db, number)
        except EngineError as error:
            raise PbxError(error.args[0]) from error
        outbound_locks.solve(number)

    def when_dialed(self, number: str, dialed: str) -> list[str]:
        try:
            return outside.in_words(number, outside.of(self.node.engine_file, number, dialed))
        except EngineError as error:
            raise PbxError(error.args[0]) from error

    def sound_of(self, number: str, message: str) -> Path:
        return self._message(number, message).sound

    def move_message(self, number: str, message: str, to: Folder) -> None:
        found = self._message(number, message)
        if found.folder != FOLDERS[to]:
            self._ask_mailbox("VoicemailMove", found, number, ToFolder=FOLDERS[to])

    def erase_message(self, number: str, message: str) -> None:
        self._ask_mailbox("VoicemailRemove", self._message(number, message), number)

    def tell_messages_apart(self, number: str) -> None:
        with connected(self.node) as ami:
            self._not_while_open(ami, number)  # what somebody saves by phone is in two folders until they hang up
        try:
            voicemail_copy.give_own_ids(self.node.directory, number)
        except OSError as error:
            raise PbxError(CodedText("pbx.mailbox_unreadable", error=error)) from error

    def mend_mailbox(self, number: str) -> tuple[int, int]:
        with connected(self.node) as ami:
            self._not_while_open(ami, number)
            found = voicemail_repair.mend(self.node.directory, number)
            message_lights.look(ami, number)
        return found

    def greeting(self, number: str) -> Path | None:
        try:
            return voicemail_greeting.find(self.node.directory, number)
        except OSError as error:
            raise PbxError(CodedText("pbx.mailbox_unreadable", error=error)) from error

    def set_greeting(self, number: str, wav: bytes | None) -> None:
        try:
            if wav is None:
                voicemail_greeting.remove(self.node.directory, number)
            else:
                voicemail_greeting.put(self.node.directory, number, wav)
        except OSError as error:
            raise PbxError(CodedText("pbx.mailbox_unreadable", error=error)) from error

    def _message(self, number: str, message: str) -> Stored:
        try:
            found = voicemail_spool.find(self.node.directory, number, message)
        except OSError as error:
            raise PbxError(CodedText("pbx.mailbox_unreadable", error=error)) from error
        if found is None:
            raise MessageGone(CodedText("pbx.message_gone"))
        return found

    def _ask_mailbox(self, action: str, message: Stored, number: str, **more: Any) -> None:
        which: dict[str, Any] = {"Context": voicemail_spool.CONTEXT, "Folder": message.folder, "ID": message.message_id}
        with connected(self.node) as ami:
            self._not_while_open(ami, number)  # whose call counts messages by their place, which moving one changes
            answer = ami.ask(action, Mailbox=number, **which, **more)
        if "failed" in answer.get("Message", ""):  # which it calls a success
            raise PbxError(CodedText("pbx.message_not_moved"))

    def _not_while_open(self, ami: Ami, number: str) -> None:
        listening = ami.ask("Getvar", Variable=f"GROUP_COUNT({number}@mailbox)").get("Value", "")
        if listening not in ("", "0"):
            raise MailboxOpen(CodedText("pbx.mailbox_open"))

    def secure_port(self) -> int:
        return self.node.sip_tls_port

    def is_certified(self, server: str) -> bool:
        found = certificate.installed(self.node)
        return found is not None and found.is_good_for(server)

    def address(self) -> tuple[str, int]:
        addresses = self.node.sip_addresses
        return next((each for each in addresses if each in reach.EVERYWHERE), addresses[0]), self.node.sip_port
