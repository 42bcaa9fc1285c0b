"""Each record holds the hash of the one before it and of its own content: nothing in between goes unnoticed."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

START = "0" * 64
# In this order, for ever: a record that is hashed differently is taken for an altered one.
HASHED = (
    "id",
    "at",
    "set_back",
    "by",
    "by_name",
    "by_email",
    "origin",
    "module",
    "action",
    "on",
    "number",
    "result",
    "detail",
)


class Broken(Exception):
    """Names the first bad row."""

    def __init__(self, row: int, words: str) -> None:
        super().__init__(words)
        self.row = row


def clean(value: Any) -> Any:
    """As every database keeps it and gives it back: text, whole numbers, lists and maps."""
    if isinstance(value, str):
        return str(value).replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {clean(str(name)): clean(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [clean(each) for each in value]
    return value if value is None or isinstance(value, (bool, int)) else clean(str(value))


def digest(previous: str, values: Sequence[Any]) -> str:
    """`values` of HASHED."""
    plain = [
        each.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(each, datetime) else each
        for each in values
    ]
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(f"{previous}\n{text}".encode()).hexdigest()


def walk(rows: Iterable[Sequence[Any]], count: int, last: str) -> None:
    """`rows` of HASHED and hash, by id, up to `count`; that and `last` as the head has them. Raises Broken."""
    place, previous = 0, START
    for *values, found in rows:
        place += 1
        row = values[0]
        if row < place:
            raise Broken(row, f"Entry {row:,} was inserted: entries are numbered from 1.")
        if row > place:
            gone = (
                f"Entry {place:,} is missing" if row == place + 1 else f"Entries {place:,} to {row - 1:,} are missing"
            )
            raise Broken(place, f"{gone}.")
        if digest(previous, values) != found:
            raise Broken(row, f"Entry {row:,} was altered.")
        previous = found
    if place < count:
        gone = f"Entry {count:,} is" if place == count - 1 else f"Entries {place + 1:,} to {count:,} are"
        raise Broken(place + 1, f"{gone} missing at the end.")
    if previous != last:
        raise Broken(place, f"Entry {place:,} was altered: the log's head has a different hash for it.")
