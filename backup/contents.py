"""All that cannot be made again: the database, what opens its secrets, certificates, messages and greetings."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from asterisk.live import voicemail_copy
from backup import database
from backup.archive import MARKS, SEALING_KEY, SECRET_KEY, ArchiveWriter, Manifest
from backup.errors import BackupError
from backup.places import Place
from backup.stream import Sink, Writer
from core import encryption
from core.coded_text import CodedText
from core.version import VERSION

NOT_KEPT = {"run"}  # of the front server's folder: sockets
MESSAGE = "msg"  # what the files of a message begin with


def write(file: Sink, passphrase: str, place: Place, work: Path, now: datetime, *, voicemail: bool) -> Manifest:
    """`work`: an empty folder. Raises BackupError, and OSError."""
    archive = ArchiveWriter(Writer(file, passphrase))
    with database.picture(work) as picture:
        archive.add(picture.name, picture.blocks)
    for name, secret in secrets(place.folders["secrets"]).items():
        archive.add(name, [secret])
    for name in ("reach", "https", "network.json"):
        _add(archive, name, place.folders[name])
    for path in _files(place.folders["front"]):
        inside = path.relative_to(place.folders["front"])
        if inside.parts[0] not in NOT_KEPT:
            _add(archive, f"front/{inside}", path)
    _add_voicemail(archive, place.folders["voicemail"], messages_too=voicemail)
    return archive.close(version=VERSION, made_at=now.isoformat(timespec="seconds"), **picture.facts)


def secrets(folder: Path) -> dict[str, bytes]:
    """Those in force, also where the environment gives them."""
    found = {f"secrets/{path.name}": path.read_bytes() for path in _files(folder) if path.suffix != ".lock"}
    found[SEALING_KEY] = "\n".join(encryption.keys()).encode()
    found[SECRET_KEY] = settings.SECRET_KEY.encode()
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Plain ones, in a lasting order; drafts, which begin with a dot, are none."""
    for place in _folders(folder):
        for path in sorted(place.iterdir()):
            if _is_kept(path):
                yield path


def _folders(top: Path) -> Iterator[Path]:
    """All of them, in a lasting order. One that cannot be read must not be missing from a backup unseen.

    Raises BackupError and OSError.
    """

    def fail(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise error

    for place, names, _ in os.walk(top, onerror=fail):
        names.sort()
        for each in (Path(place, name) for name in names):
            if each.is_symlink():
                raise BackupError(CodedText("backup.link", file=str(each)))
        yield Path(place)


def _is_kept(path: Path) -> bool:
    return (path.name[0] != "." or path.name in MARKS) and path.is_file() and not path.is_symlink()


def _add(archive: ArchiveWriter, name: str, path: Path) -> None:
    with suppress(FileNotFoundError), path.open("rb") as file:
        archive.add(name, database.blocks_of(file))


def _add_voicemail(archive: ArchiveWriter, folder: Path, *, messages_too: bool) -> None:
    """A folder of a mailbox at a time, in which Asterisk renumbers nothing meanwhile."""
    for place in _folders(folder):
        with ExitStack() as held:
            held.enter_context(suppress(FileNotFoundError))  # a mailbox that was deleted meanwhile
            if any(place.glob(f"{MESSAGE}*")):
                with suppress(OSError):  # Asterisk holds it for long: the copy may miss a message that moves
                    held.enter_context(voicemail_copy.locked(place))
            for path in sorted(place.iterdir()):
                if _is_kept(path) and (messages_too or not path.name.startswith(MESSAGE)):
                    _add(archive, f"voicemail/{path.relative_to(folder)}", path)


def facts(manifest: Manifest) -> dict[str, Any]:
    """What people want to know of it."""
    extensions = manifest.counts.get("extensions_sipextension", 0)
    messages = sum(_is_message(each.name) for each in manifest.members)
    return {"extensions": extensions, "people": manifest.counts.get("accounts_user", 0), "log": manifest.log_count,
            "messages": messages}  # fmt: skip


def _is_message(name: str) -> bool:
    *_, folder, last = f"//{name}".split("/")
    return folder != "" and last.startswith(MESSAGE) and last.endswith(".txt")
