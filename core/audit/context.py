"""From where an action comes: a page's client, a command, or the system itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SYSTEM, COMMAND = "system", "command"

_origin: ContextVar[str] = ContextVar("origin", default=SYSTEM)


def current_origin() -> str:
    return _origin.get()


@contextmanager
def override_origin(origin: str) -> Iterator[None]:
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)
