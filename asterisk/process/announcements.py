"""The sounds of announcements, where the dial plan plays them from: a file each, named for what it sounds like."""

from collections.abc import Set
from pathlib import Path

from asterisk.engine.store import EngineError
from core import whole_file
from core.coded_text import CodedText
from trunks.models import AnnouncementSound

FOLDER = "spool/announcements"


def put(directory: Path, versions: Set[str]) -> None:
    """These, beside those that are there. Raises EngineError."""
    for version in lacking(directory, versions):
        path = file_of(directory, version)
        wav = AnnouncementSound.objects.filter(pk=version).values_list("wav", flat=True).first()
        if wav is None:
            continue  # it has been forgotten, and the check says that it is missing
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            whole_file.write(path, bytes(wav), lasting=True)
        except OSError as error:
            raise EngineError(CodedText("file.unwritable", file=path.name, why=error.strerror)) from error


def forget_others(directory: Path, versions: Set[str]) -> None:
    """A call that hears one of them hears it to its end. Raises EngineError."""
    for path in others(directory, versions):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise EngineError(CodedText("file.unwritable", file=path.name, why=error.strerror)) from error


def lacking(directory: Path, versions: Set[str]) -> set[str]:
    """Those that are not there as they are stored."""
    stored = AnnouncementSound.objects.filter(pk__in=versions).values_list("pk", "wav")
    there = {version for version, wav in stored.iterator() if is_there(file_of(directory, version), bytes(wav))}
    return set(versions) - there


def is_there(path: Path, wav: bytes) -> bool:
    return path.exists() and path.read_bytes() == wav


def others(directory: Path, versions: Set[str]) -> set[Path]:
    wanted = {file_of(directory, version) for version in versions}
    return set((directory / FOLDER).glob("*")) - wanted


def file_of(directory: Path, version: str) -> Path:
    return directory / FOLDER / f"{version}.wav"
