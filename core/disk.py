"""How full the disks are that the portal and its PBX write to."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

NEARLY_FULL = 0.9  # of what may be written
LEFT = 100_000_000  # bytes: with less, it is as good as full


@dataclass(frozen=True)
class Space:
    """On the disk that holds `path`."""

    path: Path
    share: float  # used, of what may be
    free: int  # bytes

    @property
    def is_low(self) -> bool:
        return self.share >= NEARLY_FULL or self.is_out

    @property
    def is_out(self) -> bool:
        return self.free < LEFT


def usage(path: Path) -> tuple[int, int, int]:
    """Bytes in all, used and free. Raises OSError."""
    return shutil.disk_usage(path)


def scarcest() -> Space | None:
    """Of all that are written to, the one with the least left where one is low; None: all have enough."""
    low = [space for space in spaces(places()) if space.is_low]
    return min(low, key=lambda space: space.free, default=None)


def is_ours(folder: Path) -> bool:
    """Whether the portal or its PBX write to the disk that it is on: another one may be filled. Raises OSError."""
    return folder.stat().st_dev in {each.stat().st_dev for each in places() if each.exists()}


def places() -> list[Path]:
    found = [settings.VAR, settings.ASTERISK_DIR, settings.ENGINE_FILE.parent]
    database = settings.DATABASES["default"]
    if "sqlite3" in database["ENGINE"]:
        found.append(Path(database["NAME"]).parent)
    return list(dict.fromkeys(found))


def spaces(paths: Iterable[Path]) -> Iterable[Space]:
    for path in paths:
        try:
            _, used, free = usage(path)
        except OSError:
            continue  # not made yet
        yield Space(path, used / (used + free) if used + free else 1.0, free)
