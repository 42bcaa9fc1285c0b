"""Whose the messages of a number are: the next person who gets the number hears none of them.

The box of an extension that is gone is parked under the extension's id, and comes back with it. It goes for good with
the restore point that could bring the extension back.
"""

import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import UUID

from asterisk.engine.render import Rows
from asterisk.engine.snapshot import chunks
from asterisk.engine.store import Step
from asterisk.live import voicemail_copy
from asterisk.live import voicemail_spool as spool
from extensions.fields import MessagesThen
from extensions.models import Change, SipExtension

OWNER = ".extension"  # in a box: the id of the extension whose it is


def parked(directory: Path) -> Path:
    return spool.boxes(directory).with_name("parked")


def settle(directory: Path, wanted: Mapping[str, Rows], since: list[Step], changes: Iterable[Change] = ()) -> list[str]:
    """After these rows are on the PBX. `since`: what a number had before, where it differs; by these changes.

    Raises OSError.

    Gives the numbers whose mailboxes were given messages of one who has left.
    """
    before = {step.number: step.before for step in since}
    boxes = [number for number in wanted if spool.box(directory, number).is_dir()]
    any_is_parked = parked(directory).is_dir() and any(parked(directory).iterdir())
    owner_of: dict[str, SipExtension] = {}
    for some in chunks(wanted if any_is_parked else boxes):
        found = SipExtension.objects.filter(number__in=some).select_related("handed_to")
        owner_of |= {each.number: each for each in found.only("number", "messages_then", "handed_to__number")}
    former = _owners_before(changes)
    for number in boxes:
        owner = owner_of[number].pk if number in owner_of else None
        _settle(directory, number, owner, former.get(number, ""), is_new=before.get(number) == Rows())
    left = {number for number, rows in wanted.items() if rows.mailbox is None}
    for number, extension in owner_of.items():
        if extension.messages_then == MessagesThen.DELETE and number in left:
            _put_away(directory, number, extension.pk)
        else:
            _bring_back(directory, number, extension.pk)
    return [
        extension.handed_to.number
        for number, extension in owner_of.items()
        if extension.messages_then == MessagesThen.COPY and extension.handed_to and number in left
        if voicemail_copy.copy(directory, number, extension.handed_to.number, str(extension.handed_to.pk))
    ]


def _owners_before(changes: Iterable[Change]) -> dict[str, str]:
    """Whose a number was before these changes."""
    found: dict[str, str] = {}
    for change in changes:
        found.setdefault(change.number, change.former["id"] if change.former else "")
    return found


def _settle(directory: Path, number: str, owner: UUID | None, former: str, *, is_new: bool) -> None:
    """A box without a mark came to be since the last apply: it is of the `former` owner, where there is one."""
    box = spool.box(directory, number)
    mark = box / OWNER
    marked = mark.read_text() if mark.is_file() else former
    if owner is None or (marked and marked != str(owner)) or (is_new and not marked):
        park(directory, box, marked or f"{number}-{time.time_ns()}")
    elif not mark.is_file():
        mark.write_text(str(owner))


def park(directory: Path, box: Path, name: str) -> None:
    place = parked(directory) / name
    place.parent.mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(place, ignore_errors=True)  # of the same extension, from a time before
    box.rename(place)
    place.touch()


def _put_away(directory: Path, number: str, owner: UUID) -> None:
    """The messages and the greeting of one who has left: as those of one who is deleted."""
    box = spool.box(directory, number)
    if box.is_dir() and not (parked(directory) / str(owner)).exists():
        park(directory, box, str(owner))


def _bring_back(directory: Path, number: str, owner: UUID) -> None:
    place, box = parked(directory) / str(owner), spool.box(directory, number)
    if place.is_dir() and not box.exists():
        place.rename(box)


def forget(directory: Path, before: float) -> None:
    """The boxes that were parked before then, in seconds of the epoch. Raises OSError."""
    for place in parked(directory).iterdir() if parked(directory).is_dir() else ():
        if place.stat().st_mtime < before:
            shutil.rmtree(place)
