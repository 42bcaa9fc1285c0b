"""The messages of a mailbox as Asterisk's voicemail keeps them: a sound and a text file each, in a folder of the box.

Their numbers change when others are deleted; `msg_id` does not. All that a caller may have written is data: it is read,
and is part of no path.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.validators import JOINERS

CONTEXT = "default"
# What is deleted on the page can be put back from a folder of Asterisk's without a use of its own. Its folder "Deleted"
# is none: with it (backupdeleted) each message that is moved anywhere leaves a copy, and without it a file msg-001.
NEW, HEARD, DELETED = "INBOX", "Old", "Cust5"
URGENT = "Urgent"  # callers can mark a message so before they hang up
SAVED = ("Work", "Family", "Friends")  # by phone, into what the menu offers besides new and old
FOLDERS = (NEW, URGENT, HEARD, *SAVED, DELETED)
LARGEST_TEXT = 10_000  # bytes of a message's text file
LONGEST = 2**31 - 1  # seconds that the portal's database holds
LATEST = 32_503_680_000  # the year 3000, in seconds of the epoch
ENTRY = re.compile(r"^([a-z_]+)=(.*)$", re.MULTILINE)
CALLER = re.compile(r'^"?(?P<name>.*?)"? *<(?P<number>[^<>]*)>$')


@dataclass(frozen=True)
class Stored:
    """A message; `left_at` and `written_at` (into this mailbox) in seconds of the epoch. `sound`: its file."""

    message_id: str
    folder: str
    caller_number: str
    caller_name: str
    left_at: int
    seconds: int
    sound: Path
    size: int
    written_at: float


def boxes(directory: Path) -> Path:
    """Where all mailboxes lie; `directory`: of the node."""
    return directory / "spool" / "voicemail" / CONTEXT


def box(directory: Path, number: str) -> Path:
    return boxes(directory) / number


def numbers(directory: Path) -> list[str]:
    """Those that have a mailbox with anything in it."""
    found = boxes(directory)
    return sorted(each.name for each in found.iterdir() if each.name.isdecimal()) if found.is_dir() else []


def stamp(directory: Path, number: str) -> tuple[int, ...]:
    """Changes with the messages of a box: a hundredth of the price of reading them."""
    return tuple(_changed_at(box(directory, number) / folder) for folder in FOLDERS)


def _changed_at(place: Path) -> int:
    try:
        return place.stat().st_mtime_ns
    except OSError:  # not there, or not to be read: who reads it is told
        return 0


def messages(directory: Path, number: str) -> list[Stored]:
    """Of all folders. One that Asterisk is about to write, or to renumber, may be missing for a moment."""
    return [message for folder in FOLDERS for message in _of_folder(box(directory, number) / folder)]


def unreadable(directory: Path, number: str) -> list[Path]:
    """The text files of what Asterisk counts as messages, and are none: being written, renumbered, or damaged."""
    places = [box(directory, number) / folder for folder in FOLDERS]
    return [text for place in places for text in _texts(place) if read(text) is None]


def _of_folder(place: Path) -> Iterator[Stored]:
    for text in _texts(place):
        if found := read(text):
            yield found


def _texts(place: Path) -> list[Path]:
    return sorted(place.glob("msg*.txt")) if place.is_dir() else []


def read(text: Path) -> Stored | None:
    """None: renumbered while it was read (there is another look), or as unreadable() says."""
    try:
        return _message(text, text.parent.name)
    except (OSError, ValueError, KeyError):
        return None


def _message(text: Path, folder: str) -> Stored | None:
    with text.open("rb") as file:
        entries = dict(reversed(ENTRY.findall(file.read(LARGEST_TEXT).decode("utf-8", "replace"))))  # the first counts
        written_at = os.fstat(file.fileno()).st_mtime
    sound = text.with_suffix(".wav")
    if not entries.get("msg_id") or "duration" not in entries or not sound.is_file():
        return None
    caller_id = "".join(c if c.isprintable() or c in JOINERS else " " for c in entries.get("callerid", ""))
    caller = CALLER.match(caller_id)
    left_at = int(entries["origtime"])
    return Stored(
        message_id=entries["msg_id"][:64],
        folder=folder,
        caller_number=(caller["number"] if caller else caller_id)[:63],
        caller_name=(caller["name"] if caller else "")[:255],
        left_at=left_at if 0 < left_at < LATEST else int(written_at),
        seconds=max(0, min(int(entries["duration"]), LONGEST)),
        sound=sound,
        size=sound.stat().st_size,
        written_at=written_at,
    )


def find(directory: Path, number: str, message_id: str) -> Stored | None:
    return next((each for each in messages(directory, number) if each.message_id == message_id), None)
