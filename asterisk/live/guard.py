"""Keeps attackers out: what the listener hears is counted here, beside it, and whoever is over the limit is blocked.

A block is in force before it is written down, and is written down as soon as the portal's database takes it. From then
on the database says which are in force: what people lift there, the next round takes away.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Condition, Thread

from django.db import DatabaseError, connections
from django.utils import timezone

from asterisk.ami.client import AmiError
from asterisk.ami.protocol import Message
from asterisk.engine import store as engine
from asterisk.live import block_files, blocks, emails
from asterisk.live import store as live
from asterisk.live.attacks import Attack, Attackers, Limits, network_of
from asterisk.live.block_files import BLOCKED, SCANNERS
from asterisk.live.blocks import Block, Rules
from asterisk.nodes import Node
from extensions.validators import allows

ROUND_SECONDS = 1.0
RELOADS_SECONDS, WITHIN_SECONDS = 3.0, 30.0  # that all reloads may take
STOP_SECONDS = 2.0
MOST_WAITING = 50_000  # events that are not counted yet
JUST_NOW_SECONDS = 10.0  # who has signed in since has a phone there, which may not be seen yet
FORGET_SECONDS = 3600.0
LOOPBACK = "127.0.0.0/8, ::1"
logger = logging.getLogger(__name__)

Heard = Callable[[Message], None]


def ignored(_: Message) -> None:
    """By who blocks nobody."""


class Guard:
    """Takes each event at once; a thread of its own counts, blocks, and lifts what is over."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._waiting: list[Message] = []
        self._changed = Condition()
        self._over = False
        self._thread = Thread(target=self._work, name="guard", daemon=True)
        self._rules: Rules | None = None
        self._attackers = Attackers(Limits())
        self._in_force: dict[Block, datetime] = {}
        self._unsaved: list[tuple[Attack, Block]] = []
        self._lifted: set[Block] = set()  # Asterisk may still refuse them, and what it refuses is no try
        self._to_reload = {BLOCKED, SCANNERS}  # what was written before this began may not have been taken
        self._round_at = self._forget_at = 0.0
        self._reloads: list[tuple[float, float]] = []  # when each has ended, and how long it took

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join(STOP_SECONDS)

    def take(self, message: Message) -> None:
        with self._changed:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(message)
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._over or bool(self._waiting), ROUND_SECONDS)
                if self._over:
                    return
                taken, self._waiting = self._waiting, []
            try:
                self.round(taken)
            except Exception:
                logger.exception("Could not block attackers")

    def round(self, heard: list[Message]) -> None:
        for message in heard:
            self._attackers.hear(message)
        found = [(attack, block) for attack in self._attackers.due() if (block := self._block(attack))]
        if self._rules and found:
            until = timezone.now() + timedelta(minutes=self._rules.block_minutes)
            self._in_force |= {block: until for _, block in found}
            self._unsaved += found
            self._put()
        if found or time.monotonic() >= self._round_at:
            self._round_at = time.monotonic() + ROUND_SECONDS
            self._agree()
            self._put()

    def _block(self, attack: Attack) -> Block | None:
        """What is to be kept out: the address, or where others' phones are, from the extension that is guessed at."""
        rules, network = self._rules, attack.network
        if not rules or not rules.on or rules.spare(network) or self._is_this_machine(network):
            return None
        block = Block(network, attack.number)
        if block in self._in_force or Block(network, "") in self._in_force:
            return None
        has_others = self._has_phones(network, "")
        if not attack.number:
            return None if has_others else block
        return block if has_others and not self._has_phones(network, attack.number) else None

    def _is_this_machine(self, network: str) -> bool:
        """By which all may come that a program here passes on, unless phones are on this machine alone."""
        return blocks.is_in(network, LOOPBACK) and not allows(LOOPBACK, self._node.sip_bind)

    def _has_phones(self, network: str, number: str) -> bool:
        """Of the number; "": of any."""
        if self._attackers.has_signed_in(network, number, JUST_NOW_SECONDS):
            return True
        try:
            with live.opened(self._node.live_file) as db:
                return any(network_of(host) == network for host in live.hosts(db, number))
        except (sqlite3.Error, OSError) as error:
            logger.warning("Cannot tell whether phones are at %s: %s", network, error)
            return True  # whoever goes on is looked at again

    def _agree(self) -> None:
        """With the database, in both directions."""
        try:
            rules = Rules.read()
            for attack, block in list(self._unsaved):
                blocks.add(attack, block.number, rules)
                self._unsaved.remove((attack, block))
            in_force = blocks.in_force(rules)
            self._lifted |= self._in_force.keys() - in_force.keys()
            self._in_force = in_force
            emails.tell()
            if time.monotonic() > self._forget_at:
                self._forget_at = time.monotonic() + FORGET_SECONDS
                blocks.forget_old()
            self._rules = rules
            self._attackers.limits = Limits(rules.tries, 60.0 * rules.minutes)
        except DatabaseError as error:
            logger.warning("Could not record blocked addresses: %s", error)
            now = timezone.now()
            in_force = {block: until for block, until in self._in_force.items() if until > now}
            self._lifted |= self._in_force.keys() - in_force.keys()
            self._in_force = in_force
        finally:
            connections.close_all()

    def _reload(self) -> bool:
        """Have Asterisk read the files, unless it has done little else. Raises AmiError.

        It stops for that as long as it takes to look at all the phones that it watches. An attack from many addresses
        must not have it do nothing else.
        """
        began = time.monotonic()
        self._reloads = [(ended, took) for ended, took in self._reloads if began - ended < WITHIN_SECONDS]
        if sum(took for _, took in self._reloads) > RELOADS_SECONDS:
            return False
        block_files.reload(self._node, sorted(self._to_reload))
        self._to_reload.clear()
        ended = time.monotonic()
        self._reloads.append((ended, ended - began))
        return True

    def _put(self) -> None:
        """What is in force to Asterisk, where it differs."""
        if self._rules is None:
            return
        try:
            whole = [block.network for block in self._in_force if not block.number]
            texts = {BLOCKED: block_files.blocked(whole)}
            texts[SCANNERS] = block_files.scanners(self._rules.agents, self._rules.dialled) if self._rules.on else ""
            for name, text in texts.items():
                if not block_files.has(self._node, name, text):
                    self._to_reload.add(name)
                    block_files.write(self._node, name, text)
            with engine.opened(self._node.engine_file) as db:
                engine.keep_out(db, {(block.number, block.network) for block in self._in_force if block.number})
            if self._to_reload and not self._reload():
                return
            for block in self._lifted:
                self._attackers.let_in(block.network, time.time())
            self._lifted.clear()
        except (AmiError, engine.EngineError, sqlite3.Error, OSError) as error:
            logger.info("The PBX has not taken the blocked addresses: %s", error)
