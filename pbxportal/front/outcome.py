"""How the last change of HTTPS ended: the process that serves says it, the page shows it."""

import json
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from core import whole_file


def _file() -> Path:
    return Path(settings.VAR) / "front/outcome.json"


def failed(error: str) -> None:
    _write(error)


def worked() -> None:
    _write("")


def _write(error: str) -> None:
    whole_file.write(_file(), json.dumps({"error": error}))


def error() -> str:
    """Empty where it worked, or where nothing was changed yet."""
    with suppress(OSError, ValueError):
        return str(json.loads(_file().read_text())["error"])
    return ""
