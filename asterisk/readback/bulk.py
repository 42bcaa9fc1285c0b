"""Many numbers compared with what Asterisk reads: all that is written of them, and of few what it makes of it."""

import re
from collections.abc import Iterable
from pathlib import Path

from asterisk.ami.client import Ami
from asterisk.engine import store as engine
from asterisk.engine.columns import TABLES
from asterisk.engine.render import Rows
from asterisk.readback import proof

# What differs from person to person, and is nothing that Asterisk interprets while it looks as PLAIN does.
PERSONAL = {
    "id", "number", "registration_name", "password_digest", "caller_name", "caller_id", "pin", "outbound_number",
    "emergency_number", "location", "rings",
}  # fmt: skip
PLAIN = re.compile(r"""[\w .,:'"<>@+-]*""")
PLAIN_BYTES = 60


def unlike(ami: Ami, engine_file: Path, numbers: list[str]) -> tuple[list[str], int]:
    """The numbers of which Asterisk reads something else than the engine holds, and how many values were compared."""
    with engine.opened(engine_file) as db:
        if not engine.has_own_views(db):
            return _unlike_by_family(ami, engine_file, numbers)
        held = engine.written(db, numbers)
    read = zip(held, proof.written(ami, list(held)), strict=True)
    different = [number for number, text in read if text != held[number]]
    compared = sum(text.count("\x1f") for text in held.values())
    if others := [number for number in numbers if number not in held]:
        more, compared_more = _unlike_by_family(ami, engine_file, others)
        return [*different, *more], compared + compared_more
    return different, compared


def _unlike_by_family(ami: Ami, engine_file: Path, numbers: list[str]) -> tuple[list[str], int]:
    """Of what cannot be called, and where somebody has changed a view: by what the views should show."""
    with engine.opened(engine_file) as db:
        engine.use_own_views(db)
        rows = {family: engine.columns(db, family, key, numbers) for family, key in proof.FAMILIES.items()}
    read = dict(proof.read(ami, numbers))
    held = {number: {family: rows[family].get(number, {}) for family in proof.FAMILIES} for number in numbers}
    compared = sum(len(columns) for families in held.values() for columns in families.values())
    return [number for number in numbers if read[number] != held[number]], compared


def one_of_each_kind(numbers: Iterable[tuple[str, Rows]]) -> set[str]:
    """Of numbers of which Asterisk makes the same, but for the person, one: it is asked what it makes of that."""
    return set({_kind(rows): number for number, rows in numbers}.values())


def _kind(rows: Rows) -> tuple[object, ...]:
    return tuple(
        tuple(map(_kind_of, engine.NAMES[table], engine.VALUES[table](row))) if row else None
        for table, row in zip(TABLES, rows.of_tables, strict=True)
    )


def _kind_of(name: str, value: object) -> object:
    is_plain = name in PERSONAL and PLAIN.fullmatch(str(value)) and len(str(value).encode()) <= PLAIN_BYTES
    return value != "" if is_plain else value
