"""The greeting of a mailbox as Asterisk's voicemail looks for it: a file for each reason why nobody talks."""

from pathlib import Path

from asterisk.live import voicemail_spool
from core import whole_file

# The first that is there counts: a temporary one, recorded by phone, before all others.
NAMES = ("temp.wav", "unavail.wav", "busy.wav")
TEMPORARY, *LASTING = NAMES


def find(directory: Path, number: str) -> Path | None:
    box = voicemail_spool.box(directory, number)
    return next((box / name for name in NAMES if (box / name).is_file()), None)


def put(directory: Path, number: str, wav: bytes) -> None:
    """For every reason the same. Asterisk may play one at any moment: each is swapped in whole. Raises OSError."""
    box = voicemail_spool.box(directory, number)
    box.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in LASTING:
        whole_file.write(box / name, wav, lasting=True)
    (box / TEMPORARY).unlink(missing_ok=True)


def remove(directory: Path, number: str) -> None:
    """Raises OSError."""
    for name in NAMES:
        (voicemail_spool.box(directory, number) / name).unlink(missing_ok=True)
