"""Copies messages into the mailbox of another number, beside Asterisk, which may write there at the same moment.

Each folder of a mailbox is locked as Asterisk does it: by a link to a file of one's own (main/app.c, ast_lock_path).
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from asterisk.live import voicemail_spool as spool
from asterisk.live.voicemail_spool import Stored

LOCK_SECONDS = 5.0
AGAIN_SECONDS = 0.05
COPIED = ".copied"  # in a box: a line for each message of which another has a copy, "TO MESSAGE"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Raises OSError."""
    own, lock = folder / f".lock-{token_hex(4)}", folder / ".lock"
    own.touch(mode=0o600)
    try:
        _link(own, lock)
    finally:
        own.unlink()
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _link(own: Path, lock: Path) -> None:
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return os.link(own, lock)
        except FileExistsError:
            if time.monotonic() > until:
                raise
            time.sleep(AGAIN_SECONDS)


def copy(directory: Path, number: str, to: str, to_id: str) -> int:
    """What is not deleted, each once. Gives how many. `to_id`: of the extension `to`. Raises OSError."""
    mark = spool.box(directory, number) / COPIED
    done = set(mark.read_text().splitlines()) if mark.exists() else set()
    kept = [each for each in spool.messages(directory, number) if each.folder != spool.DELETED]
    new = [each for each in kept if f"{to_id} {each.message_id}" not in done]
    for message in sorted(new, key=lambda each: each.left_at):
        _put(message, spool.box(directory, to) / message.folder)
        with mark.open("a") as file:
            file.write(f"{to_id} {message.message_id}\n")
    return len(new)


def _put(message: Stored, folder: Path) -> None:
    """The text comes last: without it there is no message."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder):
        taken = [int(each.stem[3:]) for each in folder.glob("msg[0-9]*.*")]
        place = folder / f"msg{max(taken, default=-1) + 1:04}.txt"
        shutil.copyfile(message.sound, place.with_suffix(".wav"))
        draft = place.with_suffix(".draft")
        shutil.copyfile(message.sound.with_suffix(".txt"), draft)
        draft.replace(place)
