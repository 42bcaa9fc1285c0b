"""Whose the messages of a number are: the next person who gets the number hears none of them.

The box of an extension that is gone is parked under the extension's id, and comes back with it. It goes for good with
the restore point that could bring the extension back.
"""

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from asterisk.engine.render import Rows
from asterisk.engine.snapshot import chunks
from asterisk.engine.store import Step
from asterisk.live import voicemail_spool as spool
from extensions.models import SipExtension

OWNER = ".extension"  # in a box: the id of the extension whose it is


def parked(directory: Path) -> Path:
    return spool.boxes(directory).with_name("parked")


def settle(directory: Path, wanted: Mapping[str, Rows], since: list[Step]) -> None:
    """After these rows are on the PBX. `since`: what a number had before, where it differs. Raises OSError."""
    before = {step.number: step.before for step in since}
    boxes = [number for number in wanted if spool.box(directory, number).is_dir()]
    any_is_parked = parked(directory).is_dir() and any(parked(directory).iterdir())
    owner_of: dict[str, UUID] = {}
    for some in chunks(wanted if any_is_parked else boxes):
        owner_of |= SipExtension.objects.filter(number__in=some).values_list("number", "pk")
    for number in boxes:
        _settle(directory, number, owner_of.get(number), is_new=before.get(number) == Rows())
    for number, owner in owner_of.items():
        _bring_back(directory, number, owner)


def _settle(directory: Path, number: str, owner: UUID | None, *, is_new: bool) -> None:
    box = spool.box(directory, number)
    mark = box / OWNER
    marked = mark.read_text() if mark.is_file() else ""
    if owner is None or (marked and marked != str(owner)) or (is_new and not marked):
        park(directory, box, marked or f"{number}-{time.time_ns()}")
    elif not marked:
        mark.write_text(str(owner))


def park(directory: Path, box: Path, name: str) -> None:
    place = parked(directory) / name
    place.parent.mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(place, ignore_errors=True)  # of the same extension, from a time before
    box.rename(place)
    place.touch()


def _bring_back(directory: Path, number: str, owner: UUID) -> None:
    place, box = parked(directory) / str(owner), spool.box(directory, number)
    if place.is_dir() and not box.exists():
        place.rename(box)


def forget(directory: Path, before: float) -> None:
    """The boxes that were parked before then, in seconds of the epoch. Raises OSError."""
    for place in parked(directory).iterdir() if parked(directory).is_dir() else ():
        if place.stat().st_mtime < before:
            shutil.rmtree(place)
