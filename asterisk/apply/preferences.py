"""The preferences that an apply has the PBX follow, from the moment it takes them to their proof or refusal."""

from collections.abc import Sequence
from contextlib import suppress

from django.utils import timezone

from asterisk.ami.client import Ami, AmiError, connected
from asterisk.apply import network as applied_network
from asterisk.apply import voicemail_limits
from asterisk.engine.store import EngineError, opened
from asterisk.models import ApplyRun
from asterisk.nodes import Node
from asterisk.process import network, tones, transports
from core.preferences.models import SystemChange

Field = SystemChange.Field


def take(run: ApplyRun, changes: Sequence[SystemChange]) -> None:
    """Inside a transaction. From here on they count as given to the PBX."""
    run.preferences = list(changes)
    if changes:
        run.system_changes.set(changes)
        run.system_changes.update(taken=True)


def put(node: Node, run: ApplyRun) -> None:
    """Raises EngineError."""
    if _sounds(run):
        tones.put(node.directory)
    if _limits(run):
        with opened(node.engine_file) as db:
            voicemail_limits.put(db)
    if _network(run):
        network.put(node)


def prove(node: Node, ami: Ami, run: ApplyRun) -> bool:
    """Do what the rows alone do not do, and compare. Whether Asterisk reloaded its tones for it."""
    if _network(run):
        run.values_compared += applied_network.prove(ami, node)
    if _limits(run):
        run.values_compared += voicemail_limits.prove(ami)
    if not _sounds(run):
        return False
    tones.reload(ami)
    return True


def settle(run: ApplyRun) -> None:
    if run.preferences:
        run.system_changes.unproved().update(applied_at=timezone.now())


def release(run: ApplyRun) -> None:
    """Inside a transaction. They wait again; those of one preference as one."""
    if not run.preferences:
        return
    first: dict[str, SystemChange] = {}
    now = SystemChange.objects.waiting().exclude(runs=run)
    for change in [*run.system_changes.unproved(), *now]:
        there = first.setdefault(change.field, change)
        if there is not change:
            there.new, there.by, there.at = change.new, change.by, change.at
            SystemChange.objects.filter(pk=change.pk).update(discarded_at=timezone.now())
    for change in first.values():
        change.taken = False
        change.save(update_fields=["new", "by", "at", "taken"])


def put_back(node: Node, run: ApplyRun) -> None:
    """After a release."""
    if _sounds(run):
        with suppress(AmiError, EngineError), connected(node) as ami:
            tones.put(node.directory)
            tones.reload(ami)
    if _network(run):
        with suppress(AmiError, EngineError), connected(node) as ami:
            network.put(node)
            transports.reload(ami)
    if _limits(run):
        with suppress(EngineError), opened(node.engine_file) as db:
            voicemail_limits.put(db)


def _sounds(run: ApplyRun) -> bool:
    return any(change.field == Field.COUNTRY for change in run.preferences)


def _network(run: ApplyRun) -> bool:
    return any(change.field in SystemChange.OF_THE_NETWORK for change in run.preferences)


def _limits(run: ApplyRun) -> bool:
    return any(change.field in voicemail_limits.ROWS for change in run.preferences)
