"""Links that prove that a mail was read: signed, valid for a time, and once. They are made when the mail is written.

What is stored is a version: a link of another version than the row that it is about has been used, or called back.
"""

import logging
import re
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.core import signing

SALT = "accounts.one_time_links"
SIGNED = re.compile(r"[\w.-]+:[\w-]{5,}:[\w-]{43}")  # as all that django.core.signing dates


class Purpose(StrEnum):
    WELCOME = "welcome"
    RESET = "reset"
    OLD_EMAIL = "old_email"
    NEW_EMAIL = "new_email"


VALID_SECONDS = {
    Purpose.WELCOME: 7 * 86400,
    Purpose.RESET: 3600,
    Purpose.OLD_EMAIL: 86400,
    Purpose.NEW_EMAIL: 86400,
}


@dataclass(frozen=True)
class Link:
    """`about`: the primary key of the row that the purpose is about, `version`: that row's at the time."""

    purpose: Purpose
    about: int
    version: int


def token(link: Link) -> str:
    return signing.dumps([link.purpose.value, link.about, link.version], salt=SALT)


def read(text: str) -> Link | None:
    """None: nobody here made it, or it is too old."""
    try:
        purpose, about, version = signing.loads(text, salt=SALT)
        signing.loads(text, salt=SALT, max_age=VALID_SECONDS[Purpose(purpose)])
    except (signing.BadSignature, ValueError):
        return None
    return Link(Purpose(purpose), about, version)


def absolute(path: str) -> str:
    return f"{settings.PORTAL_URL}{path}"


class Hidden(logging.Filter):
    """Of a page that broke the address is logged, which may hold a link."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(SIGNED.sub("…", each) if isinstance(each, str) else each for each in record.args)
        return True
