"""A stream in chunks, each compressed, encrypted, and authenticated in its place; the last says that it is the last.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár) with AES-256-GCM: the nonce counts the chunks, and its
last byte marks the end. Each file has a key of its own, by Argon2id from the passphrase and a salt, so a nonce is used
once. No chunk holds more than CHUNK bytes when it is opened, whatever was written into the file.
"""

import hmac
import struct
import zlib
from secrets import token_bytes
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from backup.errors import ArchiveError
from core.coded_text import CodedText

MAGIC = b"pbxportal backup\n"
FORMAT = 1
HEADER = struct.Struct("!17sBIIB16s16s")  # magic, format, memory in KiB, iterations, lanes, salt, check of the key
LENGTH = struct.Struct("!I")
MEMORY, ITERATIONS, LANES = 65_536, 3, 1
MOST_MEMORY, MOST_ITERATIONS, MOST_LANES = 262_144, 10, 4  # that a file may ask of whoever opens it
CHUNK = 1 << 20
LAST = 1 << 31
LARGEST = CHUNK + 4096  # of a chunk in the file: what cannot be compressed grows a little


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


def _keys(passphrase: str, salt: bytes, memory: int, iterations: int, lanes: int) -> tuple[AESGCM, bytes]:
    """The cipher, and what shows that the passphrase was right."""
    kdf = Argon2id(salt=salt, length=48, iterations=iterations, lanes=lanes, memory_cost=memory)
    derived = kdf.derive(passphrase.encode())
    return AESGCM(derived[:32]), derived[32:]


def _nonce(place: int, *, is_last: bool) -> bytes:
    return place.to_bytes(11, "big") + bytes([is_last])


class Writer:
    """What is written into it goes to `file`. It is whole once it is closed."""

    def __init__(self, file: Sink, passphrase: str) -> None:
        salt = token_bytes(16)
        self._cipher, check = _keys(passphrase, salt, MEMORY, ITERATIONS, LANES)
        self._header = HEADER.pack(MAGIC, FORMAT, MEMORY, ITERATIONS, LANES, salt, check)
        self._file, self._held, self._place = file, bytearray(), 0
        file.write(self._header)

    def write(self, data: bytes) -> None:
        self._held += data
        while len(self._held) > CHUNK:
            self._put(bytes(self._held[:CHUNK]), is_last=False)
            del self._held[:CHUNK]

    def close(self) -> None:
        self._put(bytes(self._held), is_last=True)
        self._held.clear()

    def _put(self, data: bytes, *, is_last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._place, is_last=is_last), zlib.compress(data, 1), self._header)
        self._file.write(LENGTH.pack(len(sealed) | (LAST if is_last else 0)))
        self._file.write(sealed)
        self._place += 1


class Reader:
    """The plain bytes of a file, each checked before it is handed out. Raises ArchiveError."""

    def __init__(self, file: Source, passphrase: str) -> None:
        header = file.read(HEADER.size)
        if not header.startswith(MAGIC):
            raise ArchiveError(CodedText("backup.foreign"))
        if len(header) > len(MAGIC) and header[len(MAGIC)] > FORMAT:
            raise ArchiveError(CodedText("backup.newer"))
        if len(header) < HEADER.size:
            raise ArchiveError(CodedText("backup.truncated"))
        _magic, form, memory, iterations, lanes, salt, check = HEADER.unpack(header)
        is_bounded = 8 * lanes <= memory <= MOST_MEMORY and 1 <= iterations <= MOST_ITERATIONS
        if form < 1 or not is_bounded or not 1 <= lanes <= MOST_LANES:
            raise ArchiveError(CodedText("backup.altered"))
        self._cipher, found = _keys(passphrase, salt, memory, iterations, lanes)
        if not hmac.compare_digest(found, check):
            raise ArchiveError(CodedText("backup.wrong_passphrase"))
        self._file, self._header, self._place, self._is_over = file, header, 0, False
        self._held = memoryview(b"")

    def read(self, size: int) -> bytes:
        """As many, or what is left of this chunk; b"" at the end of all."""
        while not self._held and not self._is_over:
            self._held = memoryview(self._chunk())
        given, self._held = bytes(self._held[:size]), self._held[size:]
        return given

    def read_exactly(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            piece = self.read(size - len(found))
            if not piece:
                raise ArchiveError(CodedText("backup.altered"))
            found += piece
        return bytes(found)

    def _chunk(self) -> bytes:
        begin = self._file.read(LENGTH.size)
        if len(begin) < LENGTH.size:
            raise ArchiveError(CodedText("backup.truncated"))
        (length,) = LENGTH.unpack(begin)
        is_last, length = bool(length & LAST), length & ~LAST
        if length > LARGEST:
            raise ArchiveError(CodedText("backup.altered"))
        sealed = self._file.read(length)
        if len(sealed) < length:
            raise ArchiveError(CodedText("backup.truncated"))
        try:
            packed = self._cipher.decrypt(_nonce(self._place, is_last=is_last), sealed, self._header)
        except InvalidTag as error:
            raise ArchiveError(CodedText("backup.altered")) from error
        self._place += 1
        self._is_over = is_last
        if is_last and self._file.read(1):
            raise ArchiveError(CodedText("backup.altered"))
        return _inflated(packed)


def _inflated(packed: bytes) -> bytes:
    opening = zlib.decompressobj()
    try:
        plain = opening.decompress(packed, CHUNK)
    except zlib.error as error:
        raise ArchiveError(CodedText("backup.altered")) from error
    if not opening.eof or opening.unused_data:
        raise ArchiveError(CodedText("backup.altered"))
    return plain
