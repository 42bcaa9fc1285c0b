"""Where everything of an installation is that a backup holds."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from asterisk import nodes


@dataclass(frozen=True)
class Place:
    """`database`: the file of SQLite; None with PostgreSQL."""

    var: Path
    asterisk: Path
    engine_file: Path
    database: Path | None

    @property
    def folders(self) -> dict[str, Path]:
        """The first part of a name in a backup -> where that is."""
        found = {
            "secrets": self.var / "secrets",
            "front": self.var / "front",
            "reach": self.var / "reach",
            "https": self.var / "https",
            "network.json": self.asterisk / nodes.NETWORK_FILE,
            "voicemail": self.asterisk / "spool" / "voicemail",
        }
        return found | ({"database.sqlite3": self.database} if self.database else {})

    @property
    def lock(self) -> Path:
        return self.var / "backup.lock"

    @property
    def usual_folder(self) -> Path:
        return self.var / "backups"


def from_settings() -> Place:
    return Place(
        var=settings.VAR,
        asterisk=settings.ASTERISK_DIR,
        engine_file=settings.ENGINE_FILE,
        database=Path(connection.settings_dict["NAME"]) if connection.vendor == "sqlite" else None,
    )
