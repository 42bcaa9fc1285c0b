"""By which certificate the portal is reached: chosen on its page, and in force without a restart.

The settings read it before there is a database. PORTAL_URL in the environment wins.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from core import whole_file

FILE = "https"
USUAL_PORT = 443


class Certificate(StrEnum):
    NONE = "none"
    ACME = "acme"
    AUTHORITY = "authority"
    FILES = "files"


@dataclass(frozen=True)
class Choice:
    certificate: Certificate = Certificate.NONE
    name: str = ""
    port: int = USUAL_PORT
    email: str = ""


def chosen(directory: Path) -> Choice:
    """Nothing, where the file is missing or cannot be read."""
    with suppress(OSError, ValueError, TypeError):
        said = json.loads((directory / FILE).read_text())
        return Choice(Certificate(said["certificate"]), str(said["name"]), int(said["port"]), str(said["email"]))
    return Choice()


def choose(directory: Path, choice: Choice) -> None:
    whole_file.write(directory / FILE, json.dumps(asdict(choice)) + "\n")
