"""What is no whole backup of ours is refused in words, and nothing is written."""

import hashlib
import io
import json
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from backup import archive, restoring, stream
from backup.archive import BLOCK, NAME, Member
from backup.errors import BackupError
from backup.places import Place
from backup.stream import HEADER, LENGTH, Writer
from tests.backup.conftest import PASSPHRASE

SALT = bytes(16)
KEYS = {"secrets/sealing_key": b"key", "secrets/secret_key": b"secret"}
GOOD: dict[str, bytes] = {"database.sqlite3": b"SQLite format 3\0 or so", **KEYS}
Make = Callable[[], bytes]


def facts(**other: Any) -> dict[str, Any]:
    return {
        "version": "0.1.0", "made_at": "2026-11-29T02:00:00+00:00", "database": "sqlite", "migrations": [],
        "counts": {}, "log_count": 0, "log_hash": "", **other,
    }  # fmt: skip


def sealed(plain: bytes) -> bytes:
    """Whatever that is, with the right passphrase."""
    file = io.BytesIO()
    writer = Writer(file, PASSPHRASE)
    writer.write(plain)
    writer.close()
    return file.getvalue()


def member(name: bytes, content: bytes) -> bytes:
    block = BLOCK.pack(len(content)) + content if content else b""
    return NAME.pack(len(name)) + name + block + BLOCK.pack(0)


def manifest_of(given: Iterable[tuple[str, bytes]], /, **other: Any) -> bytes:

    listed = [asdict(Member(name, len(content), hashlib.sha256(content).hexdigest())) for name, content in given]
    return json.dumps({**facts(), "members": listed, **other}).encode()


def plain(
    members: Iterable[tuple[str, bytes]] = tuple(GOOD.items()), *, manifest: bytes | None = None, end: bytes = bytes(2)
) -> bytes:
    members = list(members)
    said = manifest_of(members) if manifest is None else manifest
    written = b"".join(member(name.encode("utf-8", "surrogateescape"), content) for name, content in members)
    return written + member(b"manifest.json", said) + end


def whole() -> bytes:
    return sealed(plain())


def named(*names: str) -> Make:
    """Otherwise sound, with a file of that name more."""
    return lambda: sealed(plain([*GOOD.items(), *((name, b"x") for name in names)]))


def in_one_block(size: int) -> Make:
    """Otherwise sound, with a file of one block of that size."""
    return lambda: sealed(plain([*GOOD.items(), ("front/x", bytes(size))]))


def said(**other: Any) -> Make:
    """With another manifest."""
    return lambda: sealed(plain(manifest=manifest_of(GOOD.items(), **other)))


def altered(place: int) -> Make:
    def make() -> bytes:
        content = bytearray(whole())
        content[place] ^= 1
        return bytes(content)

    return make


def cut(keep: Callable[[int], int]) -> Make:
    return lambda: (content := whole())[: keep(len(content))]


def header(**other: int) -> Make:
    """With other parameters of the key."""
    used = {"form": 1, "memory": 64, "iterations": 1, "lanes": 1, **other}

    def make() -> bytes:
        return HEADER.pack(stream.MAGIC, *used.values(), SALT, SALT) + whole()[HEADER.size :]

    return make


def chunks(content: bytes) -> list[bytes]:
    found, at = [], HEADER.size
    while at < len(content):
        (length,) = LENGTH.unpack(content[at : at + 4])
        end = at + 4 + (length & ~stream.LAST)
        found.append(content[at:end])
        at = end
    return found


def long() -> bytes:
    """Of several chunks."""
    return sealed(plain([*GOOD.items(), *((f"front/{n}", os.urandom(1 << 20)) for n in range(3))]))


def rearranged(order: Callable[[list[bytes]], list[bytes]]) -> Make:
    def make() -> bytes:
        content = long()
        return content[: HEADER.size] + b"".join(order(chunks(content)))

    return make


def not_last() -> bytes:
    """The mark of the last chunk is taken away."""
    content = whole()
    (length,) = LENGTH.unpack(content[HEADER.size : HEADER.size + 4])
    return content[: HEADER.size] + LENGTH.pack(length & ~stream.LAST) + content[HEADER.size + 4 :]


def bomb() -> bytes:
    """A chunk that would be 64 MB."""
    file = io.BytesIO()
    writer = Writer(file, PASSPHRASE)
    packed = zlib.compress(bytes(1 << 26), 9)
    nonce = stream._nonce(0, is_last=True)
    sealed_chunk = writer._cipher.encrypt(nonce, packed, writer._header)
    file.write(LENGTH.pack(len(sealed_chunk) | stream.LAST) + sealed_chunk)
    return file.getvalue()


def many_chunks_of_nothing() -> bytes:
    """Each is small in the file, and large when it is opened: more than any disk has."""
    zeros = bytes(1 << 20)
    file = io.BytesIO()
    writer = Writer(file, PASSPHRASE)
    name = b"front/zeros"
    writer.write(NAME.pack(len(name)) + name)
    for _ in range(64):
        writer.write(BLOCK.pack(len(zeros)) + zeros)
    writer.write(BLOCK.pack(0) + plain())
    writer.close()
    return file.getvalue()


def a_tar(kind: bytes) -> Make:
    def make() -> bytes:
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as tar:
            info = tarfile.TarInfo("database.sqlite3")
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        return file.getvalue()

    return make


def a_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        written.writestr("../../etc/cron.d/x", "x")
    return file.getvalue()


def other_passphrase() -> bytes:
    file = io.BytesIO()
    writer = Writer(file, "another passphrase")
    writer.write(plain())
    writer.close()
    return file.getvalue()


NOT_OURS = "not a backup of this portal"
DAMAGED = "damaged or was altered"
INCOMPLETE = "incomplete"
NEWER = "newer version"
BAD_NAME = "does not belong in a backup"
WRONG = "passphrase is wrong"

HOSTILE: dict[str, tuple[Make, str]] = {
    # foreign
    "empty": (lambda: b"", NOT_OURS),
    "text": (lambda: b"hello\n" * 100, NOT_OURS),
    "zip": (a_zip, NOT_OURS),
    "tar with a link": (a_tar(tarfile.SYMTYPE), NOT_OURS),
    "tar with a hard link": (a_tar(tarfile.LNKTYPE), NOT_OURS),
    "tar with a device": (a_tar(tarfile.CHRTYPE), NOT_OURS),
    "tar with a pipe": (a_tar(tarfile.FIFOTYPE), NOT_OURS),
    "a database": (lambda: b"SQLite format 3\0" + bytes(4096), NOT_OURS),
    "random": (lambda: os.urandom(5000), NOT_OURS),
    "zeros": (lambda: bytes(5000), NOT_OURS),
    # the key
    "another passphrase": (other_passphrase, WRONG),
    "another salt": (altered(HEADER.size - 20), WRONG),
    "another check": (altered(HEADER.size - 1), WRONG),
    "a later format": (header(form=2), NEWER),
    "format 0": (header(form=0), DAMAGED),
    "4 GB for the key": (header(memory=4_000_000), DAMAGED),
    "no memory for the key": (header(memory=0), DAMAGED),
    "a year for the key": (header(iterations=4_000_000_000), DAMAGED),
    "no iterations": (header(iterations=0), DAMAGED),
    "255 lanes": (header(memory=65_536, lanes=255), DAMAGED),
    "no lanes": (header(lanes=0), DAMAGED),
    # truncated
    "the header alone": (cut(lambda _: HEADER.size), INCOMPLETE),
    "its first words alone": (cut(lambda _: len(stream.MAGIC)), INCOMPLETE),
    "half a header": (cut(lambda _: HEADER.size // 2), INCOMPLETE),
    "half": (cut(lambda size: size // 2), INCOMPLETE),
    "all but a byte": (cut(lambda size: size - 1), INCOMPLETE),
    "half a length": (cut(lambda _: HEADER.size + 2), INCOMPLETE),
    "without the last chunk": (rearranged(lambda found: found[:-1]), INCOMPLETE),
    # altered
    "a bit in the middle": (altered(HEADER.size + 40), DAMAGED),
    "the last bit": (altered(-1), DAMAGED),
    "a length": (altered(HEADER.size + 3), "(damaged or was altered|incomplete)"),
    "a huge length": (lambda: whole()[: HEADER.size] + LENGTH.pack(stream.LAST - 1) + bytes(100), DAMAGED),
    "more after the end": (lambda: whole() + b"x", DAMAGED),
    "two in one": (lambda: whole() + whole(), DAMAGED),
    "chunks exchanged": (rearranged(lambda found: [found[1], found[0], *found[2:]]), DAMAGED),
    "a chunk twice": (rearranged(lambda found: [found[0], *found]), DAMAGED),
    "a chunk missing": (rearranged(lambda found: [found[0], *found[2:]]), DAMAGED),
    "the last chunk first": (rearranged(lambda found: [found[-1]]), DAMAGED),
    "the last not marked": (not_last, DAMAGED),
    # names
    "up": (named("front/../../up"), BAD_NAME),
    "up at once": (named("../up"), BAD_NAME),
    "an absolute name": (named("/etc/cron.d/x"), BAD_NAME),
    "an absolute name inside": (named("front//etc/passwd"), BAD_NAME),
    "a name of nothing": (named("front/"), BAD_NAME),
    "a dot": (named("front/./x"), BAD_NAME),
    "a hidden file": (named("front/.ssh/authorized_keys"), BAD_NAME),
    "a backslash": (named("front/..\\..\\x"), BAD_NAME),
    "a NUL": (named("front/x\0.key"), BAD_NAME),
    "a line break": (named("front/x\ny"), BAD_NAME),
    "not in UTF-8": (named("front/\udcff"), BAD_NAME),
    "a long name": (named("front/" + "x" * 300), BAD_NAME),
    "a deep name": (named("front/" + "/".join("x" * 20)), BAD_NAME),
    "a folder of its own": (named("asterisk/etc/extensions.conf"), BAD_NAME),
    "the code": (named("manage.py"), BAD_NAME),
    "static files": (named("static/x.js"), BAD_NAME),
    "a name twice": (named("front/x", "front/x"), BAD_NAME),
    "a file that is a folder": (named("front/x", "front/x/y"), BAD_NAME),
    "a folder that is a file": (named("front/x/y", "front/x"), BAD_NAME),
    "a folder of secrets": (named("secrets/x/y"), BAD_NAME),
    "two databases": (named("database.dump"), DAMAGED),
    "the manifest twice": (lambda: sealed(plain()[:-2] + member(b"manifest.json", b"{}") + bytes(2)), DAMAGED),
    "more after the manifest": (lambda: sealed(plain()[:-2] + member(b"reach", b"network") + bytes(2)), DAMAGED),
    # the manifest
    "no manifest": (lambda: sealed(b"".join(member(n.encode(), c) for n, c in GOOD.items()) + bytes(2)), DAMAGED),
    "a manifest that is none": (lambda: sealed(plain(manifest=b"not JSON")), DAMAGED),
    "a manifest of lists": (lambda: sealed(plain(manifest=b"[" * 100_000)), DAMAGED),
    "a manifest of a number": (lambda: sealed(plain(manifest=b"1")), DAMAGED),
    "more in the manifest": (said(evil=1), DAMAGED),
    "counts that are none": (said(counts=[1]), DAMAGED),
    "a count below nothing": (said(counts={"accounts_user": -1}), DAMAGED),
    "members as text": (said(members="x"), DAMAGED),
    "a member too few": (said(members=[]), DAMAGED),
    "another database": (said(database="oracle"), DAMAGED),
    "unknown migrations": (said(migrations=["core.9999_later"]), NEWER),
    "without keys": (lambda: sealed(plain([("database.sqlite3", b"x")])), DAMAGED),
    "without a database": (lambda: sealed(plain(KEYS.items())), DAMAGED),
    # within
    "nothing in it": (lambda: sealed(b""), DAMAGED),
    "no end": (lambda: sealed(plain(end=b"")), DAMAGED),
    "more after all": (lambda: sealed(plain(end=bytes(3))), DAMAGED),
    "a block without an end": (lambda: sealed(NAME.pack(5) + b"reach" + struct.pack("!I", 1 << 31) + b"x"), DAMAGED),
    "a block that is too large": (in_one_block(archive.LARGEST_BLOCK + 1), DAMAGED),
    "a bomb": (bomb, DAMAGED),
    "what holds no database": (whole, "not a database"),
}  # fmt: skip


def test_there_are_enough() -> None:
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_and_nothing_is_written(name: str, empty: Place, tmp_path: Path, db: None) -> None:
    make, words = HOSTILE[name]
    path = tmp_path / "hostile.backup"
    path.write_bytes(make())
    before = {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*") if each.is_file()}
    with pytest.raises(BackupError, match=words):
        restoring.restore(path, PASSPHRASE, empty)
    after = {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*") if each.is_file()}
    assert {each: at for each, at in after.items() if each.suffix != ".lock"} == before


def test_what_would_fill_the_disk_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.backup"
    path.write_bytes(many_chunks_of_nothing())
    assert path.stat().st_size < 1_000_000
    with pytest.raises(BackupError, match="Not enough disk space"):
        archive.verify(path, PASSPHRASE, 50_000_000)


def test_the_largest_block_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    path.write_bytes(in_one_block(archive.LARGEST_BLOCK)())
    assert archive.verify(path, PASSPHRASE).members[-1].size == archive.LARGEST_BLOCK


def test_what_changes_between_the_two_looks_is_refused(tmp_path: Path) -> None:
    path, other = tmp_path / "a.backup", tmp_path / "b.backup"
    path.write_bytes(whole())
    other.write_bytes(sealed(plain([*GOOD.items(), ("front/x", b"another")])))
    manifest = archive.verify(path, PASSPHRASE)
    places = {name: tmp_path / "out" / name for name in ("database.sqlite3", "secrets", "front")}
    with pytest.raises(BackupError, match=DAMAGED):
        archive.extract(other, PASSPHRASE, manifest, places)
