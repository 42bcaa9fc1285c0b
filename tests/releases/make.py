"""Keeps a portal of this release, for all later ones to upgrade: python -m tests.releases.make

It writes a folder named for the release: a backup from SQLite, one from PostgreSQL, and what is in them.
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

from backup import archive
from core.version import VERSION
from tests.backup.portal import Portal
from tests.chaos.database import PostgreSql
from tests.releases.contents import FILL, READ, SEALED

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]


def main() -> int:
    kept = FOLDER / VERSION
    if "dev" in VERSION or kept.exists():
        sys.stderr.write(f"{VERSION} is no release that is yet to be kept.\n")
        return 1
    kept.mkdir()
    server = PostgreSql()
    try:
        with tempfile.TemporaryDirectory(prefix="pbxportal-release-") as folder:
            facts = make(Path(folder), kept, server.url)
    finally:
        server.stop()
    (kept / "facts.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
    return 0


def make(var: Path, kept: Path, url: str) -> object:
    """`url`: of an empty PostgreSQL."""
    here, there = Portal(var), Portal(var, url)
    here.manage("migrate", "-v0")
    here.manage("createcachetable")
    here.shell(FILL)
    here.manage("move_database", url)
    here.manage("backup", str(kept / "sqlite.backup"))
    there.manage("backup", str(kept / "postgresql.backup"))
    manifest = archive.verify(kept / "sqlite.backup", SEALED["passphrase"])
    return {"counts": manifest.counts, "migrations": migrations(), "contents": json.loads(here.shell(READ))}


def migrations() -> dict[str, str]:
    """Each file of ours, and what is in it."""
    files = sorted(path for path in ROOT.glob("*/migrations/[0-9]*.py"))
    return {str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


if __name__ == "__main__":
    sys.exit(main())
