"""Many numbers compared with what Asterisk reads: the rows of all, and of few what it makes of them."""

from collections.abc import Iterable
from pathlib import Path

from asterisk.ami.client import Ami
from asterisk.engine import store as engine
from asterisk.readback import proof


def unlike(ami: Ami, engine_file: Path, numbers: list[str]) -> tuple[list[str], int]:
    """The numbers of which Asterisk reads other rows than the engine holds, and how many values were compared."""
    with engine.opened(engine_file) as db:
        engine.use_own_views(db)
        rows = {family: engine.columns(db, family, key, numbers) for family, key in proof.FAMILIES.items()}
    read = dict(proof.read(ami, numbers))
    held = {number: {family: rows[family].get(number, {}) for family in proof.FAMILIES} for number in numbers}
    compared = sum(len(columns) for families in held.values() for columns in families.values())
    return [number for number in numbers if read[number] != held[number]], compared


def to_ask(ami: Ami, engine_file: Path, some: list[str], others: Iterable[str]) -> tuple[list[str], int]:
    """Of a chunk: those that are unlike, the first of it, and `others`."""
    different, compared = unlike(ami, engine_file, some)
    return sorted({*different, some[0], *others}), compared
