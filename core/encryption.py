"""Secrets at rest: sealed with the installation's keys and bound to the row that they belong to."""

import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealError(Exception):
    """The seal is broken: another key, another row, or altered text."""


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.SEALING_KEYS])


def seal(label: str, row: object, text: str) -> str:
    return _keys().encrypt(json.dumps([label, str(row), text]).encode()).decode()


def unseal(label: str, row: object, sealed: str) -> str:
    """The text that was sealed for this row. The first of SEALING_KEYS seals, all of them open."""
    try:
        found_label, found_row, text = json.loads(_keys().decrypt(sealed))
    except (InvalidToken, ValueError) as error:
        raise SealError(f"{label} of {row}: not sealed with this installation's keys") from error
    if (found_label, found_row) != (label, str(row)):
        raise SealError(f"{label} of {row}: sealed for another row")
    return str(text)
