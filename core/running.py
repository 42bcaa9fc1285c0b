"""Which parts of the portal run: each holds a lock of its own as long as it does."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core import file_lock

PORTAL, PBX = PARTS = ("portal", "pbx")


def lock(var: Path, part: str) -> Path:
    return var / f"{part}.lock"


@contextmanager
def stopped(var: Path) -> Iterator[None]:
    """Keeps all of it from running meanwhile. Raises LockedError where a part does."""
    with ExitStack() as held:
        for part in PARTS:
            held.enter_context(file_lock.try_acquire(lock(var, part)))
        yield
