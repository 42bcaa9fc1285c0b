"""What stops a start where others reach the portal; whoever tries it out on this machine alone is not held up."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from core.reach import is_local

SHORTEST_KEY, FEWEST_CHARACTERS = 32, 8
NAMES_OF_NOTHING = {"*", ".", ""}


def is_reached_by_others() -> bool:
    hosts = [settings.PORTAL_HOST, urlsplit(settings.PORTAL_URL).hostname or ""]
    return bool(settings.BEHIND_PROXY) or not all(is_local(each) for each in hosts)


@register("production")
def production(app_configs: Any = None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    if not is_reached_by_others():
        return []
    return [error for check in CHECKS for error in check()]


def refuse_to_start() -> None:
    """For those who start the portal by a server of their own. Raises ImproperlyConfigured."""
    if errors := production():
        raise ImproperlyConfigured("\n".join(f"{error.msg} {error.hint}" for error in errors))


def debug() -> Iterator[Error]:
    if settings.DEBUG:
        yield Error("DEBUG is on: error pages would show settings and code.", "Unset DEBUG.", id="portal.E001")


def hosts() -> Iterator[Error]:
    if not NAMES_OF_NOTHING.isdisjoint(settings.ALLOWED_HOSTS):
        yield Error(
            "ALLOWED_HOSTS allows any host name: links in e-mails could lead elsewhere.",
            "List the host names that people use to open the portal.",
            id="portal.E002",
        )


def secret_key() -> Iterator[Error]:
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_KEY or len({*key}) < FEWEST_CHARACTERS or key.startswith("django-insecure"):
        yield Error(
            "SECRET_KEY can be guessed: anyone who knows it can sign in as anybody.",
            "Unset it so that the portal creates one, or set it to 32 or more random characters.",
            id="portal.E003",
        )


def https() -> Iterator[Error]:
    if settings.HTTPS and settings.FRONT == "none" and not settings.BEHIND_PROXY:
        yield Error(
            "PORTAL_URL starts with https://, but with FRONT=none the portal itself uses plain HTTP.",
            "Set BEHIND_PROXY to the address of the web server that provides HTTPS, or to True if it is on this"
            " machine.",
            id="portal.E004",
        )


def modes() -> Iterator[Error]:
    for path in private_files():
        if path.exists() and is_open(path.parent) and is_open(path):
            yield Error(f"Other users of this machine can read {path}.", f"chmod 600 {path}", id="portal.E005")


def is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def private_files() -> Iterator[Path]:
    yield from sorted((settings.VAR / "secrets").glob("*"))
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        yield from (Path(f"{database['NAME']}{end}") for end in ("", "-wal", "-shm"))


CHECKS: list[Callable[[], Iterator[Error]]] = [debug, hosts, secret_key, https, modes]
