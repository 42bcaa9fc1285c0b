"""The passwords of well-known leaks, as a file of hashes.

    python -m accounts.passwords.leaked FILE

makes leaked.bin from a list, a password a line. It was made from the first million of Mark Burnett's ten million
passwords, which are in the public domain, and from Django's list, and holds those that are long enough for a user
password.
"""

import hashlib
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

FILE = Path(__file__).with_name("leaked.bin")
SHORTEST = 10
BYTES = 4  # of a hash: of 40,000 other passwords one is taken for a leaked one


def hash_of(password: str) -> int:
    """Whatever its case: people try capitals first."""
    return int.from_bytes(hashlib.sha256(password.casefold().encode()).digest()[:BYTES], "little")


@cache
def _hashes() -> "array[int]":
    hashes = array("I", FILE.read_bytes())
    if sys.byteorder == "big":
        hashes.byteswap()
    return hashes


def is_leaked(password: str) -> bool:
    hashes, wanted = _hashes(), hash_of(password)
    found = bisect_left(hashes, wanted)
    return found < len(hashes) and hashes[found] == wanted


def write(passwords: Iterable[str]) -> int:
    """Return how many hashes there are."""
    found = sorted({hash_of(each) for each in passwords if len(each) >= SHORTEST})
    FILE.write_bytes(b"".join(each.to_bytes(BYTES, "little") for each in found))
    return len(found)


class NotLeaked:
    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 (Django's signature)
        if is_leaked(password):
            raise ValidationError(
                _("This password is on a list of leaked passwords. Choose another one."), code="password_leaked"
            )

    def get_help_text(self) -> str:
        return _("Must not be on a list of leaked passwords.")


if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8", errors="replace") as lines:
        sys.stdout.write(f"{write(line.rstrip() for line in lines)} hashes\n")
