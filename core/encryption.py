"""Secrets at rest: sealed with the installation's keys and bound to the row that they belong to."""

import json
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

NO_KEY = "An encryption key is missing or not valid. Each is 32 random bytes in URL-safe base64."
BEGIN = "gAAAA"  # of whatever is sealed


class SealError(Exception):
    """The seal is broken: another key, one that is none, another row, or altered text."""


def keys() -> list[str]:
    """The first seals, all open. Those of the file as it is now: a rotation goes on while other processes run."""
    return list(settings.SEALING_KEYS) or _of_file(settings.SEALING_KEY_FILE)


def _of_file(path: Path) -> list[str]:
    found = path.stat()
    return _read(path, found.st_mtime_ns, found.st_ino)


@lru_cache(maxsize=1)
def _read(path: Path, _changed_at: int, _inode: int) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except UnicodeDecodeError as error:
        raise SealError(NO_KEY) from error


@lru_cache(maxsize=4)
def _with(*keys: str) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise SealError(NO_KEY) from error


def _keys() -> MultiFernet:
    return _with(*keys())


def look_at_keys() -> None:
    """Raises SealError where there is none, or one that is none."""
    _keys()


def renewed(sealed: str) -> str:
    """The same, sealed with the first key; itself where that one sealed it. Raises SealError."""
    all_of_them = _keys()
    try:
        _with(keys()[0]).decrypt(sealed)
    except (InvalidToken, ValueError):
        pass
    else:
        return sealed
    try:
        return all_of_them.rotate(sealed.encode()).decode()
    except (InvalidToken, ValueError) as error:
        raise SealError("Not encrypted with this installation's keys") from error


def seal(label: str, row: object, text: str) -> str:
    return _keys().encrypt(json.dumps([label, str(row), text]).encode()).decode()


def unseal(label: str, row: object, sealed: str) -> str:
    """The text that was sealed for this row. The first of the keys seals, all of them open."""
    try:
        found_label, found_row, text = json.loads(_keys().decrypt(sealed))
    except (InvalidToken, ValueError) as error:
        raise SealError(f"{label} of {row}: not encrypted with this installation's keys") from error
    if (found_label, found_row) != (label, str(row)):
        raise SealError(f"{label} of {row}: encrypted for another row")
    return str(text)
