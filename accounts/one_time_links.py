"""Links that prove that a mail was read: signed, valid for a time, and once. They are made when the mail is written.

What is stored is a version: a link of another version than the row that it is about has been used, or called back.
Links by which a password is chosen are Django's: accounts/passwords/tokens.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.http import HttpRequest

SALT = "accounts.one_time_links"
OPENED = "opened"  # stands in an address for the token that the session holds


class Purpose(StrEnum):
    OLD_EMAIL = "old_email"
    NEW_EMAIL = "new_email"


VALID_SECONDS = {
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


def token_of(request: HttpRequest, key: str, token: str) -> str:
    """Return the token of an address, or where the address says OPENED that of the session; "" where there is none."""
    return str(request.session.get(key, "")) if token == OPENED else token


def keep_in_session(request: HttpRequest, key: str, token: str, seconds: int) -> None:
    """Keep a valid token, so that the page is shown at an address without it: one that may be logged and shared."""
    request.session[key] = token
    if not request.user.is_authenticated:
        request.session.set_expiry(seconds)  # a stranger's session lives no longer than the link
