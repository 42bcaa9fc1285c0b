"""What happens when someone calls a number, in words: from the rows that the PBX reads, as its dial plan reads them."""

from collections.abc import Mapping
from pathlib import Path

from django.utils.translation import gettext as _

from asterisk.engine import store as engine
from asterisk.engine.render import Rows


def of(engine_file: Path, number: str) -> dict[str, Rows]:
    """The rows of the number, and of the one whose phones ring in its place."""
    with engine.opened(engine_file) as db:
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
        words = _("%(number)s is not on the PBX. The caller hears that the number does not exist (404).")
        return [words % {"number": number}]
    known = {"number": number, "whose": whose, "name": named.get(whose, ""), "seconds": dial.ring_seconds}
    begins = _("Calls to %(number)s ring %(whose)s for %(seconds)s seconds.")
    if known["name"]:
        begins = _("Calls to %(number)s ring %(whose)s %(name)s for %(seconds)s seconds.")
    first = [begins % known] if whose != number else []
    if login is None:
        return [
            *first,
            _("%(whose)s is not on the PBX or is disabled. The caller hears that no one is available (480).") % known,
        ]
    rings = _("Otherwise all registered phones, up to %(most)s, ring for %(seconds)s seconds.")
    if login.max_contacts == 1:
        rings = _("Otherwise the registered phone rings for %(seconds)s seconds.")
    absent, busy, unanswered = _with_mailbox() if found[whose].mailbox else _without_mailbox()
    return [*first, absent % known, rings % {**known, "most": login.max_contacts}, busy, unanswered % known]


def _with_mailbox() -> tuple[str, str, str]:
    """Nobody is registered, somebody talks or declines, nobody answers."""
    return (
        _("If no phone is registered as %(whose)s, the caller can leave a message."),
        _("If a phone is busy or declines and no other answers, the caller can leave a message."),
        _("After %(seconds)s seconds without an answer, the caller can leave a message."),
    )


def _without_mailbox() -> tuple[str, str, str]:
    return (
        _("If no phone is registered as %(whose)s, the caller hears that no one is available (480)."),
        _("If a phone is busy or declines and no other answers, the caller hears a busy tone (486)."),
        _("If no one answers in time, the caller hears that no one answered (480)."),
    )
