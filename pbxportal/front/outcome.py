"""How the last change of HTTPS ended: the process that serves says it, the page shows it."""

import json
from contextlib import suppress
from pathlib import Path

from django.conf import settings


def _file() -> Path:
    return Path(settings.VAR) / "front/outcome.json"


def failed(error: str) -> None:
    _write(error)


def worked() -> None:
    _write("")


def _write(error: str) -> None:
    draft = _file().with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"error": error}))
    draft.replace(_file())


def error() -> str:
    """Empty where it worked, or where nothing was changed yet."""
    with suppress(OSError, ValueError):
        return str(json.loads(_file().read_text())["error"])
    return ""
