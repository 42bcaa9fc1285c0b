"""The preferences that an apply has the PBX follow, from the moment it takes them to their proof or refusal."""

from collections.abc import Sequence
from contextlib import suppress
from types import ModuleType

from django.utils import timezone

from asterisk.ami.client import Ami, AmiError, connected
from asterisk.apply import limits, lines
from asterisk.apply import network as applied_network
from asterisk.engine.store import EngineError, opened
from asterisk.live import watching
from asterisk.models import ApplyRun
from asterisk.nodes import Node
from asterisk.process import hold_music, network, tones
from core.coded_text import CodedText
from core.preferences.models import SystemChange

Field = SystemChange.Field
SOUNDS = {Field.COUNTRY: tones, Field.HOLD_MUSIC: hold_music}  # which Asterisk reads anew


def take(run: ApplyRun, changes: Sequence[SystemChange]) -> None:
    """Inside a transaction. From here on they count as given to the PBX."""
    run.preferences = list(changes)
    if changes:
        run.system_changes.set(changes)
        run.system_changes.update(taken=True)


def put(node: Node, run: ApplyRun) -> None:
    """Raises EngineError."""
    for sound in _sounds(run):
        sound.put(node.directory)
    if _limits(run):
        with opened(node.engine_file) as db:
            limits.put(db)
    if _network(run):
        network.put(node)
    if _lines(run):
        lines.put(node)


def prove(node: Node, ami: Ami, run: ApplyRun) -> CodedText | None:
    """Do what the rows alone do not do, and compare. Gives what Asterisk reloaded for it."""
    if _network(run):
        run.values_compared += applied_network.prove(ami, node)
    if _limits(run):
        run.values_compared += limits.prove(ami)
    if _lines(run):
        run.values_compared += lines.prove(node, ami, trunks_changed=_changes_trunks(run))
        for change in run.preferences:
            if change.field == Field.LINES:
                lines.register_again(ami, change.old, change.new)
    sounds = _sounds(run)
    for sound in sounds:
        sound.reload(ami)
    if len(sounds) == len(SOUNDS):
        return CodedText("apply.tones_and_music")
    return CodedText("apply.tones" if sounds == [tones] else "apply.music") if sounds else None


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
    for sound in _sounds(run):
        with suppress(AmiError, EngineError):
            sound.put(node.directory)
            with connected(node) as ami:
                sound.reload(ami)
    if _network(run):
        with suppress(AmiError, EngineError), connected(node) as ami:
            network.put(node)
            watching.reload(node, ami)
    if _limits(run):
        with suppress(EngineError), opened(node.engine_file) as db:
            limits.put(db)
    if _lines(run):
        with suppress(AmiError, EngineError), connected(node) as ami:
            lines.put(node)
            if _changes_trunks(run):
                lines.reload(node, ami)


def _sounds(run: ApplyRun) -> list[ModuleType]:
    changed = {change.field for change in run.preferences}
    return [sound for field, sound in SOUNDS.items() if field in changed]


def _network(run: ApplyRun) -> bool:
    return any(change.field in SystemChange.OF_THE_NETWORK for change in run.preferences)


def _limits(run: ApplyRun) -> bool:
    return any(change.field in limits.ROWS for change in run.preferences)


def _lines(run: ApplyRun) -> bool:
    """Those of the country are dialled as it does."""
    return any(change.field in (Field.LINES, Field.COUNTRY) for change in run.preferences)


def _changes_trunks(run: ApplyRun) -> bool:
    return any(change.field == Field.LINES for change in run.preferences)
