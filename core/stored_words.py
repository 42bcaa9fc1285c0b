"""What is stored is English, and is translated when it is shown: the log's hash chain and filters rely on it."""

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import cache

from django.utils import translation

from core import localization

STORED = "en"
MANY = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")
PLACE = re.compile(r"%\\\((\w+)\\\)s|\\{(\w+)\\}")  # of an escaped sentence


def stored() -> AbstractContextManager[None]:
    """Around whatever makes words that go into the database."""
    return translation.override(STORED)


def in_store(words: object) -> str:
    """A lazy text as it is stored."""
    with stored():
        return str(words)


def shown(words: str) -> str:
    """What was stored, in the language of the page, where it is one of the portal's own words."""
    return translation.gettext(words) if words else ""


def shown_as(words: str, sentences: Iterable[str]) -> str:
    """What was stored, where it is one of these sentences with something put in for each %(name)s, or {name}."""
    for sentence in sentences:
        if found := _pattern(sentence).fullmatch(words):
            put_in = {name: shown_as(text, sentences) for name, text in found.groupdict().items()}
            said = translation.gettext(sentence)
            return said % put_in if "%(" in said else said.format(**put_in)
    return localization.count(int(words.replace(",", ""))) if MANY.fullmatch(words) else shown(words)


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(PLACE.sub(r"(?P<\1\2>.+?)", re.escape(sentence)), re.DOTALL)
