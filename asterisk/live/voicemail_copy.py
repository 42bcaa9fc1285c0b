"""Copies messages into the mailbox of another number, beside Asterisk, which may write there at the same moment.

Each folder of a mailbox is locked as Asterisk does it: by a link to a file of one's own (main/app.c, ast_lock_path).
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from asterisk.live import voicemail_spool as spool
from asterisk.live.voicemail_spool import Stored
from core import whole_file

LOCK_SECONDS = 5.0
AGAIN_SECONDS = 0.05
STALE_SECONDS = 60.0  # whoever held it so long was killed: it is held for as long as it takes to rename a file
LOCK = ".lock"
COPIED = ".copied"  # in a box: a line for each message of which another has a copy, "TO MESSAGE"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Raises OSError."""
    own, lock = folder / f"{LOCK}-{token_hex(4)}", folder / LOCK
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


def unlock_stale(directory: Path, seconds: float = STALE_SECONDS) -> None:
    """Asterisk, too, leaves a lock behind when it is killed, and then loses each message for the mailbox.

    Raises OSError where all are out of reach; one that cannot be read hides no other.
    """
    for number in spool.numbers(directory):
        for folder in spool.FOLDERS:
            lock = spool.box(directory, number) / folder / LOCK
            with suppress(OSError):
                if time.time() - lock.stat().st_mtime >= seconds:
                    lock.unlink()


def give_own_ids(directory: Path, number: str) -> None:
    """Asterisk forwards a message with its id: the later of two in one box gets another. Raises OSError."""
    first: dict[str, Stored] = {}
    for message in sorted(spool.messages(directory, number), key=lambda each: _text(each).stat().st_mtime_ns):
        before = first.setdefault(message.message_id, message)
        if before is not message:
            _give_own_id(message, before)


def _give_own_id(message: Stored, before: Stored) -> None:
    """Where both are still what they were: one that is moved meanwhile is seen in two folders."""
    same = f"msg_id={message.message_id}\n".encode()
    own = f"msg_id={int(time.time())}-{token_hex(4)}\n".encode()
    with locked(message.sound.parent):
        text = _text(message).read_bytes()
        if same in text and same in _text(before).read_bytes():
            whole_file.write(_text(message), text.replace(same, own, 1))


def _text(message: Stored) -> Path:
    return message.sound.with_suffix(".txt")


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
    sound, text = folder / "copy.draft", folder / "copy-text.draft"
    shutil.copyfile(message.sound, sound)
    shutil.copyfile(_text(message), text)
    with locked(folder):
        taken = [int(each.stem[3:]) for each in folder.glob("msg[0-9]*.*")]
        place = folder / f"msg{max(taken, default=-1) + 1:04}.txt"
        sound.replace(place.with_suffix(".wav"))
        text.replace(place)
