"""What happens when someone calls a number, in words: from the rows that the PBX reads, as its dial plan reads them."""

from collections.abc import Mapping

from django.conf import settings

from asterisk import engine
from asterisk.render import Rows


def of(number: str) -> dict[str, Rows]:
    """The rows of the number, and of the one whose phones ring in its place."""
    with engine.opened(settings.ENGINE_FILE) as db:
        found = engine.read(db, [number])
        dial = found[number].dial
        return found | engine.read(db, [dial.rings]) if dial and dial.rings else found


def names(found: Mapping[str, Rows]) -> dict[str, str]:
    return {number: rows.login.caller_name for number, rows in found.items() if rows.login}


def in_words(number: str, found: Mapping[str, Rows], named: Mapping[str, str]) -> list[str]:
    """One sentence for each thing that can happen, in the order in which the PBX decides.

    `named`: number -> the name that may be told beside it.
    """
    dial = found[number].dial
    whose = dial.rings if dial and dial.rings else number
    login = found[whose].login
    if dial is None or (login is None and whose == number):
        return [f"{number} is not on the PBX: the caller hears that there is no such number (404)."]
    if whose == number:
        begins = []
    else:
        begins = [f"{number} rings {whose} {named.get(whose, '')}".strip() + f", for {dial.ring_seconds} seconds."]
    if login is None:
        return [*begins, f"{whose} is not on the PBX, or disabled: the call ends at once (480)."]
    one = login.max_contacts == 1
    phones = "the phone that is registered" if one else f"all registered phones, at most {login.max_contacts},"
    return [
        *begins,
        f"Nobody is registered as {whose}: the call ends at once (480).",
        f"Otherwise {phones} {'rings' if one else 'ring'} for {dial.ring_seconds} seconds.",
        "A phone is busy or declines, and no other answers: the caller hears busy (486).",
        "Nobody answers in time: the call ends (480).",
    ]
