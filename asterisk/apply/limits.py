"""Limits that hold for all extensions alike: of voicemail messages, and of calls outside."""

import sqlite3

from asterisk.ami.client import Ami
from asterisk.apply.errors import ApplyError
from asterisk.engine import store as engine
from core.coded_text import CodedText
from extensions.review import preferences as preference_changes
from extensions.review.preferences import Field

# The row of `common`, and what one of the preference is in it.
ROWS = {
    Field.VOICEMAIL_MINUTES: ("voicemail_seconds", 60),
    Field.VOICEMAIL_MESSAGES: ("voicemail_messages", 1),
    Field.OUTBOUND_A_MINUTE: ("outbound_a_minute", 1),
}


def given(field: Field) -> tuple[str, str]:
    """The row's name and value, as the PBX has it or has been given it."""
    name, size = ROWS[field]
    return name, str(int(preference_changes.given(field)) * size)


def put(db: sqlite3.Connection) -> None:
    with engine.transaction(db):
        db.executemany("INSERT OR REPLACE INTO common VALUES (?, ?)", map(given, ROWS))


def prove(ami: Ami) -> int:
    """How many values were compared. Raises AmiError, and ApplyError where Asterisk reads something else."""
    for field in ROWS:
        name, value = given(field)
        said = ami.ask("Getvar", Variable=f"REALTIME_FIELD(pbx_table,name,{name},value)").get("Value", "")
        if said != value:
            raise ApplyError(CodedText("proof.differs", said=said, wanted=value), "", field)
    return len(ROWS)
