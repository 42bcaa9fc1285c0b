"""What a backup holds: files by name, one after the other, and in the end the manifest that says what they must be.

A member is a name and its bytes. There is nothing else to it: no owner, no mode, no link, no device.
"""

import hashlib
import json
import os
import re
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from backup.errors import ArchiveError, BackupError
from backup.stream import Reader, Writer
from core.coded_text import CodedText

NAME, BLOCK = struct.Struct("!H"), struct.Struct("!I")
MANIFEST = "manifest.json"
DATABASES = {"database.sqlite3": "sqlite", "database.dump": "postgresql"}  # name -> what Django calls it
SEALING_KEY, SECRET_KEY = "secrets/sealing_key", "secrets/secret_key"
SINGLE = {*DATABASES, "reach", "https", "network.json"}
DEEPEST = {"secrets": 1, "front": 12, "voicemail": 4}  # parts of a name below each folder
MARKS = {".extension", ".copied"}  # of a mailbox: whose it is, and what of it others have a copy of
SEGMENT = re.compile(r"[^/\\\x00-\x1f\x7f]{1,200}")
LARGEST_BLOCK = 1 << 20
LARGEST_MANIFEST = 64_000_000
MOST_MEMBERS = 500_000
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Member:
    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`migrations`: those that its database has had, as "app.name"; `counts`: rows by table."""

    version: str
    made_at: str
    database: str
    migrations: list[str]
    counts: dict[str, int]
    log_count: int
    log_hash: str
    members: list[Member] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(each.size for each in self.members)

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        """Raises ArchiveError."""
        with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
            said = json.loads(text)
            members = [Member(**each) for each in said.pop("members")]
            found = cls(**said, members=members)
            if found.is_well_formed():
                return found
        raise ArchiveError(CodedText("backup.altered"))

    def is_well_formed(self) -> bool:
        texts = (self.version, self.made_at, self.database, self.log_hash, *self.migrations, *self.counts)
        numbers = (self.log_count, *self.counts.values(), *(each.size for each in self.members))
        return (
            isinstance(self.migrations, list)
            and all(isinstance(each, str) for each in texts)
            and all(type(each) is int and each >= 0 for each in numbers)
            and all(isinstance(each.sha256, str) and DIGEST.fullmatch(each.sha256) for each in self.members)
        )


class Names:
    """Those seen so far: each is new, allowed, and no folder of another."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def take(self, name: str) -> None:
        """Raises ArchiveError."""
        parents = {str(each) for each in PurePosixPath(name).parents} - {"."}
        if not is_allowed(name) or name in self._files | self._folders or parents & self._files:
            raise ArchiveError(CodedText("backup.bad_name"))
        if len(self._files) >= MOST_MEMBERS:
            raise ArchiveError(CodedText("backup.altered"))
        self._files.add(name)
        self._folders |= parents


def printable(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()


def is_allowed(name: str) -> bool:
    if name in SINGLE:
        return True
    if name != printable(name):
        return False
    first, *more = name.split("/")
    return bool(
        more
        and len(more) <= DEEPEST.get(first, 0)
        and all(SEGMENT.fullmatch(each) and (each[0] != "." or each in MARKS) for each in more)
    )


# --- writing ---


class ArchiveWriter:
    def __init__(self, stream: Writer) -> None:
        self._stream, self._names, self._members = stream, Names(), list[Member]()

    def add(self, name: str, blocks: Iterable[bytes]) -> None:
        """Raises BackupError where no restore would take that name."""
        try:
            self._names.take(name)
        except ArchiveError as error:
            raise BackupError(CodedText("backup.bad_file", file=printable(name))) from error
        self._members.append(self._put(name, blocks))

    def close(self, **facts: Any) -> Manifest:
        """With all but the members of a manifest."""
        manifest = Manifest(**facts, members=self._members)
        self._put(MANIFEST, [json.dumps(asdict(manifest)).encode()])
        self._stream.write(NAME.pack(0))
        self._stream.close()
        return manifest

    def _put(self, name: str, blocks: Iterable[bytes]) -> Member:
        said, digest, size = name.encode(), hashlib.sha256(), 0
        self._stream.write(NAME.pack(len(said)) + said)
        for block in blocks:
            for piece in (block[at : at + LARGEST_BLOCK] for at in range(0, len(block), LARGEST_BLOCK)):
                self._stream.write(BLOCK.pack(len(piece)))
                self._stream.write(piece)
                digest.update(piece)
                size += len(piece)
        self._stream.write(BLOCK.pack(0))
        return Member(name, size, digest.hexdigest())


# --- reading ---


def members(stream: Reader) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each name, and its bytes, which are to be read before the next. Raises ArchiveError."""
    while length := NAME.unpack(stream.read_exactly(NAME.size))[0]:
        try:
            name = stream.read_exactly(length).decode()
        except UnicodeDecodeError as error:
            raise ArchiveError(CodedText("backup.bad_name")) from error
        yield name, _blocks(stream)
    if stream.read(1):
        raise ArchiveError(CodedText("backup.altered"))


def _blocks(stream: Reader) -> Iterator[bytes]:
    while length := BLOCK.unpack(stream.read_exactly(BLOCK.size))[0]:
        if length > LARGEST_BLOCK:
            raise ArchiveError(CodedText("backup.altered"))
        yield stream.read_exactly(length)


def verify(path: Path, passphrase: str, most: int | None = None) -> Manifest:
    """Open all of it, and compare it with its manifest; nothing is written.

    `most`: bytes that there is room for. Raises ArchiveError, and OSError.
    """
    with path.open("rb") as file:
        found, names, size = list[Member](), Names(), 0
        manifest = None
        for name, blocks in members(Reader(file, passphrase)):
            if manifest:
                raise ArchiveError(CodedText("backup.altered"))
            if name == MANIFEST:
                manifest = Manifest.read(_joined(blocks))
                continue
            names.take(name)
            digest, begin = hashlib.sha256(), size
            for block in blocks:
                digest.update(block)
                size += len(block)
                if most is not None and size > most:
                    raise ArchiveError(CodedText("backup.no_room", bytes=size // 1_000_000, free=most // 1_000_000))
            found.append(Member(name, size - begin, digest.hexdigest()))
    if manifest is None or manifest.members != found or not _is_complete(manifest):
        raise ArchiveError(CodedText("backup.altered"))
    return manifest


def _joined(blocks: Iterator[bytes]) -> bytes:
    found = bytearray()
    for block in blocks:
        found += block
        if len(found) > LARGEST_MANIFEST:
            raise ArchiveError(CodedText("backup.altered"))
    return bytes(found)


def _is_complete(manifest: Manifest) -> bool:
    names = {each.name for each in manifest.members}
    databases = [kind for name, kind in DATABASES.items() if name in names]
    return databases == [manifest.database] and {SEALING_KEY, SECRET_KEY} <= names


def extract(path: Path, passphrase: str, manifest: Manifest, place: dict[str, Path]) -> None:
    """Write the members of a file that was verified to where `place` has its name, or the first folder of it.

    Raises ArchiveError where it is another file by now, and OSError.
    """
    wanted = {each.name: each for each in manifest.members}
    with path.open("rb") as file:
        for name, blocks in members(Reader(file, passphrase)):
            if name == MANIFEST:
                for _ in blocks:
                    pass
                continue
            first, _, rest = name.partition("/")
            target = place[first] / rest if rest else place[first]
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            digest, size = hashlib.sha256(), 0
            with open(target, "xb", opener=_for_its_owner) as out:
                for block in blocks:
                    digest.update(block)
                    size += len(block)
                    out.write(block)
            if wanted.pop(name, None) != Member(name, size, digest.hexdigest()):
                raise ArchiveError(CodedText("backup.altered"))
    if wanted:
        raise ArchiveError(CodedText("backup.altered"))


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
