"""What a full disk or a killed Asterisk leaves in a mailbox.

Where the disk is full, Asterisk puts a text file without words in the place of a message: it counts it, and turns the
light on, and nobody finds a message.
"""

import logging
import time
from contextlib import suppress
from enum import Enum
from pathlib import Path
from secrets import token_hex

from asterisk.live import voicemail_spool as spool
from asterisk.live.voicemail_copy import locked
from core import whole_file

SETTLED_SECONDS = 60.0  # a text so old is not being written: it comes to its place when it is whole
HEADER = 44  # bytes of a WAV before its samples
BYTES_A_SECOND = 16_000
logger = logging.getLogger(__name__)
TEXT = """[message]
callerid=Unknown
origtime={at}
msg_id={at}-{token}
duration={seconds}
"""


class Outcome(Enum):
    KEPT = "kept"
    LOST = "lost"


def damaged(directory: Path, number: str) -> list[Path]:
    """The text files in the place of messages that tell of none, and will not."""
    return [text for text in spool.unreadable(directory, number) if _is_settled(text)]


def mend(directory: Path, number: str) -> tuple[int, int]:
    """Give each whose sound is there a text again, and delete the rest: how many of both.

    What cannot be written now, as the disk is still full, is for another time.
    """
    found = [_mend(text) for text in damaged(directory, number)]
    return found.count(Outcome.KEPT), found.count(Outcome.LOST)


def _mend(text: Path) -> Outcome | None:
    try:
        with locked(text.parent):
            if spool.read(text) or not _is_settled(text):  # Asterisk has put another in its place
                return None
            seconds = _seconds(text.with_suffix(".wav"))
            if seconds:
                _write(text, seconds)
                return Outcome.KEPT
            _delete(text)
            return Outcome.LOST
    except OSError as error:
        logger.warning("Could not mend a damaged message: %s", error)
        return None


def forget_unfinished(directory: Path) -> None:
    """What callers were saying when Asterisk was killed: nobody goes on with it. Where it does not run.

    Raises OSError.
    """
    for number in spool.numbers(directory):
        for left in (spool.box(directory, number) / "tmp").glob("*"):
            left.unlink()


def _is_settled(text: Path) -> bool:
    with suppress(FileNotFoundError):
        return time.time() - text.stat().st_mtime >= SETTLED_SECONDS
    return False


def _seconds(sound: Path) -> int:
    with suppress(FileNotFoundError):
        return max(0, sound.stat().st_size - HEADER) // BYTES_A_SECOND
    return 0


def _write(text: Path, seconds: int) -> None:
    """Who called is not known any more."""
    at = int(text.with_suffix(".wav").stat().st_mtime) - seconds
    whole_file.write(text, TEXT.format(at=at, token=token_hex(4), seconds=seconds))


def _delete(text: Path) -> None:
    text.with_suffix(".wav").unlink(missing_ok=True)
    text.unlink()
