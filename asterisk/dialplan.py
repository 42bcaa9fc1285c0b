"""What happens when someone calls a number, in words: from the rows that the PBX reads, as its dial plan reads them."""

from django.conf import settings

from asterisk import engine
from asterisk.render import Rows


def of(number: str) -> Rows:
    with engine.opened(settings.ENGINE_FILE) as db:
        return engine.read(db, [number])[number]


def in_words(number: str, rows: Rows) -> list[str]:
    """One sentence for each thing that can happen, in the order in which the PBX decides."""
    if rows.dial is None or rows.login is None:
        return [f"{number} is not on the PBX: the caller hears that there is no such number (404)."]
    one = rows.login.max_contacts == 1
    phones = "the phone that is registered" if one else f"all registered phones, at most {rows.login.max_contacts},"
    return [
        f"Nobody is registered as {number}: the call ends at once (480).",
        f"Otherwise {phones} {'rings' if one else 'ring'} for {rows.dial.ring_seconds} seconds.",
        "A phone is busy or declines, and no other answers: the caller hears busy (486).",
        "Nobody answers in time: the call ends (480).",
    ]
